import type { VersionedEngine } from "../model/engine-version.ts";
import type { Facts } from "../model/facts.ts";
import { has } from "../model/version-switches.ts";
import { anything, type Expectation, exactly } from "./expectation.ts";

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
