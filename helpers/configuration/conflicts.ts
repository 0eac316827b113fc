import type { NetworkKeyName } from "../model/configuration-facts.ts";
import type { VersionedEngine } from "../model/engine-version.ts";
import { has } from "../model/version-switches.ts";

/** A combination of values that this engine does not start with: the key to be named, and why. */
interface Conflict {
  readonly key: NetworkKeyName;
  readonly message: string;
}

/**
 * What keeps this engine from starting though each key alone is fine (moby `verifyDaemonSettings`, `initBridgeDriver`).
 * @param values the keys that are set, from the file or from file and flags together
 */
export function conflictsOf(values: Readonly<Record<string, unknown>>, engine: VersionedEngine): Conflict[] {
  const set = (key: NetworkKeyName): boolean => (values[key] ?? "") !== "";
  const found: Conflict[] = [];
  for (const key of ["bip", "bip6"] as const) {
    if (set("bridge") && set(key))
      found.push({
        key,
        message: `"bridge" and "${key}" exclude each other: a bridge of the host's keeps its own address`,
      });
  }
  if (values.icc === false && values.iptables === false)
    found.push({ key: "icc", message: '"icc": false needs iptables, and "iptables": false takes it away' });
  if (values.icc === false && values.ipv6 === true && values.ip6tables === false && has(engine, "icc-needs-ip6tables"))
    found.push({ key: "icc", message: '"icc": false with IPv6 needs ip6tables, and "ip6tables": false takes it away' });
  if (values.ip6tables === true && values.experimental !== true && !has(engine, "ip6tables-by-default"))
    found.push({ key: "ip6tables", message: '"ip6tables" needs "experimental": true in this version' });
  if (values.ipv6 === true && !set("fixed-cidr-v6") && !has(engine, "ipv6-without-fixed-cidr"))
    found.push({ key: "ipv6", message: '"ipv6" needs a subnet in "fixed-cidr-v6" in this version' });
  if (values["host-gateway-ip"] !== undefined && values["host-gateway-ips"] !== undefined)
    found.push({
      key: "host-gateway-ip",
      message: '"host-gateway-ip" and "host-gateway-ips" must not both be specified',
    });
  return found;
}
