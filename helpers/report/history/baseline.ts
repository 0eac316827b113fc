import type { RunRecord } from "./record.ts";

/** Whether a run may be a baseline: whole, and nothing was wrong. */
export function isGood({ whole, verdict }: RunRecord): boolean {
  return whole && (verdict === "conformant" || verdict === "partial");
}

/**
 * What a run is compared with: the last whole run before it that was conformant or partial, so that a broken host is
 * compared with the day on which it was right; where there is none, the last whole run before it.
 * @param history runs of one engine, oldest first
 */
export function baselineFor(
  run: { readonly runId: string; readonly startedAt: string },
  history: readonly RunRecord[],
): RunRecord | null {
  const earlier = history.filter(
    ({ whole, runId, startedAt }) => whole && runId !== run.runId && Date.parse(startedAt) < Date.parse(run.startedAt),
  );
  return earlier.findLast(isGood) ?? earlier.at(-1) ?? null;
}

/**
 * The last whole run before this one that began before the end of a moment: for a day the end of that day. Null where
 * there is none.
 */
export function lastUntil(
  end: Date,
  run: { readonly runId: string; readonly startedAt: string },
  history: readonly RunRecord[],
): RunRecord | null {
  const until = Math.min(end.getTime(), Date.parse(run.startedAt));
  return (
    history.findLast(({ whole, runId, startedAt }) => whole && runId !== run.runId && Date.parse(startedAt) < until) ??
    null
  );
}
