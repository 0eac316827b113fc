import { EXIT } from "../engine/errors.ts";
import type { Results } from "../model/results.ts";
import { disturbanceTexts } from "./disturbance-text.ts";
import { residueLine } from "./summary-lines.ts";

/** Something wrong with a run that no requirement tells. */
interface RunTrouble {
  readonly name: string;
  readonly kind: "failure" | "error";
  readonly says: string;
}

/**
 * Residue, what went wrong outside any requirement, and a run without a verdict. Dashboards count nothing but cases and
 * would otherwise show such a run green.
 */
export function runTroubles(results: Results): RunTrouble[] {
  const problems = [...disturbanceTexts(results.disturbances), ...results.errors];
  const troubles = problems.map((says, index): RunTrouble => ({ name: `problem ${index + 1}`, kind: "error", says }));
  if (results.residue.state === "left")
    troubles.push({
      name: "leaves nothing behind",
      kind: "failure",
      says: `left behind: ${residueLine(results.residue)}`,
    });
  const red =
    troubles.length > 0 || results.requirements.some(({ verdict }) => verdict === "fail" || verdict === "error");
  const verdictless = results.verdict === "not judged" || results.exitCode === EXIT.notJudged;
  if (verdictless && !red) troubles.push({ name: "reaches a verdict", kind: "error", says: results.summary });
  return troubles;
}
