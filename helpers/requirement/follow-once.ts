import { locks } from "node:worker_threads";
import type { Followable } from "../diagnosis/index.ts";
import type { Cause } from "../model/cause.ts";
import { type Explained, type Walk, walkLine } from "../trace/index.ts";

/** What sending a failure's packet again has brought. */
export interface Followed {
  /** What ends it, nearest to its end first. */
  readonly causes: readonly Cause[];
  /** Where it ends, when nothing says what ends it there. */
  readonly place: readonly Cause[];
  /** What it showed beside causes; null for nothing. */
  readonly remark: string | null;
  /** What was not followed, and why. */
  readonly unread: readonly string[];
  /** The packet's way; missing where none was followed. */
  readonly walk?: Walk;
}

/** At most so many packets are followed in a run: a host on which everything fails must not make it long. */
export const MOST_FOLLOWED = 3;
/** For all of one packet; what has been begun by then still takes its own few seconds. */
const DEADLINE_MS = 8000;

const NOTHING: Followed = { causes: [], place: [], remark: null, unread: [] };

/**
 * Follows the packets of failures: each way once, one at a time in the whole run, and no more than {@link MOST_FOLLOWED}.
 * A trace never fails a requirement, nor mends one.
 */
export class Follower {
  readonly #taken: Int32Array;
  readonly #send: (request: Followable["request"]) => Promise<Explained>;
  readonly #ways = new Map<string, Promise<Followed>>();

  /**
   * @param taken one number that all workers of the run share: how many were followed
   * @param send sends one packet and follows it, with a deadline in the request
   */
  constructor(taken: Int32Array, send: (request: Followable["request"]) => Promise<Explained>) {
    this.#taken = taken;
    this.#send = send;
  }

  /** Never rejects. Waits for its end, since what it opens on the host must be gone before the containers go. */
  async follow({ key, request, observed }: Followable): Promise<Followed> {
    const known = this.#ways.get(key);
    if (known !== undefined) return await known;
    const way = this.#followOne(request, observed);
    this.#ways.set(key, way);
    return await way;
  }

  async #followOne(request: Followable["request"], observed: Followable["observed"]): Promise<Followed> {
    const packet = `a packet from ${request.from} to ${request.to} (${request.protocol.toUpperCase()})`;
    const what = `the way of ${packet}`;
    if (Atomics.add(this.#taken, 0, 1) >= MOST_FOLLOWED)
      return { ...NOTHING, unread: [`${what}: ${MOST_FOLLOWED} were followed in this run already`] };
    try {
      // Each reads counters and the kernel's events, which another one's packets would move.
      const { walk, causes, place } = await locks.request("a packet is followed", () =>
        this.#send({ ...request, deadline: DEADLINE_MS }),
      );
      if (walk.arrived)
        return {
          ...NOTHING,
          walk,
          remark: `Sent again, ${packet} arrives: the failure comes and goes.`,
        };
      // What refuses a packet now is no reason why another one got no answer: who listened may be gone since. What
      // docker-proxy says to its client is one thing, what became of the packet behind it another.
      if (observed !== null && walk.relay === null && (walk.outcome === "refused") !== (observed === "refused"))
        return {
          ...NOTHING,
          remark: `Sent again, ${packet} is ${walk.outcome}, where it was ${observed}.`,
          unread: walk.unread,
          walk,
        };
      return {
        causes,
        place,
        remark: causes.length + place.length > 0 ? null : `Sent again, it does not arrive either: ${walkLine(walk)}.`,
        unread: walk.unread,
        walk,
      };
    } catch (error) {
      return { ...NOTHING, unread: [`${what}: ${error instanceof Error ? error.message : String(error)}`] };
    }
  }
}
