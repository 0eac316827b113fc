import { remedyOf } from "../cause/mend.ts";
import { strayRule } from "../diagnosis/index.ts";
import { formatRule, type Rule, type RuleFinding } from "../expectations/rule-match.ts";
import { type Walk, walkRules } from "../expectations/rule-walk.ts";
import type { Cause } from "../model/cause.ts";
import { managerOf } from "../snapshot/firewall/index.ts";
import { placeOfRule } from "../snapshot/firewall/rule-list.ts";
import { Violation } from "./verdicts.ts";

/** The usual cause of a missing rule. */
export const FLUSHED =
  "the rules were flushed or replaced after dockerd had started: a firewall was reloaded or iptables-restore was run; restart dockerd";

/** Asserts that a rule is there. @param what the subject of a failure */
export function mustHold(what: string, finding: RuleFinding): void {
  if (finding.present) return;
  throw new Violation(what, {
    expected: `the rule ${finding.wanted}`,
    observed: finding.nearest.length === 0 ? "no rule like it" : `only ${finding.nearest.join(" | ")}`,
    cause: FLUSHED,
    read: "firewall",
  });
}

/** Packets of one kind, and where they are followed from. */
export interface Way extends Pick<Walk, "table" | "chain" | "packets"> {
  /** Targets before the rule that do what it would do, or leave nothing to be done. */
  readonly spared?: readonly string[];
}

/**
 * Asserts that a rule is there and that packets of one kind come to it, in the order in which the kernel asks: no rule
 * before it decides about all of them in another way. One that takes a part of them (an address, a port) is the
 * operator's business.
 * @param what the subject of a failure
 */
export function mustComeTo(what: string, finding: RuleFinding, rules: readonly Rule[], way: Way): void {
  mustHold(what, finding);
  const [wanted] = finding.nearest;
  const end = walkRules(rules, { ...way, until: (rule) => formatRule(rule) === wanted });
  if (end.kind === "met") return;
  // A program decides about what is handed to a queue; its verdict is not in the rules.
  if (end.kind === "decided" && [...(way.spared ?? []), "QUEUE", "NFQUEUE"].includes(end.target)) return;
  const place = `${way.table} ${way.chain}`;
  throw new Violation(what, {
    expected: `packets come from ${place} to the rule ${wanted}`,
    observed: end.rule === null ? `no rule leads there from ${place}` : `before it stands ${formatRule(end.rule)}`,
    read: "firewall",
    ...(end.rule === null ? { cause: FLUSHED } : { causes: [ruleBefore(end.rule, place)] }),
  });
}

/** The rule that decides before Docker's does. */
function ruleBefore(rule: Rule, place: string): Cause {
  const { group = "", evidence = [], mends = [] } = strayRule(rule);
  const manager = managerOf(placeOfRule(rule));
  return {
    key: group,
    what: `A rule${manager === null ? "" : ` of ${manager.name}`} takes all such packets in ${place} before Docker's rule is asked: \`${evidence.join("")}\`.`,
    act: manager === null ? "It was put there after dockerd had started." : null,
    certainty: "seen",
    subjects: [{ kind: "host" }],
    evidence,
    remedies: mends.map((mend) => remedyOf(mend, null)),
  };
}

/** Asserts that a rule is not there. @param what the subject of a failure */
export function mustNotHold(what: string, finding: RuleFinding): void {
  if (!finding.present) return;
  throw new Violation(what, {
    expected: `no rule ${finding.wanted}`,
    observed: finding.nearest.join(" | "),
    read: "firewall",
  });
}
