import type { Explanation } from "../cause/explanation.ts";
import { type Diagnosis, diagnose, type Failure } from "../diagnosis/index.ts";
import type { Cause } from "../model/cause.ts";
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
 * What explains a failure: what the configuration says, then what was found on the host; only without both the guess that
 * stands beside the requirement, called a guess. Where packets went astray and the host was looked at without a deviation,
 * a guess that the look would have borne out is none: nothing is told.
 */
export function explanationOf(
  guess: string | undefined,
  configuration: Cause | null,
  diagnosis: Diagnosis | null,
  direction: Direction,
): Explanation {
  const { causes = [], ways = [], unread = ["the host: it gave no answer in time"] } = diagnosis ?? {};
  const known = configuration === null ? causes : [configuration, ...causes];
  if (known.length > 0) return { causes: known, ways, unread };
  if (guess === undefined || (diagnosis?.complete === true && direction !== "differs"))
    return { causes: [], ways, unread };
  return { causes: [guessed(guess)], ways, unread };
}

/** Told without evidence beside the failure itself. */
export function guessed(what: string): Cause {
  return { key: `guess ${what}`, what, act: null, certainty: "guessed", subjects: [], evidence: [], remedies: [] };
}

/** What the effective configuration says of a failure. */
export function ofConfiguration(what: string): Cause {
  return {
    key: `configuration ${what}`,
    what,
    act: null,
    certainty: "concluded",
    subjects: [{ kind: "host" }],
    evidence: [],
    remedies: [],
  };
}
