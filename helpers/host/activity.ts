import type Dockerode from "dockerode";
import { eventsIn } from "../engine/answers.ts";
import { type OwnEnd, ownRemovals } from "../engine/own-removals.ts";
import { LABEL, NAME_PREFIX } from "../engine/run-identity.ts";
import type { Disturbance } from "../model/disturbance.ts";
import type { EngineEvent } from "../model/engine-answers.ts";

/** Short ids of a run's objects. */
export type OwnMarks = ReadonlySet<string>;

/** What a watch over the engine's events saw. */
export interface Activity {
  /** Somebody else, or another run, created, removed or reconnected something; or the engine was away. */
  readonly foreign: boolean;
  /** Short ids of this run's objects. */
  readonly own: OwnMarks;
  /** What others, or the engine's end, did to the run. */
  readonly disturbances: readonly Disturbance[];
}

/** A watch that goes on until it is stopped. */
export interface ActivityWatch {
  /** What it has seen so far. */
  seen(): Activity;
  /**
   * Asks once more whether the engine is there: a run may be over before its events have ended. One that is away is
   * given the time of a restart: where it comes back, what is left on it can be removed.
   */
  settle(): Promise<void>;
  stop(): void;
}

/** An event of the engine, as far as it tells whose object it is about. */

/** Images and volumes are never made by a run: whoever makes one meanwhile is somebody else. */
const WATCHED = {
  type: ["container", "network", "volume", "image", "daemon"],
  event: [
    "create",
    "start",
    "kill",
    "die",
    "destroy",
    "prune",
    "connect",
    "disconnect",
    "reload",
    "pull",
    "import",
    "load",
    "tag",
    "untag",
    "delete",
  ],
} as const;

/** How long the engine may take for an answer before it counts as gone, when its events have ended. */
const ANSWER_MS = 1000;
const PAUSE_MS = 250;
/** How long an engine may take to be there again before a run ends without it. */
const RESTART_MS = 20_000;

/**
 * Watches who creates, removes or reconnects things on the engine while the run `runId` goes on, and whether it stays.
 * @param onGone called when the engine has gone away
 */
export async function watchActivity(docker: Dockerode, runId: string, onGone: () => void): Promise<ActivityWatch> {
  const end = new AbortController();
  const removals = ownRemovals();
  const ledger = new ActivityLedger(runId);
  const open = async (): Promise<void> => {
    const stream = await docker.getEvents({
      filters: { type: [...WATCHED.type], event: [...WATCHED.event] },
      abortSignal: end.signal,
    });
    let tail = "";
    // Whole characters: a name that is not of ASCII alone may be cut by what is read at once.
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      const lines = (tail + chunk).split("\n");
      tail = lines.pop() ?? "";
      for (const event of eventsIn(lines)) ledger.take(event, new Date());
    });
    // Ending the watch shows as an error of the stream, too.
    stream.on("error", () => undefined);
    stream.once("close", () => void reopen());
  };
  const reopen = async (): Promise<void> => {
    if (end.signal.aborted) return;
    const at = new Date();
    let away = false;
    while (!end.signal.aborted) {
      if (await answers(docker)) break;
      if (!away) {
        ledger.gone(at);
        onGone();
      }
      away = true;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS).unref());
    }
    if (end.signal.aborted) return;
    // A proxy between may have ended a stream that was silent: then nothing happened to the engine.
    if (away) ledger.back(new Date());
    await open().catch(() => void reopen());
  };
  await open();
  return {
    seen: () => ledger.activity(removals.seen),
    settle: async () => {
      const at = new Date();
      if (await answers(docker)) return ledger.back(at);
      ledger.gone(at);
      for (const deadline = at.getTime() + RESTART_MS; Date.now() < deadline; ) {
        if (await answers(docker)) return ledger.back(new Date());
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    },
    stop() {
      end.abort();
      removals.stop();
    },
  };
}

async function answers(docker: Dockerode): Promise<boolean> {
  let guard: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    guard = setTimeout(() => resolve(false), ANSWER_MS);
  });
  try {
    return await Promise.race([docker.ping().then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(guard);
  }
}

interface Ended {
  readonly id: string;
  readonly name: string;
  readonly what: "container" | "network";
  readonly at: Date;
  /** The engine removes it by itself once it ends. */
  readonly leaves: boolean;
}

/** How long after what it removed an engine tells of a prune. */
const PRUNE_MS = 3000;
/** How long an engine may take to end its containers before it is gone itself, ms. */
const ENDING_MS = 20_000;
/** How much later a request of ours may be noted than its effect. */
const CLOCK_MS = 100;

/** What is known of a run's objects from the engine's events. Pure: the times are given. */
export class ActivityLedger {
  readonly #runId: string;
  readonly #own = new Set<string>();
  readonly #ended: Ended[] = [];
  readonly #killed = new Set<string>();
  readonly #died = new Set<string>();
  readonly #prunes: { readonly what: string; readonly at: Date }[] = [];
  readonly #away: { readonly at: string; back: string | null }[] = [];
  #foreign = false;

  constructor(runId: string) {
    this.#runId = runId;
  }

  take(event: EngineEvent, at: Date): void {
    const { Type = "", Action, Actor } = event;
    if (Action === "prune") {
      this.#prunes.push({ what: Type, at });
      this.#foreign = true;
      return;
    }
    const whose = ownerOf(event, this.#runId, this.#own);
    if (whose === "foreign") {
      this.#foreign = true;
      return;
    }
    this.#own.add(whose);
    const id = Actor?.ID ?? "";
    if (Action === "kill") this.#killed.add(id);
    if (Action === "die") this.#died.add(id);
    if (Action === "destroy" && (Type === "container" || Type === "network"))
      this.#ended.push({
        id,
        name: Actor?.Attributes?.name ?? shortId(id),
        what: Type,
        at,
        leaves: Actor?.Attributes?.[LABEL.leaves] === "true",
      });
  }

  /** The engine is gone. It ends its containers first, and tells of that. */
  gone(at: Date): void {
    this.#foreign = true;
    if (this.#away.at(-1)?.back === null) return;
    const first = Math.min(
      at.getTime(),
      ...this.#ended.filter((one) => endsWith(at, one)).map((one) => one.at.getTime()),
    );
    this.#away.push({ at: new Date(first).toISOString(), back: null });
  }

  back(at: Date): void {
    const last = this.#away.at(-1);
    if (last?.back === null) last.back = at.toISOString();
  }

  /** @param asked what the run itself asked the engine to end */
  activity(asked: readonly OwnEnd[]): Activity {
    const byOthers = this.#ended.filter(
      (one) =>
        !this.#byTheRun(one, asked) &&
        !this.#away.some(({ at }) => endsWith(new Date(Date.parse(at) + ENDING_MS), one)),
    );
    return {
      foreign: this.#foreign || byOthers.length > 0,
      own: this.#own,
      disturbances: [
        ...this.#away.map(({ at, back }) => ({ kind: "engine went away" as const, at, back })),
        ...byOthers.map(({ id, name, what, at }) => ({
          kind: "removed by others" as const,
          at: at.toISOString(),
          what,
          id,
          name,
          pruned: this.#wasPruned(what, at),
        })),
      ],
    };
  }

  #byTheRun({ id, name, at, leaves }: Ended, asked: readonly OwnEnd[]): boolean {
    const ours = asked.filter(
      (one) => (one.id === name || (one.id.length >= 12 && id.startsWith(one.id))) && one.at <= at.getTime() + CLOCK_MS,
    );
    if (ours.some(({ how }) => how === "removed")) return true;
    // A container that leaves by itself when it ends was removed by others only before it ran, or where they ended it.
    return leaves && this.#died.has(id) && (ours.length > 0 || !this.#killed.has(id));
  }

  #wasPruned(what: string, at: Date): boolean {
    return this.#prunes.some((prune) => {
      const later = prune.at.getTime() - at.getTime();
      return prune.what === what && later >= 0 && later < PRUNE_MS;
    });
  }
}

/** Whether something ended while the engine was going. */
function endsWith(gone: Date, { at }: Ended): boolean {
  const before = gone.getTime() - at.getTime();
  return before >= 0 && before <= ENDING_MS;
}

/**
 * Whose object an event is about: the short id of our own object, or `foreign`. Another run of this project is foreign
 * too: its objects are not this run's to answer for.
 * @param own short ids known as ours from earlier events
 */
export function ownerOf({ Type, Actor }: EngineEvent, runId: string, own: OwnMarks): string {
  const attributes = Actor?.Attributes ?? {};
  if (Type === "container" && attributes[LABEL.run] === runId) return shortId(Actor?.ID);
  if (Type === "network") {
    // Network events carry no labels on older engines: ours are known by name, or by the container they attach.
    if ((attributes.name ?? "").startsWith(`${NAME_PREFIX}-${runId}-`)) return shortId(Actor?.ID);
    if (own.has(shortId(attributes.container))) return shortId(attributes.container);
  }
  return "foreign";
}

function shortId(id: string | undefined): string {
  return id?.slice(0, 12) ?? "";
}
