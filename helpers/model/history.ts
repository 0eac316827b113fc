import type { RunDiff } from "./run-diff.ts";
import type { RunVerdict } from "./run-verdict.ts";

/** One run of the past, as a line of it. */
export interface HistoryRun {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly runId: string;
  readonly verdict: RunVerdict;
  /** It was asked for everything, and went to its end. */
  readonly whole: boolean;
  /** Requirements that failed or could not be measured. */
  readonly failed: number;
  /** What its cards say, in words. */
  readonly causes: readonly string[];
}

/** Since when a key is asked for with the value that it has now. */
export interface KeySince {
  /** When the first run began that saw it so; ISO 8601. */
  readonly seenSince: string;
  /** When the last run began that saw it otherwise; null where each run that is known saw it so. */
  readonly otherwiseAt: string | null;
}

/** What the engine's earlier runs say of a run. */
export interface History {
  /** The last runs of the engine, oldest first, this one last. */
  readonly runs: readonly HistoryRun[];
  /** For each requirement whose verdict changed among them a letter for each run: p, f, e, w, n, `-` not run, `.` unknown. */
  readonly verdicts: Readonly<Record<string, string>>;
  /** What flickers although nothing that is recorded changed: bad in so many of so many runs. */
  readonly flaky: readonly { readonly id: string; readonly bad: number; readonly of: number }[];
  /** Since when each key of daemon.json is asked for as it is now; missing in results of before. */
  readonly keysSince?: Readonly<Record<string, KeySince>>;
  /** The whole run that this one is compared with; null where there is none yet. */
  readonly baseline: HistoryRun | null;
  readonly sinceBaseline: RunDiff | null;
}
