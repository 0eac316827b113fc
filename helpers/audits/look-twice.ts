import { setTimeout as pause } from "node:timers/promises";
import type Dockerode from "dockerode";
import { askForEvents } from "../engine/answers.ts";
import { engineTime } from "../engine/engine-time.ts";
import { LABEL } from "../engine/run-identity.ts";
import type { EngineEvent } from "../model/engine-answers.ts";
import type { EngineSide } from "../snapshot/ask-engine.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { type LivingLooker, takeLivingSnapshot } from "../snapshot/take-living-snapshot.ts";
import { type Audit, THE_GONE } from "./deviation.ts";
import { confirmed, type Judgement, judge } from "./judge.ts";

/** Between two looks: what comes and goes by itself (a container that is being wired) is through by then. */
const PAUSE_MS = 700;

/** Events before the first look by which what it saw may not have been finished, in seconds. */
const BEFORE_SECONDS = 3;

/** So often it is looked once more, when the engine has left alone what deviates for long enough. */
const MORE_TIMES = 2;

/** What a judgement of the living host stands on. */
export interface Judged {
  readonly judgement: Judgement;
  /** The last look. */
  readonly snapshot: LivingSnapshot;
}

/** What a judgement looks with. */
export interface Eyes {
  /** What is judged; everything unless said otherwise. */
  readonly audits?: readonly Audit[];
  /** @param earlier a look a moment ago */
  look(earlier?: LivingSnapshot): Promise<LivingSnapshot>;
  /** Names of what the engine has changed since a moment, in seconds of its clock, until now. */
  changedSince(seconds: number, snapshot: LivingSnapshot): Promise<readonly string[]>;
  wait(ms: number): Promise<void>;
}

/**
 * Looks at everybody's containers and judges them.
 * @param asked what the engine was asked already, for the first look
 * @throws when the engine does not answer
 */
export async function judgeLiving(looker: LivingLooker, asked?: Promise<EngineSide>): Promise<Judged> {
  return await judgeWith(eyesOf(looker, asked));
}

/** What looks at an engine. @param asked for the first look alone */
export function eyesOf(looker: LivingLooker, asked?: Promise<EngineSide>): Eyes {
  let first = asked;
  return {
    async look(earlier) {
      const answers = first;
      first = undefined;
      return await takeLivingSnapshot(looker, earlier, answers);
    },
    changedSince: async (since, snapshot) =>
      await happenings(looker.docker, snapshot, since, (await engineTime(looker.docker)) + 1),
    wait: async (ms) => void (await pause(ms)),
  };
}

/**
 * Where something deviates it is looked again, and the engine is asked what it did meanwhile. What deviates and was only
 * just made or changed is looked at anew when that is some seconds ago: a container that lost its rules a moment after
 * its start is no container that is being started.
 */
export async function judgeWith(eyes: Eyes): Promise<Judged> {
  for (let left = MORE_TIMES; ; left--) {
    const judged = await lookTwice(eyes);
    if (judged.judgement.changed.length === 0 || left === 0) return judged;
    await eyes.wait(BEFORE_SECONDS * 1000);
  }
}

async function lookTwice(eyes: Eyes): Promise<Judged> {
  const first = await eyes.look();
  const before = judge(first, eyes.audits);
  const { deviations, notes } = before.found;
  if (deviations.length === 0 && before.unseen.length === 0 && notes.every(({ concerns }) => concerns === undefined))
    return { judgement: { ...before.found, changed: [], unseen: [] }, snapshot: first };
  await eyes.wait(PAUSE_MS);
  const second = await eyes.look(first);
  const happened = await eyes.changedSince(first.began - BEFORE_SECONDS, second);
  return { judgement: confirmed(before, judge(second, eyes.audits), happened), snapshot: second };
}

/** What changes a container's network. */
const OF_CONTAINERS: ReadonlySet<string> = new Set(
  "create start restart die stop kill rename destroy remove pause unpause update".split(" "),
);

/** What the engine did to containers and networks between two moments, in seconds of its clock. */
async function happenings(
  docker: Dockerode,
  snapshot: LivingSnapshot,
  since: number,
  until: number,
): Promise<string[]> {
  const events = await askForEvents(docker, {
    since: Math.floor(since),
    until: Math.ceil(until),
    filters: { type: ["container", "network"] },
  });
  return changedBy(events, snapshot.containers);
}

/**
 * Names of what the events changed. A container that comes to a network, or goes from it, changes itself and not the
 * network. The containers of this project are none: the look itself is one.
 */
export function changedBy(
  events: readonly EngineEvent[],
  containers: readonly { readonly id: string; readonly name: string }[],
): string[] {
  const own = new Set(
    events.filter(({ Actor }) => Actor?.Attributes?.[LABEL.project] !== undefined).map(({ Actor }) => Actor?.ID),
  );
  const nameOf = (id: string | undefined): string[] =>
    own.has(id) ? [] : [containers.find((container) => container.id === id)?.name ?? THE_GONE];
  return events.flatMap(({ Type, Action = "", Actor }) => {
    if (Type !== "network") return OF_CONTAINERS.has(Action) ? nameOf(Actor?.ID) : [];
    return Action === "connect" || Action === "disconnect"
      ? nameOf(Actor?.Attributes?.container)
      : [Actor?.Attributes?.name ?? ""];
  });
}
