/**
 * What a match of the number of connections does with any packet: more than none are there always, for the one that asks is
 * one of them.
 * @param over it matches more than that many, else at most that many
 * @returns nothing where the number decides
 */
export function countNow(connections: number, over: boolean): { readonly now?: "matches" | "ends" } {
  if (connections !== 0) return {};
  return { now: over ? "matches" : "ends" };
}
