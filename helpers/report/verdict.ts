import type { ExitCode } from "../engine/errors.ts";
import { EXIT } from "../engine/errors.ts";
import { type Disturbance, interruptionOf, losesEngine } from "../model/disturbance.ts";
import type { Counts, RequirementResult, Residue, Results } from "../model/results.ts";
import type { RunVerdict } from "../model/run-verdict.ts";
import { disturbanceTexts } from "./disturbance-text.ts";
import { countOf, cut, oneLine } from "./plain-text.ts";

export interface RunJudgement {
  readonly verdict: RunVerdict;
  readonly exitCode: Exclude<ExitCode, typeof EXIT.usage>;
  /** One sentence for people. */
  readonly summary: string;
  readonly counts: Counts;
}

/** Everything that the verdict of a run follows from. */
export interface JudgedRun {
  readonly requirements: readonly Pick<RequirementResult, "verdict" | "reason">[];
  readonly residue: Residue;
  /** Problems outside any requirement, in words. */
  readonly errors: readonly string[];
  readonly disturbances: readonly Disturbance[];
  /** Requirements that were asked for and that only a lab can show. */
  readonly onlyInLab: number;
  /** Whether a partial run is none (`--complete`). */
  readonly complete: boolean;
}

const REASONS = 3;
const MAX_REASON = 120;

/**
 * The verdict of a run, for the exit code and every report. The first rule that matches decides:
 *
 * 1. Interrupted: not judged (2), whatever was seen. The networks and containers of an interrupted run vanish under its
 *    probes, so its failures prove nothing about the engine.
 * 2. A `fail`, or residue: not conformant (1). What was seen stands, even if other requirements could not be measured.
 * 3. An `error` or a run error, or an engine that went away or hangs: not judged (2). Where something came over the run from
 *    outside, that is said first.
 * 4. No `pass`: not judged (2). Nothing tested is not a success.
 * 5. A `not run`, which this host could have shown: partial (0; 2 where a complete run was asked for).
 * 6. Otherwise conformant (0). Residue that could not be looked for does not change the verdict; the sentence says so.
 *
 * What only a lab can show is no part of a host's run and decides nothing.
 */
export function judgeRun(run: JudgedRun): RunJudgement {
  const { requirements, residue, errors, disturbances, onlyInLab, complete } = run;
  const counts = countVerdicts(requirements);
  const judged = counts.pass + counts.fail + counts.waived;
  const left = residue.state === "left" ? `${countOf(Math.max(1, residue.items.length), "thing")} left behind` : "";
  const of = `${judged} judged ${judged === 1 ? "requirement" : "requirements"}`;
  const notMeasured = counts.error > 0 ? `${counts.error} could not be measured` : "";
  const waived = counts.waived > 0 ? `${counts.waived} waived` : "";
  const notApplicable = counts["not applicable"] > 0 ? `${counts["not applicable"]} not applicable` : "";
  const rest = [waived, notApplicable, counts["not run"] > 0 ? `${counts["not run"]} not run` : ""];

  const lost = disturbances.some(losesEngine);
  const [disturbed, ...others] = disturbanceTexts(disturbances).map(oneLine);
  if (interruptionOf(disturbances) !== null) {
    const seen = `until then ${counts.pass} passed, ${counts.fail} failed`;
    return notJudged(sentence(`Not judged: the run was ${disturbed}`, [seen, notMeasured, left]));
  }
  if (counts.fail > 0) {
    return nonconformant(sentence(`Not conformant: ${counts.fail} of ${of} failed`, [notMeasured, left, ...rest]));
  }
  if (left !== "") {
    return nonconformant(sentence(`Not conformant: ${left}`, [`${counts.pass} of ${of} passed`, notMeasured, ...rest]));
  }
  if (disturbed !== undefined && (counts.error > 0 || lost)) {
    const more = others.length > 0 ? `; ${others.join("; ")}` : "";
    return notJudged(
      sentence(`Not judged: ${disturbed}${more}`, [`${judged} judged`, notMeasured, "none failed", ...rest]),
    );
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
  if (counts.pass === 0) return notJudged(nothingPassed(requirements.length, onlyInLab, rest));
  const unseen = residue.state === "unknown" ? "whether anything was left behind could not be seen" : "";
  if (counts["not run"] > 0) {
    const could = `${counts["not run"]} more could be shown here and ${counts["not run"] === 1 ? "was" : "were"} not`;
    const details = [waived, notApplicable, unseen].filter((detail) => detail !== "");
    return {
      verdict: "partial",
      exitCode: complete ? EXIT.notJudged : EXIT.conformant,
      // The reasons stand behind what they are the reasons of.
      summary: sentence(`Partial: ${counts.pass} of ${of} passed, ${could}: ${whyNotRun(requirements)}`, details),
      counts,
    };
  }
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

function nothingPassed(judged: number, onlyInLab: number, rest: readonly string[]): string {
  if (judged > 0) return sentence(`Not judged: none of ${countOf(judged, "requirement")} passed or failed`, rest);
  if (onlyInLab === 0) return "Not judged: no requirement was run.";
  return `Not judged: only a lab can show what was asked for (${countOf(onlyInLab, "requirement")}), see npm run test:lab.`;
}

/** The reasons of what was not run, the most frequent first. */
function whyNotRun(requirements: JudgedRun["requirements"]): string {
  const counted = new Map<string, number>();
  for (const { verdict, reason } of requirements)
    if (verdict === "not run") counted.set(reason, (counted.get(reason) ?? 0) + 1);
  const reasons = [...counted].toSorted(([, a], [, b]) => b - a);
  const said = reasons
    .slice(0, REASONS)
    .map(([reason, count]) => `${cut(oneLine(reason === "" ? "no reason given" : reason), MAX_REASON)} (${count})`);
  const more = reasons.length - REASONS;
  return [...said, ...(more > 0 ? [`${countOf(more, "more reason")}`] : [])].join("; ");
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

const MEANING: Readonly<Record<Results["exitCode"], string>> = {
  0: "everything that applied and could run passed, nothing was found left behind",
  1: "a requirement failed, or something was left behind",
  2: "no verdict about this engine: interrupted, not measurable, or nothing ran",
};

/** What the exit code of a run tells a script. */
export function exitMeaning({ exitCode, verdict }: Pick<Results, "exitCode" | "verdict">): string {
  return verdict === "partial" && exitCode === EXIT.notJudged
    ? "a complete run was asked for, and this one is partial"
    : MEANING[exitCode];
}
