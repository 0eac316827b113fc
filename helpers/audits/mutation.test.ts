import { describe, expect, test } from "vitest";
import { UnreadableOutput } from "../probes/parse/unreadable-output.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { audit } from "./judge.ts";
import { disagreement } from "./testing/mutation.ts";
import { lookOf, type Recorded, recordedHosts } from "./testing/recorded.ts";
import { SURVIVORS } from "./testing/survivors.ts";

/** Who notices something: the keys of breaches and notes. What can't be read any more is told as that. */
function judge(recorded: Recorded): ReadonlySet<string> {
  let look: LivingSnapshot;
  try {
    look = lookOf(recorded);
  } catch (error) {
    if (error instanceof UnreadableOutput) return new Set(["unreadable"]);
    throw error;
  }
  const { deviations, notes } = audit(look);
  return new Set([...deviations.map(({ key }) => key), ...notes.map(({ key }) => `note ${key}`)]);
}

/** What the expectations are computed from is proven with them. */
const FACTS: ReadonlySet<string> = new Set(["version", "configuration"]);

describe("a field of a look at a host", () => {
  const hosts = recordedHosts();

  test("hosts of several versions are healthy as they were recorded", () => {
    expect(hosts.length).toBeGreaterThan(1);
    for (const { name, recorded } of hosts) expect(audit(lookOf(recorded)).deviations, name).toEqual([]);
  });

  test("is noticed by an audit when it is altered, or survives for a reason that is written down", () => {
    const looks = hosts.map(({ recorded }) => recorded);
    expect(disagreement(looks, judge, SURVIVORS, (field) => FACTS.has(field))).toEqual({
      silent: [],
      noticed: [],
      unknown: [],
    });
  }, 300_000);
});
