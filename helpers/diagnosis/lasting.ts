import type { Deviation } from "../audits/deviation.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { deviations } from "./checks/deviations.ts";

/** Between two looks: a deviation that is gone by then was the engine at work, not a fault. */
const SETTLE_MS = 200;
/** Looks at a host that shows another deviation each time: somebody is at work there, and may be done soon. */
const MOST_LOOKS = 4;

/**
 * The deviations that two looks in a row have in common: of what a look finds, the engine at work is gone by the next.
 * @param again takes another look
 */
export async function lastingFrom(first: Snapshot, again: () => Promise<Snapshot>): Promise<Deviation[]> {
  let found = deviations(first);
  for (let looks = 1; found.length > 0 && looks < MOST_LOOKS; looks++) {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const next = deviations(await again());
    const keys = new Set(next.map(({ key }) => key));
    const lasting = found.filter(({ key }) => keys.has(key));
    if (lasting.length > 0) return lasting;
    found = next;
  }
  return [];
}
