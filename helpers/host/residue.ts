import type { Residue } from "../model/results.ts";
import type { OwnMarks } from "./activity.ts";
import { engineMakes } from "./engine-makes.ts";
import { compareFingerprints, type Difference, type Fingerprint } from "./fingerprint.ts";

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
 * @param marks the run's id, short ids of its networks (as in `br-…`) and containers
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
