import type Dockerode from "dockerode";
import { LABEL, NAME_PREFIX } from "../engine/run-identity.ts";
import type { Residue } from "../report/results.ts";
import { engineMakes } from "./engine-makes.ts";
import { compareFingerprints, type Difference, type Fingerprint } from "./fingerprint.ts";

/** Marks by which a difference is known as ours: the run's id, short ids of its networks (as in `br-…`) and containers. */
export type OwnMarks = ReadonlySet<string>;

/** What a watch over the engine's events saw. */
export interface Activity {
  /** Somebody else, or another run, created, removed or reconnected something. */
  readonly foreign: boolean;
  /** Short ids of this run's objects. */
  readonly own: OwnMarks;
}

/** What the engine itself changes on its host, beside what a run asks of it. */
export interface EngineHabits {
  /** Lines of sysctls that it changes by itself (`switchedByNetworks`). */
  readonly switched: readonly string[];
  /** Its default bridge. */
  readonly bridge: string | undefined;
}

/**
 * Judges what a run left behind. On an engine where nobody else did anything during the run every difference that an
 * engine can make is ours. Where foreign containers or networks came and went meanwhile, their links and rules differ
 * too; then only differences that carry one of our marks count.
 */
export function judgeResidue(
  before: Fingerprint,
  after: Fingerprint,
  marks: OwnMarks,
  foreignActivity: boolean,
  hostSeen: boolean,
  { switched, bridge }: EngineHabits = { switched: [], bridge: undefined },
): Residue {
  const ours = compareFingerprints(before, after).filter((difference) => {
    if (difference.aspect === "sysctls" && switched.includes(difference.what)) return false;
    return isMarked(difference, marks) || (!foreignActivity && engineMakes(difference, bridge));
  });
  const items = ours.map(({ aspect, change, what }) => `${aspect}: ${what} ${change}`);
  if (items.length > 0) return { state: "left", items };
  return hostSeen
    ? { state: "clean", items: [] }
    : { state: "unknown", items: ["the host's links, rules and namespaces could not be seen"] };
}

function isMarked({ what }: Difference, marks: OwnMarks): boolean {
  for (const mark of marks) if (what.includes(mark)) return true;
  return false;
}

/** A watch that goes on until it is stopped. */
export interface ActivityWatch {
  /** What it has seen so far. */
  seen(): Activity;
  stop(): void;
}

/** Watches who creates, removes or reconnects things on the engine while the run `runId` goes on. */
export async function watchActivity(docker: Dockerode, runId: string): Promise<ActivityWatch> {
  const end = new AbortController();
  const own = new Set<string>();
  let foreign = false;
  const stream = await docker.getEvents({
    filters: {
      // Images and volumes are never made by a run: whoever makes one meanwhile is somebody else.
      type: ["container", "network", "volume", "image", "daemon"],
      event: [
        "create",
        "start",
        "die",
        "destroy",
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
    },
    abortSignal: end.signal,
  });
  // Ending the watch shows as an error of the stream.
  stream.on("error", () => undefined);
  let tail = "";
  stream.on("data", (chunk: Buffer) => {
    const lines = (tail + chunk.toString()).split("\n");
    tail = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") judge(JSON.parse(line) as EngineEvent);
  });
  const judge = (event: EngineEvent): void => {
    const whose = ownerOf(event, runId, own);
    if (whose === "foreign") foreign = true;
    else own.add(whose);
  };
  return { seen: () => ({ foreign, own }), stop: () => end.abort() };
}

/** An event of the engine, as far as it tells whose object it is about. */
export interface EngineEvent {
  readonly Type?: string;
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
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
