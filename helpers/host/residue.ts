import type Dockerode from "dockerode";
import { LABEL, NAME_PREFIX } from "../engine/run-identity.ts";
import type { Residue } from "../report/results.ts";
import { type Difference, compareFingerprints, type Fingerprint } from "./fingerprint.ts";

/** Marks by which a difference is known as ours: network ids, container ids, subnets, published ports. */
export type OwnMarks = ReadonlySet<string>;

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
 * Watches whether anybody else creates, removes or reconnects containers and networks while a run goes on.
 * `stop()` ends the watch and tells.
 */
export async function watchForeignActivity(docker: Dockerode): Promise<{ stop(): boolean }> {
  const end = new AbortController();
  const ownContainers = new Set<string>();
  let foreign = false;
  const stream = await docker.getEvents({
    filters: { type: ["container", "network", "daemon"], event: ["create", "start", "die", "destroy", "connect", "disconnect", "reload"] },
    abortSignal: end.signal,
  });
  stream.on("error", () => undefined);
  let tail = "";
  stream.on("data", (chunk: Buffer) => {
    const lines = (tail + chunk.toString()).split("\n");
    tail = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") judge(JSON.parse(line) as EngineEvent);
  });
  const judge = (event: EngineEvent): void => {
    const attributes = event.Actor?.Attributes ?? {};
    if (event.Type === "container") {
      if (attributes[LABEL.project] !== undefined) ownContainers.add(event.Actor?.ID ?? "");
      else foreign = true;
    } else if (event.Type === "network") {
      // Network events carry no labels on older engines: own ones are known by name or by their container.
      const own = (attributes.name ?? "").startsWith(`${NAME_PREFIX}-`) || ownContainers.has(attributes.container ?? "");
      if (!own) foreign = true;
    } else foreign = true;
  };
  return {
    stop() {
      end.abort();
      return foreign;
    },
  };
}

interface EngineEvent {
  readonly Type?: string;
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Record<string, string> };
}
