import { randomInt } from "node:crypto";
import type { Facts } from "../model/facts.ts";

const given = new Set<number>();

/**
 * A host port for a fixed publication: above the well-known services, below the range that the kernel and the engine
 * hand out by themselves, not bound on the host at the start and not given out before by this worker. Two runs may
 * still meet: the engine refuses then, and the caller takes another.
 */
export function freeHostPort(facts: Facts): number {
  const bound = new Set(facts.host?.boundPorts ?? []);
  const low = 15_000;
  const ceiling = facts.host?.ephemeralPorts[0] ?? 32_768;
  // Where the ephemeral range begins lower than usual, stay above it all.
  const high = ceiling > low + 1000 ? ceiling : 65_000;
  for (;;) {
    const port = randomInt(low, high);
    if (bound.has(port) || given.has(port)) continue;
    given.add(port);
    return port;
  }
}
