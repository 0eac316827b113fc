import type { ExitCode } from "../engine/errors.ts";
import { EXIT } from "../engine/errors.ts";
import { countOf, oneLine } from "./plain-text.ts";
import type { Counts, RequirementResult, Residue, Results, RunVerdict } from "./results.ts";

export interface RunJudgement {
  readonly verdict: RunVerdict;
  readonly exitCode: Exclude<ExitCode, typeof EXIT.usage>;
  /** One sentence for people. */
  readonly summary: string;
  readonly counts: Counts;
}

const INTERRUPTED = "interrupted";

/** The run error that says a run ended before its end; `by` is a signal or another cause in words. */
export function interruption(by: string): string {
  return `${INTERRUPTED} by ${by}`;
}

/**
 * The verdict of a run, for the exit code and every report. The first rule that matches decides:
 *
 * 1. Interrupted (`errors` holds an `interruption`): not judged (2), whatever was seen. The networks and containers of
 *    an interrupted run vanish under its probes, so its failures prove nothing about the engine.
 * 2. A `fail`, or residue: not conformant (1). What was seen stands, even if other requirements could not be measured.
 * 3. An `error` or a run error: not judged (2).
 * 4. No `pass`: not judged (2). Nothing tested is not a success.
 * 5. Otherwise conformant (0). Residue that could not be looked for does not change the verdict; the sentence says so.
 */
export function judgeRun(
  requirements: readonly Pick<RequirementResult, "verdict">[],
  residue: Residue,
  errors: readonly string[],
): RunJudgement {
  const counts = countVerdicts(requirements);
  const judged = counts.pass + counts.fail + counts.waived;
  const interrupted = errors.find((error) => error.startsWith(INTERRUPTED));
  const left = residue.state === "left" ? `${countOf(Math.max(1, residue.items.length), "thing")} left behind` : "";
  const of = `${judged} judged ${judged === 1 ? "requirement" : "requirements"}`;
  const notMeasured = counts.error > 0 ? `${counts.error} could not be measured` : "";
  const rest = [
    counts.waived > 0 ? `${counts.waived} waived` : "",
    counts["not applicable"] > 0 ? `${counts["not applicable"]} not applicable` : "",
    counts["not run"] > 0 ? `${counts["not run"]} not run` : "",
  ];

  if (interrupted !== undefined) {
    const seen = `until then ${counts.pass} passed, ${counts.fail} failed`;
    return notJudged(sentence(`Not judged: the run was ${oneLine(interrupted)}`, [seen, notMeasured, left]));
  }
  if (counts.fail > 0) {
    return nonconformant(sentence(`Not conformant: ${counts.fail} of ${of} failed`, [notMeasured, left, ...rest]));
  }
  if (left !== "") {
    return nonconformant(sentence(`Not conformant: ${left}`, [`${counts.pass} of ${of} passed`, notMeasured, ...rest]));
  }
  if (counts.error > 0) {
    const all = countOf(judged + counts.error, "requirement");
    return notJudged(
      sentence(`Not judged: ${counts.error} of ${all} could not be measured`, [
        `none failed, ${counts.pass} passed`,
        ...rest,
      ]),
    );
  }
  if (errors.length > 0) {
    const first = oneLine(errors[0] ?? "").replace(/\.$/, "");
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
    return notJudged(
      sentence(`Not judged: ${first}${more}`, [
        judged > 0 ? `${counts.pass} of ${of} passed` : "nothing passed",
        ...rest,
      ]),
    );
  }
  if (counts.pass === 0) {
    return notJudged(
      requirements.length === 0
        ? "Not judged: no requirement was run."
        : sentence(`Not judged: none of ${countOf(requirements.length, "requirement")} passed or failed`, rest),
    );
  }
  const unseen = residue.state === "unknown" ? "whether anything was left behind could not be seen" : "";
  return {
    verdict: "conformant",
    exitCode: EXIT.conformant,
    summary: sentence(`Conformant: ${counts.pass} of ${of} passed`, [...rest, unseen]),
    counts,
  };

  function nonconformant(summary: string): RunJudgement {
    return { verdict: "not conformant", exitCode: EXIT.nonconformant, summary, counts };
  }
  function notJudged(summary: string): RunJudgement {
    return { verdict: "not judged", exitCode: EXIT.notJudged, summary, counts };
  }
}

function countVerdicts(requirements: readonly Pick<RequirementResult, "verdict">[]): Counts {
  const counts: Counts = { pass: 0, fail: 0, error: 0, "not applicable": 0, "not run": 0, waived: 0 };
  for (const { verdict } of requirements) counts[verdict] += 1;
  return counts;
}

function sentence(head: string, details: readonly string[]): string {
  const present = details.filter((detail) => detail !== "");
  return present.length === 0 ? `${head}.` : `${head}; ${present.join(", ")}.`;
}

/** What the exit code of a run tells a script. */
export const EXIT_MEANING: Readonly<Record<Results["exitCode"], string>> = {
  0: "everything that applied and could run passed, nothing was found left behind",
  1: "a requirement failed, or something was left behind",
  2: "no verdict about this engine: interrupted, not measurable, or nothing ran",
};
