import type { VersionedEngine } from "../model/engine-version.ts";
import { has } from "../model/version-switches.ts";

/** Text for a regular expression that matches `text` literally. */
function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** `--ip` outside every subnet of the network (measured: 20.10, 26, 28; reworded in 25.0 and 29.0.4). The address must be named. */
export function addressOutsideSubnet(engine: VersionedEngine, address: string): RegExp {
  const named = literal(address);
  return has(engine, "message-names-configured-subnet")
    ? new RegExp(`no configured subnet.*contains? .*${named}`, "i")
    : new RegExp(`${named}.*does not belong to any of this network's subnets`, "i");
}

/** `--ip` on a network with an automatic subnet (refused before 29.0.4). */
export function staticAddressNeedsSubnet(): RegExp {
  return /only when connecting to networks with user[- ]configured subnets|only by networks with user[- ]specified subnets/i;
}

/** `--ip` on the default bridge (all versions; hyphenated from 29.2 on). */
export function staticAddressNeedsUserNetwork(): RegExp {
  return /user[- ]specified IP address is supported on user[- ]defined networks only/i;
}

/** A subnet with host bits set (refused since 25.0): the message names the network it should be. */
export function hostBitsRefused(network: string): RegExp {
  return new RegExp(`invalid subnet.*should be ${literal(network)}`, "i");
}

/** A network whose subnet overlaps another one's (all versions). */
export function overlappingSubnet(): RegExp {
  return /pool overlaps with other one on this address space/i;
}

/** Starting a container that joins a stopped one (measured: 20.10, 26, 28). */
export function joinToStoppedContainer(engine: VersionedEngine): RegExp {
  return has(engine, "message-names-network-namespace")
    ? /cannot join network namespace of a non running container/i
    : /cannot join network of a non running container/i;
}

/** A second container on a published address and port (all versions). */
export function portAlreadyAllocated(): RegExp {
  return /port is already allocated|address already in use/i;
}

/**
 * Whether an engine's answer (status 500) to the start of a container says that it could not set up the container's
 * network: it failed at what it has to do. What somebody else holds, a host port or the pool's last address, is not that.
 * @param message its words (measured: 20.10 to 29.7)
 */
export function networkNotSetUp(message: string): boolean {
  return (
    /failed programming external connectivity|failed to set up container networking|failed to create endpoint/i.test(
      message,
    ) && !/port is already allocated|address already in use|no available (IP|address)/i.test(message)
  );
}

/**
 * Whether an engine's answer (status 500) to the making of a network says that it could not make the network's rules: it
 * failed at what it has to do.
 * @param message its words (measured: 26.1, 28.5)
 */
export function networkNotMade(message: string): boolean {
  return /ip6?tables|\bip tables\b|nftables|\bnft\b/i.test(message) && !networkNotSetUp(message);
}

/**
 * Whether an engine's answer to the start of a container says that the runtime under it (containerd, runc) failed: no
 * container of the kind starts then, whatever its network is (measured on 28.5, with status 400).
 * @param message its words
 */
export function runtimeFailed(message: string): boolean {
  return /failed to create (shim )?task|OCI runtime create failed|failed to start shim/i.test(message);
}

/**
 * Whether an engine's answer says that its address pools have no IPv4 subnet left for a network without one of its own
 * (measured on 28.5, which says the latter; the former is 20.10's).
 * @param message its words
 */
export function poolsExhausted(message: string): boolean {
  return /could not find an available, non-overlapping IPv4 address pool|all predefined address pools have been fully subnetted/i.test(
    message,
  );
}

/**
 * Of which network an engine's answer says that it has no IPv4 address left (all versions).
 * @param message its words
 * @returns the network's name; null where it says something else
 */
export function fullSubnet(message: string): string | null {
  return /no available IPv4 addresses on this network's address pools: (\S+) \(/i.exec(message)?.[1] ?? null;
}
