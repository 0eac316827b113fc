import { type EngineCall, isWait } from "./recording.ts";

/** A part of a run, by the wall clock. */
interface Phase {
  readonly what: string;
  readonly ms: number;
}

/** Calls of one kind. They are under way side by side: their sum is more than the run took. */
interface CallKind {
  /** `POST /containers/…/start` */
  readonly kind: string;
  readonly count: number;
  readonly ms: number;
}

/** One measurement: everything of it from one run of the benchmark, so that its figures can be divided by each other. */
export interface Figures {
  /** 2026-11-28 */
  readonly day: string;
  /** Of this project: its version, or the commit that was measured. */
  readonly version: string;
  /** Processors and memory of the engine's host. */
  readonly machine: string;
  readonly engine: string;
  readonly requirements: number;
  readonly runMs: number;
  /** Null where no replay did the same work. */
  readonly replayMs: number | null;
  readonly ordinaryMs: number;
  readonly calls: number;
  readonly phases: readonly Phase[];
  readonly kinds: readonly CallKind[];
}

/** @returns a call's kind: its path without what it names */
function kindOf({ method, path }: EngineCall): string {
  return `${method} ${path.replace(/\?.*/, "").replace(/^(\/(?:containers|networks|exec|images)\/)(?!create|json)[^/]+/, "$1…")}`;
}

/** The calls of a run by their kind, those first with which the engine was busy the longest. What only waits takes as long as the run. */
export function countCalls(calls: readonly EngineCall[]): CallKind[] {
  const kinds = new Map<string, CallKind>();
  for (const call of calls) {
    if (call.streaming || isWait(call)) continue;
    const kind = kindOf(call);
    const { count = 0, ms = 0 } = kinds.get(kind) ?? {};
    kinds.set(kind, { kind, count: count + 1, ms: ms + call.ms });
  }
  return [...kinds.values()].toSorted((a, b) => b.ms - a.ms);
}

/** So many calls may be answered otherwise in a replay: what is refused takes no time, and a replay of less is no measure. */
const SAME_WORK = 0.02;

/** Whether a replay did the work of the run. */
export function isSameWork(different: readonly EngineCall[], calls: readonly EngineCall[]): boolean {
  return different.length <= calls.length * SAME_WORK;
}

/**
 * The parts of a run, told by what it asked of the engine.
 * @param begin when its process was started, by the clock of the calls
 * @param end when it had ended
 */
export function phasesOf(calls: readonly EngineCall[], begin: number, end: number): Phase[] {
  const first = Math.min(end, ...calls.map(({ startedAt }) => startedAt));
  // Before the suites nothing is made but views of the host, and these join no network of ours.
  const suites = calls.filter(({ createdId, path }) => createdId !== null && path.startsWith("/networks/create"));
  const removed = calls.filter(({ method }) => method === "DELETE");
  const from = Math.min(end, ...suites.map(({ startedAt }) => startedAt));
  const to = Math.max(from, ...removed.map(({ startedAt, ms }) => startedAt + ms));
  return [
    { what: "starting, before the engine is asked", ms: first - begin },
    { what: "looking at engine and host, before the first network", ms: from - first },
    { what: "suites", ms: to - from },
    { what: "reports, after the last removal", ms: end - to },
  ];
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** The line of a measurement in the history. */
function historyRow(figures: Figures): string {
  const { day, version, machine, engine, requirements, runMs, replayMs, ordinaryMs, calls } = figures;
  const cells = [
    day,
    version,
    machine,
    engine,
    requirements,
    calls,
    seconds(runMs),
    replayMs === null ? "–" : (runMs / replayMs).toFixed(2),
    (ordinaryMs / runMs).toFixed(1),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Where a run's time goes, as Markdown. */
function whereItGoes({ day, version, engine, runMs, phases, kinds }: Figures): string {
  return [
    `Measured ${day}, version ${version}, engine ${engine}; the run took ${seconds(runMs)}.`,
    "",
    "| phase | time | of the run |",
    "|---|---|---|",
    ...phases.map(({ what, ms }) => `| ${what} | ${seconds(ms)} | ${Math.round((ms / runMs) * 100)} % |`),
    "",
    "| engine call | how often | added up | each |",
    "|---|---|---|---|",
    ...kinds
      .slice(0, 12)
      .map(({ kind, count, ms }) => `| \`${kind}\` | ${count} | ${seconds(ms)} | ${Math.round(ms / count)} ms |`),
  ].join("\n");
}

const HISTORY_HEAD = "|---|---|---|---|---|---|---|---|---|\n";
const PLACE = /(<!-- where the time goes -->\n)[\s\S]*?(\n<!-- end -->)/;

/**
 * The page of the measurements with one more: the newest line of the history, and where its time went.
 * @throws where the page has no place for them
 */
export function withMeasurement(page: string, figures: Figures): string {
  if (!page.includes(HISTORY_HEAD) || !PLACE.test(page)) throw new Error("the page has no place for a measurement");
  return page
    .replace(HISTORY_HEAD, `${HISTORY_HEAD}${historyRow(figures)}\n`)
    .replace(PLACE, (_, before: string, after: string) => `${before}${whereItGoes(figures)}${after}`);
}
