import type { HostState } from "../model/host-state.ts";
import type { HostChange } from "../model/run-diff.ts";
import { hostChanges } from "../report/host-changes.ts";
import type { CompactResults } from "../report/schema/compact.ts";
import { type News, newsBetween } from "./news.ts";

/** Between two looks while a host comes to rest, and how long it may take, ms. */
const QUIET_MS = 1000;
const QUIET_WITHIN_MS = 60_000;

/** What is compared of a host. */
export interface Sight {
  readonly state: HostState;
  /** The content of its `daemon.json`, in short. */
  readonly file: string;
}

/** How a host is watched. Each may throw once the engine has gone. */
export interface Eyes {
  /** Another text once anything may have changed: cheap, and asked for all the time. */
  mark(): Promise<string>;
  look(): Promise<Sight>;
  /** How often dockerd has reloaded its configuration since this was asked last. */
  reloads(): number;
  /** Ends early where dockerd reloads. */
  wait(ms: number): Promise<void>;
}

/** What a watch does beside watching. */
export interface Watcher {
  /** Waits for the engine. @returns eyes that see it */
  open(): Promise<Eyes>;
  judge(): Promise<CompactResults>;
  tell(news: News): Promise<void>;
  /** It could not be judged; the watch goes on. */
  failed(error: unknown): void;
  /** The engine does not answer any more. */
  lost(error: unknown): void;
}

/**
 * Watches a host for ever: after each change it waits until nothing changes any more, judges, and tells what is otherwise
 * than before. What changes while it judges is judged afterwards.
 * @param everyMs between two looks
 * @param goesOn false: it ends, for tests
 */
export async function watch(watcher: Watcher, everyMs: number, goesOn: () => boolean = () => true): Promise<void> {
  let last: CompactResults | null = null;
  let why: readonly string[] = ["the watch began"];
  while (goesOn()) {
    const eyes = await watcher.open();
    try {
      let mark = await settled(eyes);
      let before = await eyes.look();
      while (goesOn()) {
        if (why.length > 0) {
          const now: CompactResults | null = await watcher.judge().catch((error: unknown) => {
            watcher.failed(error);
            return null;
          });
          if (now !== null) await watcher.tell(newsBetween(last, now, why));
          last = now ?? last;
        }
        await eyes.wait(everyMs);
        const reloads = eyes.reloads();
        const seen = await eyes.mark();
        why = [];
        if (seen === mark && reloads === 0) continue;
        mark = await settled(eyes);
        const after = await eyes.look();
        why = reasons(before, after, reloads + eyes.reloads());
        before = after;
      }
    } catch (error) {
      watcher.lost(error);
      why = ["dockerd was started, or could be reached again"];
    }
  }
}

/** Waits until nothing has changed for a moment. @returns the mark of then */
async function settled(eyes: Eyes): Promise<string> {
  let mark = await eyes.mark();
  for (let waited = 0; waited < QUIET_WITHIN_MS; waited += QUIET_MS) {
    await eyes.wait(QUIET_MS);
    const again = await eyes.mark();
    if (again === mark) break;
    mark = again;
  }
  return mark;
}

/** What changed, in words; nothing where only containers came and went. */
function reasons(before: Sight, after: Sight, reloads: number): string[] {
  const changes = hostChanges(before.state, after.state).filter(({ ofContainers }) => !ofContainers);
  return [
    ...(reloads > 0 ? ["dockerd reloaded its configuration"] : []),
    ...(before.file === after.file ? [] : ["daemon.json was changed"]),
    ...changes.map(changeText),
  ];
}

function changeText({ aspect, gone, came }: HostChange): string {
  const [line = ""] = [...gone, ...came];
  return `${aspect} changed: ${gone.length} gone, ${came.length} new (${gone.length > 0 ? "gone" : "new"}: ${line})`;
}
