import type { Facts } from "../engine/facts.ts";
import type { VersionedEngine } from "./engine-version.ts";
import { anything, type Expectation, exactly } from "./expectation.ts";
import { isLocallyAdministeredUnicast, macFromAddress } from "./mac.ts";
import { has } from "./version-switches.ts";

/** The MAC a container's interface on a bridge or macvlan network must have; unknown since 28.0, where it is random (moby#48808). Overlay networks keep 02:42 + IPv4. */
export function expectedMac(
  engine: VersionedEngine,
  address: string,
  driver: "bridge" | "macvlan" | "overlay" = "bridge",
): Expectation<string> {
  if (driver === "overlay" || !has(engine, "random-mac")) {
    return exactly(macFromAddress(address), "02:42 and the bytes of the IPv4 address");
  }
  return anything("random since Engine 28.0: locally administered unicast, the same in inspect and in the container");
}

/** True when `mac` is a MAC that this engine may have generated for `address`. */
export function isGeneratedMac(
  engine: VersionedEngine,
  mac: string,
  address: string,
  driver: "bridge" | "macvlan" | "overlay" = "bridge",
): boolean {
  const expected = expectedMac(engine, address, driver);
  return expected.known ? mac.toLowerCase() === expected.value : isLocallyAdministeredUnicast(mac);
}

/** True when `mac` is one that this engine may have generated for a bridge device: 02:42:… before 28.0, any local one since. */
export function isGeneratedBridgeMac(engine: VersionedEngine, mac: string): boolean {
  return has(engine, "random-bridge-mac") ? isLocallyAdministeredUnicast(mac) : mac.toLowerCase().startsWith("02:42:");
}

/** ifindex of the first eth0 in a new container: 2 since 28.0, before that the host's counter decides. */
export function expectedIfindex(engine: VersionedEngine): Expectation<number> {
  return has(engine, "container-ifindex-2")
    ? exactly(2, "the interface is made inside the container (moby#49302)")
    : anything("before Engine 28.0 the interface is made on the host, whose counter gives the index");
}

/** Whether lo of a container on an IPv4-only network, or without network, has ::1: since 26.0 whenever the kernel has IPv6, before that not (moby#47062). */
export function expectedLoopbackIpv6(facts: Pick<Facts, "engine" | "host">): Expectation<boolean> {
  if (!has(facts, "loopback-ipv6-always")) return exactly(false, "before Engine 26.0 IPv6 is off in such containers");
  if (facts.host === null) return anything("whether the host's kernel has IPv6 is unknown");
  return exactly(facts.host.ipv6Enabled, "the host's kernel decides since Engine 26.0");
}
