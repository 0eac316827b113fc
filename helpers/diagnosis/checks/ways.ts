import type { Deviation } from "../../audits/deviation.ts";
import { policyRuleKey } from "../../cause/keys.ts";
import type { Mend } from "../../cause/mend.ts";
import { cidr, isIpv4Cidr } from "../../model/cidr.ts";
import { bridgesOf, endpointsOf, type HostState, type Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";
import { droppedToo } from "./host-sysctls.ts";
import { covers, routeText } from "./route-words.ts";

/** The kernel's own answer to where it sends what is meant for a container. */
export function waysTo(snapshot: Snapshot, host: HostState): Deviation[] {
  const bridges = bridgesOf(snapshot);
  return snapshot.containers.flatMap((container) =>
    endpointsOf(container).flatMap(({ name, settings }) => {
      const bridge = bridges.find((candidate) => candidate.name === name);
      const way = host.ways[settings.IPAddress];
      if (bridge === undefined || way === undefined || way === bridge.device) return [];
      // Without the bridge, or with the bridge down, no way leads there: that is told of the bridge.
      if (host.links.find((link) => link.name === bridge.device)?.up !== true) return [];
      const isDevice = host.links.some((link) => link.name === way);
      const rule = ruleAway(host, settings.IPAddress);
      if (rule !== undefined)
        return [
          finding(
            "routes",
            "blocks",
            [container.name, name],
            ["route", "policy", "rule", "reach"],
            `A policy rule of the host takes what is meant for containers past the main routing table, ${isDevice ? `to ${way} instead of their bridges` : `where it ends ("${way}")`}: \`${rule}\`.`,
            {
              group: policyRuleKey(rule),
              act: "A VPN, or a host with several uplinks, routes by source or by mark.",
              evidence: [`ip rule: ${rule}`, `ip route get ${settings.IPAddress}: ${way}`],
              mends: [mainFirst(rule)],
            },
          ),
        ];
      return [
        finding(
          "routes",
          "blocks",
          [container.name],
          ["route", "reach"],
          isDevice
            ? `The host sends packets for ${container.name} (${settings.IPAddress}) to ${way} instead of ${bridge.device}, the bridge of its network ${name}${why(host, settings.IPAddress)}.${droppedToo(host, bridge.device)}`
            : `The host has no way to ${container.name} (${settings.IPAddress}, network ${name}): the kernel says "${way}"${why(host, settings.IPAddress)}.`,
        ),
      ];
    }),
  );
}

/** Before a policy rule: the main table's own networks, without its default route. */
function mainFirst(rule: string): Mend {
  const priority = Math.max(1, Number.parseInt(rule, 10) - 1);
  return {
    cost: "",
    what: "let the main table's own networks, all but its default route, be asked before that rule",
    commands: [`ip rule add lookup main suppress_prefixlength 0 priority ${priority}`],
    check: "ip rule",
  };
}

/** The policy rule that takes what the host sends to an address to a table that has routes, past the main one. */
function ruleAway({ rules, routes }: HostState, address: string): string | undefined {
  return rules.find((rule) => {
    const table = /\blookup (\S+)/.exec(rule)?.[1];
    return leadsTo(rule, address) && (table === undefined || routes.some((route) => route.table === table));
  });
}

/** The route that explains where packets for an address go, in words. */
function why({ routes }: HostState, address: string): string {
  const longest = routes
    .filter((route) => covers(route) && cidr(route.destination).contains(address))
    .toSorted((a, b) => cidr(b.destination).prefix - cidr(a.destination).prefix)[0];
  return longest === undefined ? "" : `; see the route ${routeText(longest)}`;
}

/** Whether a policy rule leads what the host sends to an address to another table than the main one. */
function leadsTo(rule: string, address: string): boolean {
  if (/\blookup main\b/.test(rule)) return false;
  const to = /\bto (\d[\d./]*)/.exec(rule)?.[1];
  if (to === undefined) return !/\biif (?!lo\b)/.test(rule);
  const range = to.includes("/") ? to : `${to}/32`;
  return isIpv4Cidr(range) && cidr(range).contains(address);
}

/**
 * Policy rules of the host that take packets of containers away from the main table. Not one that leads to it, nor one to
 * a table without a route, from which the kernel goes on to the next rule.
 */
export function policyOf(snapshot: Snapshot, { rules, routes }: HostState): Deviation[] {
  const settled = new Set<string>();
  return rules.flatMap((rule) => {
    const concerned = bridgesOf(snapshot).filter(({ subnet, device }) => {
      if (rule.includes(` iif ${device}`) || rule.includes(` oif ${device}`)) return true;
      const ends = [...rule.matchAll(/\b(from|to) (\d[\d./]*)/g)].map(([, , range]) =>
        range?.includes("/") ? range : `${range}/32`,
      );
      return isIpv4Cidr(subnet) && ends.some((range) => isIpv4Cidr(range) && cidr(range).overlaps(cidr(subnet)));
    });
    const table = /\blookup (\S+)/.exec(rule)?.[1];
    // What a rule before has led to the main table comes to no later one.
    const diverted = concerned.filter(({ name }) => !settled.has(name));
    if (table === "main") for (const { name } of concerned) settled.add(name);
    const leads = routes.filter((route) => route.table === table).map(routeText);
    const decides = table === undefined ? /\b(blackhole|unreachable|prohibit)\b/.test(rule) : leads.length > 0;
    if (diverted.length === 0 || table === "main" || !decides) return [];
    return [
      finding(
        "routes",
        "blocks",
        diverted.map(({ name }) => name),
        ["route", "policy", "rule"],
        `A policy rule of the host takes packets of network ${diverted.map(({ name }) => name).join(", ")} away from the main routing table: \`${rule}\`${leads.length === 0 ? "" : ` (table ${table}: ${leads.slice(0, 2).join(", ")})`}.`,
        {
          group: policyRuleKey(rule),
          evidence: [`ip rule: ${rule}`, ...leads.map((lead) => `table ${table}: ${lead.replaceAll("`", "")}`)],
          act: "A VPN, or a host with several uplinks, routes by source.",
          mends: [
            {
              cost: "",
              what: "let what is for containers' networks go by the main table first",
              commands: diverted.map(
                ({ subnet }) =>
                  `ip rule add to ${subnet} lookup main priority ${Math.max(1, Number.parseInt(rule, 10) - 1)}`,
              ),
              check: "ip rule",
            },
            {
              cost: "",
              what: "delete the rule (whoever made it loses what it is for)",
              commands: [`ip rule del ${rule.replace(/^\d+: /, "").replace(/^from all /, "")}`],
              check: "ip rule",
            },
          ],
        },
      ),
    ];
  });
}
