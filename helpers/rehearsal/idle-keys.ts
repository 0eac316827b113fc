import { isNetworkKey, NETWORK_KEYS, type NetworkKey } from "../configuration/keys.ts";
import { withoutEffect } from "../configuration/mismatch.ts";
import { cidr, isIpv4Cidr } from "../model/cidr.ts";
import type { NetworkConfiguration, NetworkKeyName } from "../model/configuration-facts.ts";
import type { Facts } from "../model/facts.ts";
import { has } from "../model/version-switches.ts";
import { type Finding, idle } from "./finding.ts";

/** What holds without a key anyway, where that is one value for every host. */
function defaultsOf(facts: Pick<Facts, "engine">): NetworkConfiguration {
  return {
    mtu: 1500,
    icc: true,
    ip: "0.0.0.0",
    "ip-forward": true,
    "ip-forward-no-drop": false,
    "ip-masq": true,
    iptables: true,
    ip6tables: has(facts, "ip6tables-by-default"),
    ipv6: false,
    "userland-proxy": true,
    "allow-direct-routing": false,
    "live-restore": false,
    experimental: false,
    "firewall-backend": "iptables",
  };
}

/** Keys of the candidate that do nothing: the default's own value, or another key takes their effect away. */
export function idleKeys(after: NetworkConfiguration, facts: Pick<Facts, "engine">): Finding[] {
  const findings: Finding[] = Object.entries(defaultsOf(facts))
    .filter(([key, value]) => after[key as keyof NetworkConfiguration] === value)
    .map(([key, value]) => idle([key], `${key} ${JSON.stringify(value)} is what holds without the key`));
  for (const key of Object.keys(after).filter(isNetworkKey)) {
    // A key that another version brought keeps dockerd from starting, which the file's reader says.
    if (!existsAt(key, facts)) continue;
    const why = withoutEffect(key, { configuration: after, engine: facts.engine });
    if (why !== null) findings.push(idle([key], `${key} does nothing: ${why}`));
  }
  const add = (condition: boolean, key: keyof NetworkConfiguration, text: string) => {
    if (condition) findings.push(idle([key], text));
  };
  add(
    after.ip6tables === true && !has(facts, "ip6tables-by-default") && after.experimental !== true,
    "ip6tables",
    'ip6tables does nothing before Engine 27.0 without "experimental": true',
  );
  add(
    has(facts, "ip6tables-by-default") && after.experimental === true,
    "experimental",
    "experimental changes nothing about networks since Engine 27.0",
  );
  add(
    after.bip !== undefined && outside(after["fixed-cidr"], after.bip),
    "fixed-cidr",
    `fixed-cidr ${after["fixed-cidr"]} lies outside of bip ${after.bip}: it is ignored, or dockerd does not start`,
  );
  for (const { inner, outer } of poolsInside(after["default-address-pools"] ?? []))
    add(true, "default-address-pools", `the pool ${inner} lies inside of ${outer}: it adds no subnet`);
  return findings;
}

/** Pools that another one covers; of equal ones the later. */
function poolsInside(given: NonNullable<NetworkConfiguration["default-address-pools"]>) {
  const pools = given.filter(({ base }) => isIpv4Cidr(base)).map(({ base }) => cidr(base));
  return pools.flatMap((inner, index) => {
    const outer = pools.find(
      (other, at) => at !== index && other.contains(inner) && (at < index || other.prefix < inner.prefix),
    );
    return outer === undefined ? [] : [{ inner, outer }];
  });
}

function existsAt(key: NetworkKeyName, facts: Pick<Facts, "engine">): boolean {
  const { since }: NetworkKey = NETWORK_KEYS[key];
  return since === undefined || has(facts, since);
}

function outside(range: string | undefined, bip: string): boolean {
  return range !== undefined && isIpv4Cidr(range) && isIpv4Cidr(bip) && !cidr(bip).contains(cidr(range));
}
