import { firewallOf } from "../../audits/engine-rules.ts";
import { firewallUnjudgeable } from "../../expectations/firewall.ts";
import { type RuleList, ruleList } from "../../snapshot/firewall/rule-list.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";

/** What `iptables` lists on a host whose engine's rules can be judged; null elsewhere. */
export function judgedRules(snapshot: Snapshot): RuleList | null {
  const { host } = snapshot;
  const firewall = host === null ? null : firewallOf(snapshot, host, 4);
  return firewall === null || firewallUnjudgeable(snapshot.facts) !== null ? null : ruleList(firewall.all.tables);
}
