import { firewallUnjudgeable } from "../expectations/firewall.ts";
import type { Facts } from "../model/facts.ts";
import { has } from "../model/version-switches.ts";
import { ruleList } from "../snapshot/firewall/rule-list.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import type { Bearing, Does } from "./bearings.ts";
import { PLAIN } from "./bearings.ts";
import type { Deviation, Reason } from "./deviation.ts";
import { firewallOf, type MissingBasic, missingBasics, reasonOfBasics } from "./engine-rules.ts";
import { type Gone, kindOf, rulesGone } from "./rules-gone.ts";
import { writtenRules } from "./written-rules.ts";

/**
 * Docker's own IPv4 rules as this engine writes them: which are not there, whether packets miss them or not. What becomes
 * of packets without them, the audits of networks and ports say, with the same reasons.
 */
export function auditOwnRules(snapshot: LivingSnapshot): Deviation[] {
  const { host, facts } = snapshot;
  const firewall = host === null ? null : firewallOf(snapshot, host, 4);
  if (firewall === null || firewallUnjudgeable(facts) !== null) return [];
  const { chains, rules } = ruleList(firewall.all.tables, firewall.program);
  const isClosed = chains.some(
    ({ table, name, policy }) => table === "filter" && name === "FORWARD" && policy === "DROP",
  );
  const shared = missingBasics(snapshot, firewall, 4);
  const cut = (table: Table): MissingBasic[] => shared.filter((one) => one.leads && one.table === table);
  const gone = writtenRules(snapshot, rules)
    .filter(({ missing }) => missing.length > 0)
    .map(({ gone: what, missing }) => ({ what, missing, table: tableOf(what) }));
  return [
    ...ofAll("nat", "blocks", ["nat", "dnat", "masquerade", "publish", "port", "jump"], cut("nat")),
    ...ofAll("filter", isClosed ? "blocks" : "opens", ["forward", "policy", "isolation"], cut("filter")),
    ...gone
      // Without the way to it a rule is idle, whether it is there or not.
      .filter(({ table }) => table === null || cut(table).length === 0)
      .map(({ what, missing, table }) => {
        const evidence = missing.map((rule) => `missing: ${firewall.program} ${rule}`);
        const emptied = shared.filter((one) => one.table === table);
        const { layer: kind, topics } = kindOf(what);
        return deviating(
          { kind, topics, does: doesWithout(what, facts, isClosed) },
          ["network" in what ? what.network : what.container.name],
          emptied.length > 0 ? reasonOfBasics(emptied, evidence) : rulesGone(snapshot, what, evidence),
          missing.join(),
        );
      }),
  ];
}

type Table = MissingBasic["table"];

function ofAll(kind: Table, does: Does, topics: readonly string[], missing: readonly MissingBasic[]): Deviation[] {
  return missing.length === 0 ? [] : [deviating({ kind, does, topics }, [], reasonOfBasics(missing), "")];
}

function deviating(
  bearing: Pick<Bearing, "kind" | "does" | "topics">,
  concerns: readonly string[],
  reason: Reason,
  which: string,
): Deviation {
  return {
    ...PLAIN,
    ...bearing,
    family: 4,
    concerns,
    key: `own rules ${reason.key} ${concerns.join()} ${which}`,
    reason,
  };
}

/** The table whose shared rules lead to this one; null where the kernel calls its chain itself. */
function tableOf(gone: Gone): Table | null {
  switch (gone.part) {
    case "translation":
    case "early return":
      return "nat";
    case "masquerade":
    case "loopback":
    case "hairpin":
    case "direct":
    case "guarded loopback":
      return null;
    default:
      return "filter";
  }
}

/** An accept that is missing hurts only where something drops what it would have let through. */
function doesWithout(gone: Gone, facts: Facts, isClosed: boolean): Does {
  if (gone.part === "incoming" && has(facts, "unpublished-ports-dropped")) return "opens";
  const { does, layer } = kindOf(gone);
  return layer === "filter" && does === "blocks" && "network" in gone && !isClosed ? "differs" : does;
}
