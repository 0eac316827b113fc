import { inject } from "vitest";
import { type Diagnosis, diagnose, type Failure } from "../diagnosis/index.ts";
import type { Cause } from "../model/cause.ts";
import type { Explanation } from "../model/explanation.ts";
import type { Direction } from "../model/question.ts";
import { explainReach } from "../trace/index.ts";
import { type Followed, Follower } from "./follow-once.ts";
import type { Session } from "./session.ts";

/** Looks at the host as it is now. @returns null when it could not be looked at */
export async function diagnosed(failure: Failure, session: () => Promise<Session>): Promise<Diagnosis | null> {
  return await diagnose(failure, async () => {
    const context = await session();
    const host = await context.host().catch(() => null);
    return { docker: context.docker, runId: context.runId, facts: context.facts, host };
  });
}

let follower: Follower | undefined;

/** Sends again what failed without a cause, and follows it while its containers live. @returns null where nothing is to be followed */
export async function followed(diagnosis: Diagnosis | null, session: () => Promise<Session>): Promise<Followed | null> {
  if (diagnosis?.follow == null) return null;
  follower ??= new Follower(inject("run").followed, async (request) => {
    const context = await session();
    return await explainReach(context.docker, await context.host(), request);
  });
  return await follower.follow(diagnosis.follow);
}

/**
 * What explains a failure: what the configuration says, then where its packet was seen to end, else what was found on
 * the host; only without all of them the guess that stands beside the requirement, called a guess. Where packets went astray and the host was looked at without a deviation,
 * a guess that the look would have borne out is none: nothing is told.
 */
export function explanationOf(
  guess: string | undefined,
  configuration: Cause | null,
  diagnosis: Diagnosis | null,
  direction: Direction,
  packet: Followed | null = null,
): Explanation {
  const { ways = [], unread: unseen = ["the host: it gave no answer in time"] } = diagnosis ?? {};
  const causes = packet !== null && packet.causes.length > 0 ? packet.causes : (diagnosis?.causes ?? []);
  const unread = [...unseen, ...(packet?.unread ?? [])];
  const remark = packet?.remark ?? null;
  const told = { ways, unread, ...(remark === null ? {} : { remark }) };
  const known = configuration === null ? causes : [configuration, ...causes];
  if (known.length > 0) return { causes: known, ...told };
  if (guess === undefined || (diagnosis?.complete === true && direction !== "differs")) return { causes: [], ...told };
  return { causes: [guessed(guess, remark === null ? [] : [remark])], ...told };
}

/** Told without evidence beside the failure itself. */
export function guessed(what: string, evidence: readonly string[] = []): Cause {
  return { key: `guess ${what}`, what, act: null, certainty: "guessed", subjects: [], evidence, remedies: [] };
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
