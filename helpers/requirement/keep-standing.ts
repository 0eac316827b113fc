import { inject } from "vitest";
import type { Standing } from "../report/task-meta.ts";
import { madeContainers, madeNetworks } from "../topology/made.ts";

/** Name → how many keys had been pressed when its requirement failed. */
const standing = new Map<string, number>();

/**
 * Has what a failed requirement had at hand stand until a key is pressed, where the run was asked for that.
 * @param names of its containers and networks
 * @returns those that stand; nothing where none does
 */
export function keepStanding(names: readonly string[]): { readonly standing?: Standing } {
  const { presses } = inject("run");
  if (presses === null) return {};
  const ours = (made: readonly { readonly name: string }[]) =>
    made.map(({ name }) => name).filter((name) => names.includes(name));
  const [containers, networks] = [ours(madeContainers()), ours(madeNetworks())];
  if (containers.length + networks.length === 0) return {};
  for (const name of [...containers, ...networks]) standing.set(name, Atomics.load(presses, 0));
  return { standing: { containers, networks } };
}

/** Resolves once none of these has to stand any longer. */
export async function whileStanding(names: readonly string[]): Promise<void> {
  const { presses } = inject("run");
  if (presses === null) return;
  for (const name of names) {
    const before = standing.get(name);
    while (before !== undefined && Atomics.load(presses, 0) <= before)
      await Atomics.waitAsync(presses, 0, before).value;
  }
}
