import type { NetworkConfiguration } from "../engine/facts.ts";
import { cidr, isIpv4Cidr } from "../expectations/cidr.ts";
import type { VersionedEngine } from "../expectations/engine-version.ts";
import { has } from "../expectations/version-switches.ts";
import { type Finding, idle } from "./finding.ts";

/** What holds without a key anyway, where that is one value for every host. */
function defaultsOf(engine: VersionedEngine): NetworkConfiguration {
  return {
    mtu: 1500,
    icc: true,
    ip: "0.0.0.0",
    "ip-forward": true,
    "ip-forward-no-drop": false,
    "ip-masq": true,
    iptables: true,
    ip6tables: has(engine, "ip6tables-by-default"),
    ipv6: false,
    "userland-proxy": true,
    "allow-direct-routing": false,
    "live-restore": false,
    experimental: false,
    "firewall-backend": "iptables",
  };
}

/** Keys of the candidate that do nothing: the default's own value, or another key takes their effect away. */
export function idleKeys(after: NetworkConfiguration, engine: VersionedEngine): Finding[] {
  const set = (key: keyof NetworkConfiguration): boolean => after[key] !== undefined;
  const findings: Finding[] = Object.entries(defaultsOf(engine))
    .filter(([key, value]) => after[key as keyof NetworkConfiguration] === value)
    .map(([key, value]) => idle([key], `${key} ${JSON.stringify(value)} is what holds without the key`));
  const add = (condition: boolean, key: keyof NetworkConfiguration, text: string) => {
    if (condition && set(key)) findings.push(idle([key], text));
  };
  for (const key of ["fixed-cidr-v6", "bip6", "default-gateway-v6"] as const)
    add(after.ipv6 !== true, key, `${key} does nothing without "ipv6": true`);
  add(after.iptables === false && after["ip-masq"] === true, "ip-masq", "ip-masq does nothing with iptables off");
  add(
    after.iptables === false,
    "allow-direct-routing",
    "allow-direct-routing does nothing with iptables off: nothing is dropped",
  );
  add(
    after["ip-forward"] === false,
    "ip-forward-no-drop",
    "ip-forward-no-drop does nothing with ip-forward off: dockerd closes FORWARD only when it switches forwarding on",
  );
  add(
    after.ip6tables === true && !has(engine, "ip6tables-by-default") && after.experimental !== true,
    "ip6tables",
    'ip6tables does nothing before Engine 27.0 without "experimental": true',
  );
  add(
    has(engine, "ip6tables-by-default") && after.experimental === true,
    "experimental",
    "experimental changes nothing about networks since Engine 27.0",
  );
  if (after.bridge === "none")
    for (const key of ["bip", "fixed-cidr", "default-gateway", "mtu", "icc", "ip", "ip-masq", "ipv6"] as const)
      add(true, key, `${key} does nothing: "bridge": "none" leaves no default bridge`);
  add(
    after.bip !== undefined && outside(after["fixed-cidr"], after.bip),
    "fixed-cidr",
    `fixed-cidr ${after["fixed-cidr"]} lies outside of bip ${after.bip}: it is ignored, or dockerd does not start`,
  );
  return findings;
}

function outside(range: string | undefined, bip: string): boolean {
  return range !== undefined && isIpv4Cidr(range) && isIpv4Cidr(bip) && !cidr(bip).contains(cidr(range));
}
