import type { Does } from "../../audits/bearings.ts";
import type { Deviation } from "../../audits/deviation.ts";
import type { BridgeNetwork, HostState, Snapshot } from "../../snapshot/snapshot.ts";
import { type About, finding, weakly, wrongSysctl } from "../finding.ts";

/** Values of the host's kernel that concern every network and end no packet by themselves. */
export function sysctlsOfHost({ sysctls }: HostState): Deviation[] {
  const found: Deviation[] = [];
  if (sysctls["ipv4/icmp_echo_ignore_all"] === "1")
    found.push(
      finding(
        "routes",
        "blocks",
        [],
        ["ping", "icmp"],
        "net.ipv4.icmp_echo_ignore_all is 1 on the host: it answers no ping, so gateways seem dead.",
        wrongSysctl("net.ipv4.icmp_echo_ignore_all", "0", "1"),
      ),
    );
  return found;
}

/** Those of one bridge. */
export function sysctlsOfBridge(
  { facts }: Snapshot,
  { sysctls }: HostState,
  { name, device, icc }: BridgeNetwork,
): Deviation[] {
  const found: Deviation[] = [];
  const say = (effect: Does, topics: readonly string[], what: string, about?: About): void => {
    const one = finding("routes", effect, [name], topics, what, about);
    found.push(topics.includes("rp_filter") || topics.includes("route_localnet") ? weakly(one) : one);
  };
  const value = (key: string): string | undefined => sysctls[`ipv4/conf/${device}/${key}`];
  const all = (key: string): number => Number(sysctls[`ipv4/conf/all/${key}`] ?? 0);
  if (strictAt(sysctls, device))
    say(
      "differs",
      ["rp_filter", "reverse path"],
      `The reverse path filter is strict (1) at ${device} of network ${name} (net.ipv4.conf.${device}.rp_filter ${value("rp_filter")}, all ${all("rp_filter")}): packets whose answer would leave by another device are dropped silently.`,
      wrongSysctl(
        all("rp_filter") === 1 ? "net.ipv4.conf.all.rp_filter" : `net.ipv4.conf.${device}.rp_filter`,
        "2",
        "1",
      ),
    );
  if (facts.configuration["userland-proxy"] === false && value("route_localnet") === "0" && all("route_localnet") === 0)
    found.push(
      // Of the layer that leads published ports: it keeps nothing else from arriving.
      finding(
        "nat",
        "blocks",
        [name],
        ["127.0.0.1", "route_localnet", "loopback"],
        `net.ipv4.conf.${device}.route_localnet is 0, though the userland proxy is off: 127.0.0.1 does not lead to the published ports of network ${name}.`,
        wrongSysctl(`net.ipv4.conf.${device}.route_localnet`, "1", "0"),
      ),
    );
  if (
    facts.configuration["userland-proxy"] !== false &&
    (value("route_localnet") === "1" || all("route_localnet") === 1)
  )
    say(
      "opens",
      ["127.0.0.1", "route_localnet", "loopback"],
      `route_localnet is 1 at ${device} of network ${name} or everywhere, though docker-proxy needs none: neighbours may reach what listens on 127.0.0.1 only. Set it to 0.`,
    );
  if (!icc && sysctls["bridge/bridge-nf-call-iptables"] === "0")
    say(
      "opens",
      ["icc", "bridge-nf"],
      `net.bridge.bridge-nf-call-iptables is 0: packets between containers of one bridge don't pass iptables, so the DROP of icc=false on network ${name} does nothing.`,
      wrongSysctl("net.bridge.bridge-nf-call-iptables", "1", "0"),
    );
  return found;
}

/** The kernel takes the larger of both. Strict is many distributions' default and harmless while routes are symmetric. */
function strictAt(sysctls: HostState["sysctls"], device: string): boolean {
  return Math.max(...[device, "all"].map((where) => Number(sysctls[`ipv4/conf/${where}/rp_filter`] ?? 0))) === 1;
}
