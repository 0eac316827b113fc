import { meets } from "../model/outcome.ts";
import type { ReportedProbe, RequirementResult } from "../model/results.ts";

/**
 * Whether an answer is one of those that a requirement failed for: by what had to come of it where that stands in the
 * recording, else by the ways that were found shut or open. Where neither is known, each of its questions may be the one.
 */
export function isAgainst({ verdict, explanation }: RequirementResult, probe: ReportedProbe): boolean {
  const { role, question, outcome, expected } = probe;
  if (verdict !== "fail" || question === undefined || question.kind === "read" || outcome === undefined) return false;
  if (expected !== undefined) return !meets(expected, outcome, probe.stdout);
  if (explanation === undefined || explanation.ways.length === 0) return role === "probe";
  const by = question.kind === "resolve" ? "DNS" : question.protocol.toUpperCase();
  return explanation.ways.some(
    (way) =>
      way.by === by &&
      (way.direction === "differs" || (way.direction === "leaked" ? outcome === "replied" : outcome !== "replied")),
  );
}
