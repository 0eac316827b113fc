import { cut, oneLine } from "./plain-text.ts";

/** How far a run is. */
export interface Progress {
  /** Requirements that are judged, of so many. */
  readonly done: number;
  readonly total: number;
  /** Of them, those that failed or could not be measured. */
  readonly failed: number;
  /** Suites that are being judged. */
  readonly running: readonly string[];
}

/**
 * One line on how far the run is: ` 37/389, 2 failed  bridge, dns and 2 more`.
 * Never longer than `width - 1` columns, so that a terminal doesn't wrap it and a carriage return can overwrite it.
 */
export function formatProgress({ done, total, failed, running }: Progress, width = 80): string {
  const bad = failed > 0 ? `, ${failed} failed` : "";
  const counter = `${String(done).padStart(String(total).length)}/${total}${bad}`;
  const names = running.slice(0, 3).map(oneLine).join(", ");
  const more = running.length > 3 ? ` and ${running.length - 3} more` : "";
  return cut(`${counter}  ${names}${more}`.trimEnd(), width - 1);
}

/**
 * Whether a log without a terminal is due a progress line: once per tenth of the run and at its end.
 * `previous` is the `done` of the last question.
 */
export function progressIsDue(previous: number, done: number, total: number): boolean {
  if (total === 0 || done === previous) return false;
  const tenth = (n: number) => Math.floor((n * 10) / total);
  return tenth(done) > tenth(previous);
}
