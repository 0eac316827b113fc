import type { Deviation } from "../../audits/deviation.ts";
import { policyRuleKey } from "../../cause/keys.ts";
import { mainTableFirst, ruleAway } from "../../cause/policy-rules.ts";
import { cidr, isIpv4Cidr } from "../../model/cidr.ts";
import { bridgesOf, type HostState, type Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";
import { routeText } from "./route-words.ts";

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
    // The run's own networks are gone when a remedy is typed.
    const lasting = diverted.filter(({ network }) => snapshot.asked[network.Id] === undefined);
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
            mainTableFirst(
              isOfSenders(rule) ? "from" : "to",
              (lasting.length > 0 ? lasting : diverted).map(({ subnet }) => subnet),
              rule,
            ),
            ruleAway(rule),
          ],
        },
      ),
    ];
  });
}

/** Whether a policy rule chooses by who sends: what it takes away is on its way out. */
function isOfSenders(rule: string): boolean {
  return / iif (?!lo\b)/.test(rule) || /\bfrom \d/.test(rule);
}
