import { askForEvents } from "../engine/answers.ts";
import { engineTime } from "../engine/engine-time.ts";
import { has } from "../model/version-switches.ts";
import { session } from "./session.ts";

/**
 * How long the engine may take to tell of a network after it took the jump away for it: 0.1 to 0.3 s were measured on a
 * busy machine of two cores, and more is to be expected where several networks are made at once.
 */
const AHEAD_SECONDS = 5;
/** A network that was removed is told of after its rules are gone, and the clocks' fractions differ. */
const BACK_SECONDS = 2;

/**
 * How often what came through the engine's own gap is set aside. While suites build their topologies side by side on a
 * busy machine, three in a row were met; what is there to stay is told after as many.
 */
const GAPS_FORGIVEN = 8;

/** The gaps that one question met: each is forgiven, but not for ever. */
export class IsolationGaps {
  #met = 0;

  /** Whether what was seen so many milliseconds ago is set aside ({@link fellIntoIsolationGap}). */
  async forgive(elapsedMs: number): Promise<boolean> {
    return this.#met++ < GAPS_FORGIVEN && (await fellIntoIsolationGap(elapsedMs));
  }
}

/**
 * Whether an answer that should not have come may have slipped through the engine's own gap: before 28, every creation
 * of a network, anybody's, takes the jump to the isolation chains away for a moment (libnetwork's EnsureJumpRule deletes
 * and inserts). Such a measurement says nothing about the state of the host and is taken anew; on an engine without the
 * gap, or with no network created or removed meanwhile, the answer counts. Waits for what the engine tells only after
 * the gap, some seconds at most.
 * @param elapsedMs how long ago the question was asked
 */
async function fellIntoIsolationGap(elapsedMs: number): Promise<boolean> {
  const context = await session();
  if (has(context.facts, "isolation-without-gap")) return false;
  const now = await engineTime(context.docker);
  const events = await askForEvents(context.docker, {
    since: now - elapsedMs / 1000 - BACK_SECONDS,
    until: now + AHEAD_SECONDS,
    filters: { type: ["network"], event: ["create", "destroy"] },
  });
  return events.length > 0;
}
