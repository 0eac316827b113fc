import type { History, HistoryRun } from "../../model/history.ts";
import type { Results, Verdict } from "../../model/results.ts";
import { causeTitle } from "../cause-title.ts";
import { compareRuns } from "../diff.ts";
import { baselineFor } from "./baseline.ts";
import { flakyOf } from "./flaky.ts";
import { keysSince } from "./keys-since.ts";
import { type RunRecord, recordOf } from "./record.ts";

/** How a line of verdicts writes each; a dot is a run that did not know the requirement. */
const VERDICT_LETTERS: Readonly<Record<Verdict, string>> = {
  pass: "p",
  fail: "f",
  error: "e",
  waived: "w",
  "not applicable": "n",
  "not run": "-",
};
const UNKNOWN = ".";
/** Runs that a page shows; what is older is still compared with and counted. */
const SHOWN = 60;

/**
 * The results of a run with what its engine's earlier runs say: folded into them, so that the page of any results tells
 * the same later on.
 * @param now what is kept of this run
 * @param earlier runs of the same engine, oldest first
 */
export function withHistory(
  results: Results,
  earlier: readonly RunRecord[],
  now: RunRecord | null = recordOf(results),
): Results {
  if (now === null) return results;
  const before = earlier.filter(({ runId }) => runId !== now.runId);
  const baseline = baselineFor(now, before);
  const all = [...before, now];
  const shown = all.slice(-SHOWN);
  const history: History = {
    runs: shown.map(runOf),
    verdicts: linesOf(shown, now),
    flaky: flakyOf(all),
    keysSince: keysSince(all),
    baseline: baseline === null ? null : runOf(baseline),
    sinceBaseline: baseline === null ? null : compareRuns(baseline, now),
  };
  return { ...results, history };
}

function runOf({ startedAt, runId, verdict, whole, causes, requirements }: RunRecord): HistoryRun {
  const failed = requirements.filter(({ verdict: of }) => of === "fail" || of === "error").length;
  return { startedAt, runId, verdict, whole, failed, causes: causes.map(causeTitle) };
}

/** Of requirements that were always the same there is nothing to tell. */
function linesOf(runs: readonly RunRecord[], now: RunRecord): Record<string, string> {
  const known = runs.map(({ requirements }) => new Map(requirements.map(({ id, verdict }) => [id, verdict])));
  const lines = now.requirements.map(({ id }): [string, string] => {
    const letters = known.map((verdicts) => {
      const verdict = verdicts.get(id);
      return verdict === undefined ? UNKNOWN : VERDICT_LETTERS[verdict];
    });
    return [id, letters.join("")];
  });
  return Object.fromEntries(lines.filter(([, line]) => new Set(line.replaceAll(UNKNOWN, "")).size > 1));
}
