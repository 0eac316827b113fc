import { describe, expect, test } from "vitest";
import { disagreement } from "../../audits/testing/mutation.ts";
import { SURVIVORS as OF_EVERYBODY } from "../../audits/testing/survivors.ts";
import { UnreadableOutput } from "../../probes/parse/unreadable-output.ts";
import { deviations } from "./deviations.ts";
import { rethrow } from "./testing/broken.ts";
import { RECORDED_VERSIONS, type RecordedRun, recordedRun, runOf } from "./testing/recorded-run.ts";
import { SURVIVORS } from "./testing/survivors.ts";

/** Who notices something: the keys of deviations. What can't be read any more is told as that. */
function judge(recorded: RecordedRun): ReadonlySet<string> {
  try {
    return new Set(deviations(runOf(recorded), rethrow).map(({ key }) => key));
  } catch (error) {
    if (error instanceof UnreadableOutput) return new Set(["unreadable"]);
    throw error;
  }
}

describe("a field of a look at a run's own containers", () => {
  const runs = RECORDED_VERSIONS.map((version) => recordedRun(version));

  test("runs on several versions are healthy as they were recorded", () => {
    for (const run of runs) expect([...judge(run)], run.facts.engine.version).toEqual([]);
  });

  test("is noticed when it is altered, or survives for a reason that is written down", () => {
    // What the expectations are computed from is proven with them.
    expect(disagreement(runs, judge, SURVIVORS, (field) => field.startsWith("facts."), OF_EVERYBODY)).toEqual({
      silent: [],
      noticed: [],
      unknown: [],
    });
  }, 600_000);
});
