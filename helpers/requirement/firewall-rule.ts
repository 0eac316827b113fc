import type { RuleFinding } from "../expectations/rule-match.ts";
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
  });
}

/** Asserts that a rule is not there. @param what the subject of a failure */
export function mustNotHold(what: string, finding: RuleFinding): void {
  if (!finding.present) return;
  throw new Violation(what, { expected: `no rule ${finding.wanted}`, observed: finding.nearest.join(" | ") });
}
