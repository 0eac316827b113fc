import type Dockerode from "dockerode";
import { LABEL, NAME_PREFIX } from "../engine/run-identity.ts";
import type { Residue } from "../report/results.ts";
import { type Difference, compareFingerprints, type Fingerprint } from "./fingerprint.ts";

/** Marks by which a difference is known as ours: the run's id, short ids of its networks (as in `br-…`) and containers. */
export type OwnMarks = ReadonlySet<string>;

/** What a watch over the engine's events saw. */
export interface Activity {
  /** Somebody else created, removed or reconnected something. */
  readonly foreign: boolean;
  /** Short ids of the objects that carry this project's label or name. */
  readonly own: OwnMarks;
}

/**
 * Judges what a run left behind. On an engine where nobody else did anything during the run every difference is ours.
 * Where foreign containers or networks came and went meanwhile, their links and rules differ too; then only
 * differences that carry one of our marks count, and the report says so.
 */
export function judgeResidue(before: Fingerprint, after: Fingerprint, marks: OwnMarks, foreignActivity: boolean, hostSeen: boolean): Residue {
  const differences = compareFingerprints(before, after);
  const ours = foreignActivity ? differences.filter((difference) => isMarked(difference, marks)) : differences;
  const items = ours.map(({ aspect, change, what }) => `${aspect}: ${what} ${change}`);
  if (items.length > 0) return { state: "left", items };
  return hostSeen ? { state: "clean", items: [] } : { state: "unknown", items: ["the host's links, rules and namespaces could not be seen"] };
}

function isMarked({ what }: Difference, marks: OwnMarks): boolean {
  for (const mark of marks) if (what.includes(mark)) return true;
  return false;
}

/**
 * Watches who creates, removes or reconnects containers and networks while a run goes on. `stop()` ends the watch and
 * tells.
 */
export async function watchActivity(docker: Dockerode): Promise<{ stop(): Activity }> {
  const end = new AbortController();
  const own = new Set<string>();
  let foreign = false;
  const stream = await docker.getEvents({
    filters: { type: ["container", "network", "daemon"], event: ["create", "start", "die", "destroy", "connect", "disconnect", "reload"] },
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
  const judge = ({ Type, Actor }: EngineEvent): void => {
    const id = Actor?.ID?.slice(0, 12) ?? "";
    const attributes = Actor?.Attributes ?? {};
    // Network events carry no labels on older engines: ours are known by name, or by the container they attach.
    const isOurs =
      Type === "container"
        ? attributes[LABEL.project] !== undefined
        : Type === "network" && ((attributes.name ?? "").startsWith(`${NAME_PREFIX}-`) || own.has((attributes.container ?? "").slice(0, 12)));
    if (!isOurs) foreign = true;
    else if (Type === "container" || (attributes.name ?? "").startsWith(`${NAME_PREFIX}-`)) own.add(id);
  };
  return {
    stop() {
      end.abort();
      return { foreign, own };
    },
  };
}

interface EngineEvent {
  readonly Type?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Record<string, string> };
}
