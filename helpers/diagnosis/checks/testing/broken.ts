import type { Deviation } from "../../../audits/deviation.ts";
import { deviations } from "../deviations.ts";
import { type Breakable, healthy, seenAgain } from "./healthy.ts";

/** What is found after something was broken. */
export function after(breakIt: (snapshot: Breakable, host: NonNullable<Breakable["host"]>) => void): Deviation[] {
  const snapshot = healthy();
  if (snapshot.host === null) throw new Error("the captured snapshot has no host");
  breakIt(snapshot, snapshot.host);
  return deviations(seenAgain(snapshot), rethrow);
}

/** What silences a check must not pass unseen here. */
export function rethrow(error: unknown): never {
  throw error;
}

export function containerOf(snapshot: Breakable, name: string) {
  const found = snapshot.containers.find((container) => container.name.endsWith(`-${name}`));
  if (found?.inside == null) throw new Error(`the captured snapshot has no container ${name}`);
  return { ...found, inside: found.inside };
}

export const told = (found: readonly Deviation[]): string => found.map(({ reason }) => reason.what).join("\n");

/** The state inside a container itself, for changes that have to stay. */
export function findInside(snapshot: Breakable, name: string) {
  return containerOf(snapshot, name).inside;
}
