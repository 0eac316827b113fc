import { inject } from "vitest";
import { type Diagnosis, diagnose, type Failure, takeLook } from "../diagnosis/index.ts";
import type { Cause } from "../model/cause.ts";
import type { Explanation } from "../model/explanation.ts";
import type { Direction } from "../model/question.ts";
import type { Looker } from "../snapshot/take-snapshot.ts";
import { type UnusualValue, unusualValues } from "../snapshot/unusual-values.ts";
import { explainReach, type Walk } from "../trace/index.ts";
import { type Followed, Follower } from "./follow-once.ts";
import type { Session } from "./session.ts";

/** Looks at the host as it is now, or was when {@link lookFor} looked. @param thrown what the failure was thrown as */
export async function diagnosed(
  failure: Failure,
  thrown: unknown,
  session: () => Promise<Session>,
): Promise<Diagnosis> {
  return await diagnose(
    failure,
    async () => await looker(await session()),
    thrown instanceof Error ? looks.get(thrown) : undefined,
  );
}

const looks = new WeakMap<Error, Awaited<ReturnType<typeof takeLook>>>();

/** Looks for the cause of a failure now: what it is about is removed before anybody asks. Never rejects. */
export async function lookFor(thrown: unknown, session: Session): Promise<void> {
  if (!(thrown instanceof Error)) return;
  const look = await takeLook(async () => await looker(session)).catch(() => null);
  if (look !== null) looks.set(thrown, look);
}

async function looker({ docker, runId, facts, host }: Session): Promise<Looker> {
  return { docker, runId, facts, host: await host().catch(() => null) };
}

let follower: Follower | undefined;

/** Sends again what failed without a cause, and follows it while its containers live. @returns null where nothing is to be followed */
export async function followed(diagnosis: Diagnosis, session: () => Promise<Session>): Promise<Followed | null> {
  if (diagnosis.follow === null) return null;
  follower ??= new Follower(inject("run").followed, async (request) => {
    const context = await session();
    return await explainReach(context.docker, await context.host(), request);
  });
  return await follower.follow(diagnosis.follow);
}

/** The way of a failure's packet as the look has it: where that names no end of it, what the configuration says is one. */
export function concludedWalk(walk: Walk | null, configuration: Cause | null): Walk | null {
  if (walk === null || configuration === null) return walk;
  const { end } = walk.there;
  return {
    ...walk,
    relay: concludedWalk(walk.relay, configuration),
    ...(end.kind === "stopped" && end.by === ""
      ? { there: { ...walk.there, end: { ...end, by: configuration.what } } }
      : {}),
  };
}

/** What was found about a failure; null where it was not looked for, or nothing could be sent again. */
interface Found {
  readonly configuration: Cause | null;
  readonly diagnosis: Diagnosis;
  readonly packet: Followed | null;
}

/**
 * What explains a failure: what the configuration says, then what was seen to end its packet, else what was found on the
 * host, else the place alone where it ends; only without all of them the guess that stands beside the requirement, called
 * a guess. Where packets went astray and the host was looked at without a deviation, a guess that the look would have
 * borne out is none: then only what somebody has set in the kernel is told, as a guess too.
 */
export async function explanationOf(
  guess: string | undefined,
  direction: Direction,
  { configuration, diagnosis, packet }: Found,
  session: () => Promise<Session>,
): Promise<Explanation> {
  const { ways, complete } = diagnosis;
  const [causes = []] = [packet?.causes, diagnosis.causes, packet?.place].filter((found) => found && found.length > 0);
  const unread = [...diagnosis.unread, ...(packet?.unread ?? [])];
  const remark = packet?.remark ?? null;
  const told = { ways, unread, ...(remark === null ? {} : { remark }) };
  const known = configuration === null ? causes : [configuration, ...causes];
  if (known.length > 0) return { causes: known, ...told };
  const set = valuesSet(await unusualOfHost(session));
  if (guess === undefined || (complete && direction !== "differs")) return { causes: set, ...told };
  return { causes: [guessed(guess, remark === null ? [] : [remark]), ...set], ...told };
}

let asked: Promise<UnusualValue[]> | undefined;

/** What somebody has set in the host's kernel, asked once a process. Never rejects. */
async function unusualOfHost(session: () => Promise<Session>): Promise<readonly UnusualValue[]> {
  asked ??= session()
    .then(async (context) => await unusualValues(await context.host()))
    .catch(() => []);
  return await asked;
}

/** At most so many values are named. */
const NAMED = 6;

/** Where nothing known was found: what is left to look at. */
function valuesSet(unusual: readonly UnusualValue[]): Cause[] {
  if (unusual.length === 0) return [];
  const named = unusual
    .slice(0, NAMED)
    .map(({ key, value, usual }) => `${key} is ${value} (the kernel's own: ${usual || "none"})`);
  const more = unusual.length > NAMED ? [`and ${unusual.length - NAMED} more`] : [];
  return [
    guessed("a value that somebody has set in this host's kernel: `sysctl`, a file in /etc/sysctl.d", [
      ...named,
      ...more,
    ]),
  ];
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
