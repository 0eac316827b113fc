import { isObject } from "../../engine/json-body.ts";
import type { Certainty } from "../../model/cause.ts";
import { interruptionOf, losesEngine } from "../../model/disturbance.ts";
import type { Results } from "../../model/results.ts";
import { type ComparedRun, comparedRun } from "../compared-run.ts";

/** Version of the shape of a kept run; another one is passed over. */
const RECORD_VERSION = 1;

/** A run as it is kept: without evidence, so that years of them fit beside the reports. */
export interface RunRecord extends ComparedRun {
  readonly recordVersion: typeof RECORD_VERSION;
  readonly runId: string;
  readonly durationMs: number;
  readonly exitCode: Results["exitCode"];
  /** It was asked for everything, and went to its end. */
  readonly whole: boolean;
  /** What its cards say, and which failures they explain. */
  readonly causes: readonly {
    readonly key: string;
    readonly what: string;
    readonly certainty: Certainty;
    readonly explains: readonly string[];
  }[];
}

/** What is kept of a run; null where it judged nothing or never learnt whom. */
export function recordOf(results: Results): RunRecord | null {
  const { engine, requirements, runId, durationMs, exitCode, cards, disturbances } = results;
  if (engine === null || requirements.length === 0) return null;
  const compared = comparedRun(results);
  const isInterrupted = interruptionOf(disturbances) !== null;
  return {
    recordVersion: RECORD_VERSION,
    runId,
    durationMs,
    exitCode,
    whole: isWhole(results),
    ...compared,
    // What an interrupted run removed under its own probes failed by that.
    requirements: compared.requirements.map((one) => (isInterrupted ? { ...one, disturbed: true } : one)),
    causes: cards.map(({ key, what, certainty, explains }) => ({ key, what, certainty, explains })),
  };
}

function isWhole({ selection, disturbances, errors }: Results): boolean {
  const cut = disturbances.some((one) => one.kind === "interrupted" || losesEngine(one));
  return selection.length === 0 && !cut && errors.length === 0;
}

/** A kept run out of its text; null where it is none of this version. */
export function parseRecord(text: string): RunRecord | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    // A damaged file costs that run, never the report of this one.
    return null;
  }
}

// Only what is read of it: it lies in a folder of this project's own.
function isRecord(value: unknown): value is RunRecord {
  if (!isObject(value) || value.recordVersion !== RECORD_VERSION) return false;
  const { runId, startedAt, engine, selection, causes, requirements, whole, verdict } = value;
  return (
    typeof runId === "string" &&
    typeof startedAt === "string" &&
    !Number.isNaN(Date.parse(startedAt)) &&
    typeof whole === "boolean" &&
    typeof verdict === "string" &&
    isObject(engine) &&
    typeof engine.id === "string" &&
    Array.isArray(selection) &&
    Array.isArray(causes) &&
    causes.every((cause) => isObject(cause) && Array.isArray(cause.explains)) &&
    Array.isArray(requirements) &&
    requirements.every(
      (one) =>
        isObject(one) &&
        typeof one.id === "string" &&
        typeof one.verdict === "string" &&
        typeof one.suite === "string" &&
        Array.isArray(one.tags) &&
        Array.isArray(one.needs) &&
        isObject(one.seen),
    )
  );
}
