import type { Results } from "../../model/results.ts";
import { causeTitle } from "../cause-title.ts";
import { cut, oneLine, plainText } from "../plain-text.ts";
import { selectionText } from "../selection-text.ts";
import { duration, moment } from "../summary-lines.ts";

/** States of a service with the exit codes that Nagios and its successors know (Monitoring Plugins' guidelines, 2.1). */
export const SERVICE_STATES = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;
export type ServiceState = keyof typeof SERVICE_STATES;

const SERVICE = "DOCKER NETWORK";
/** Characters of the first line; the protocols that carry it cut at some thousand. */
const MAX_LINE = 300;
const MAX_CAUSES = 5;

/** What the last run says to a monitoring system. */
export interface Status {
  readonly state: ServiceState;
  /** One sentence. */
  readonly says: string;
  /** Of the run that it is about; missing where there is none. */
  readonly run?: Results;
  /** How long ago that run began, milliseconds. */
  readonly ageMs?: number;
}

/**
 * What a run says at a moment. A run that is older than it may be says nothing of the host as it is now, and a run of a
 * selection nothing of the rest.
 * @param maxAgeMs how old a run may be
 * @param isPartEnough whether a run of a selection may be OK
 */
export function statusOf(run: Results, now: Date, maxAgeMs: number, isPartEnough = false): Status {
  const ageMs = Math.max(0, now.getTime() - Date.parse(run.startedAt));
  const about = { run, ageMs };
  if (!(ageMs <= maxAgeMs))
    return { ...about, state: "UNKNOWN", says: `the last run is of ${moment(run.startedAt)}, it said: ${run.summary}` };
  const [first] = run.cards;
  const why = first === undefined ? "" : ` ${causeTitle(first)}`;
  if (run.exitCode === 0 && run.selection.length > 0 && !isPartEnough)
    return { ...about, state: "WARNING", says: `only ${selectionText(run.selection)} was judged: ${run.summary}` };
  if (run.exitCode === 0) return { ...about, state: "OK", says: run.summary };
  return { ...about, state: run.exitCode === 1 ? "CRITICAL" : "UNKNOWN", says: `${run.summary}${why}` };
}

/**
 * The status as a plugin of Nagios or Icinga prints it: a line with performance data, then a line for each cause. The
 * bar that divides the two stands in no text.
 */
export function statusText({ state, says, run, ageMs }: Status): string {
  const text = (words: string) => oneLine(words).replaceAll("|", "/");
  const first = `${SERVICE} ${state} - ${cut(text(says), MAX_LINE)}`;
  if (run === undefined) return `${first}\n`;
  const { counts, cards, durationMs } = run;
  const performance = [
    `failed=${counts.fail};;0`,
    `errors=${counts.error}`,
    `passed=${counts.pass}`,
    `duration=${(durationMs / 1000).toFixed(3)}s`,
    `age=${Math.round((ageMs ?? 0) / 1000)}s`,
  ];
  const causes = cards.slice(0, MAX_CAUSES).map((card) => {
    const [command = ""] = card.remedies[0]?.commands ?? [];
    // With another sign in the place of the bar it would be another command.
    return `${text(causeTitle(card))}${command === "" || command.includes("|") ? "" : ` To do: ${text(command)}`}`;
  });
  return [
    `${first} | ${performance.join(" ")}`,
    ...causes,
    `Run of ${moment(run.startedAt)}, took ${duration(durationMs)}`,
    "",
  ].join("\n");
}

/** The same for a program. */
export function statusData({ state, says, run, ageMs }: Status): object {
  return {
    state,
    exitCode: SERVICE_STATES[state],
    says: plainText(says),
    ...(run === undefined
      ? {}
      : {
          verdict: run.verdict,
          startedAt: run.startedAt,
          ageSeconds: Math.round((ageMs ?? 0) / 1000),
          durationMs: run.durationMs,
          counts: run.counts,
          causes: run.cards.map(({ what, certainty, effect, remedies, explains }) => ({
            what,
            certainty,
            effect,
            remedies,
            explains,
          })),
        }),
  };
}
