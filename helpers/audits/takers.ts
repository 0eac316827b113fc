import { beforePort, isLoopback, isUnspecified, sameAddress } from "../model/address.ts";
import type { KernelSocket } from "../probes/parse/parse-proc-net-tcp.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { type LivingHost, type LivingSnapshot, runs } from "../snapshot/living.ts";
import { holds } from "./addresses.ts";
import { bridgesOf } from "./bridges.ts";

/** Where a rule has led a packet. */
export interface Led {
  /** `port 3128 of this host`, `172.17.0.5:3128` */
  readonly to: string;
  /** Of this host, and so it passes INPUT. */
  readonly local: boolean;
  /** Why nobody takes it there, as a clause with `where`; null where somebody does, or nothing tells. */
  readonly lost: string | null;
}

/** A packet behind the hook that gave it its destination. */
export interface Translated {
  readonly packet: Packet;
  /** What it comes in by: a REDIRECT gives it an address of that. */
  readonly device: string;
  /** Whether it was handed over as it is (TPROXY), and not routed. */
  readonly asItIs: boolean;
}

/**
 * Who takes a packet that a rule has given its destination: somebody of this host, or a container. Null where it leads
 * elsewhere, or where a part of the destination is not known.
 */
export function findTaker(
  snapshot: LivingSnapshot,
  host: LivingHost,
  { packet, device, asItIs }: Translated,
): Led | null {
  const { protocol, destination, destinationPort: port } = packet;
  if (port == null || (protocol !== "tcp" && protocol !== "udp")) return null;
  const own = host.addresses.filter(({ name }) => destination !== undefined || name === device);
  const addresses = own
    .flatMap((one) => one.addresses.map(({ address }) => address))
    .filter((address) => destination === undefined || sameAddress(address, destination));
  const at = destination === undefined ? addresses : [destination];
  if (addresses.length > 0 || (destination !== undefined && isLoopback(destination))) {
    const to =
      destination === undefined ? `port ${port} of this host` : `${beforePort(destination)}:${port} of this host`;
    return {
      to,
      local: true,
      lost: whyNobodyTakes(host, protocol, port, at) ?? (asItIs ? null : whyNotRouted(host, at, device)),
    };
  }
  if (destination === undefined) return null;
  const lost = whyLostAtContainer(snapshot, protocol, port, destination);
  return lost === "elsewhere" ? null : { to: `${beforePort(destination)}:${port}`, local: false, lost };
}

function whyNobodyTakes({ sockets }: LivingHost, protocol: string, port: number, at: readonly string[]): string | null {
  const there = sockets.filter((one) => one.protocol === protocol && one.local.port === port);
  if (there.some((socket) => at.some((address) => takes(socket, address)))) return null;
  const [elsewhere] = there;
  return elsewhere === undefined ? "where nobody listens" : `where somebody listens on ${elsewhere.local.address} only`;
}

/** The kernel takes what is for its loopback from no other device, unless it is told to. */
function whyNotRouted({ sysctls }: LivingHost, at: readonly string[], device: string): string | null {
  if (device === "lo") return null;
  const routed = [device, "all"].map((name) => sysctls[`ipv4/conf/${name}/route_localnet`]);
  const shut =
    at.every((address) => isLoopback(address) && !address.includes(":")) && routed.every((one) => one === "0");
  return shut ? `where the kernel takes nothing that comes in by ${device} (its route_localnet is 0)` : null;
}

/**
 * Whether a socket waits for what is sent to an address. One of `::` takes IPv4 as well, unless it was told not to: nobody
 * sees that from outside.
 */
export function takes({ local }: KernelSocket, address: string): boolean {
  if (isUnspecified(local.address)) return local.address.includes(":") || !address.includes(":");
  return sameAddress(local.address, address);
}

function whyLostAtContainer(
  snapshot: LivingSnapshot,
  protocol: string,
  port: number,
  address: string,
): string | null | "elsewhere" {
  const { containers, beside } = snapshot;
  const isEngines = bridgesOf(snapshot).some(({ ranges }) => ranges.some(({ subnet }) => holds(subnet, address)));
  if (!isEngines || beside.subnets.some((subnet) => holds(subnet, address))) return "elsewhere";
  if (beside.addresses.some((one) => sameAddress(one, address))) return "elsewhere";
  const running = containers.filter(runs);
  const has = running.find(({ endpoints, inside }) =>
    [
      ...endpoints.flatMap((one) => [one.address, one.address6]),
      ...(inside?.addresses ?? []).flatMap((one) => one.addresses.map((each) => each.address)),
    ].some((one) => sameAddress(one, address)),
  );
  if (has === undefined) return running.some(({ inside }) => inside === null) ? null : "where no container is";
  const { inside, status, administersNetwork, ownStack } = has;
  // What it does with its own packets is not known.
  if (inside === null || status === "paused" || administersNetwork || ownStack) return null;
  const listens = inside.sockets.some(
    ({ protocol: of, local }) => of === protocol && local.port === port && !isLoopback(local.address),
  );
  return listens ? null : `where nobody listens in container ${has.name}`;
}
