import { type Diagnosis, diagnose, type Failure } from "../diagnosis/index.ts";
import type { Direction } from "../model/question.ts";
import type { Session } from "./session.ts";

/** Looks at the host as it is now. @returns null when it could not be looked at */
export async function diagnosed(failure: Failure, session: () => Promise<Session>): Promise<Diagnosis | null> {
  return await diagnose(failure, async () => {
    const context = await session();
    const host = await context.host().catch(() => null);
    return { docker: context.docker, runId: context.runId, facts: context.facts, host };
  });
}

/**
 * The likely cause in its final words: what the configuration explains, then what was found on the host; only without
 * both the guess that stands beside the requirement, called a guess. Where packets went astray and the host was looked at
 * without a deviation, a guess that the look would have borne out is none: nothing is told.
 */
export function mergedCause(
  guess: string | undefined,
  configuration: string | null,
  diagnosis: Diagnosis | null,
  direction: Direction,
): string | undefined {
  const concrete = [configuration, diagnosis?.cause ?? null].filter((cause) => cause !== null);
  if (concrete.length > 0) return concrete.join("; ");
  if (guess === undefined || (diagnosis?.complete === true && direction !== "differs")) return undefined;
  return `a guess: ${guess}`;
}
