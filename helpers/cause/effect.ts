import type { Direction } from "../model/question.ts";
import type { Target, Way } from "../model/way.ts";

/** Who is cut off from what, or what stands open, in one sentence; what only differs is told as such. */
export function effectOf(ways: readonly Way[]): string {
  const blocked = clauses(ways, "blocked", "can't reach", "can't resolve");
  const leaked = clauses(ways, "leaked", "reach", "resolve").map((clause) => `${clause}, which must be closed`);
  const all = [...blocked, ...leaked];
  if (all.length === 0) return "Something is not as the engine says; no packet was seen to go astray.";
  const text = all.join("; ");
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

function clauses(ways: readonly Way[], direction: Direction, reach: string, resolve: string): string[] {
  const targets = new Map<string, Map<Target, Set<string>>>();
  for (const { from, to, by, direction: own } of ways) {
    if (own !== direction) continue;
    const group = to === "names" ? `${from} ${resolve}` : `${from} ${reach}`;
    const of = targets.get(group) ?? new Map<Target, Set<string>>();
    of.set(to, (of.get(to) ?? new Set()).add(by));
    targets.set(group, of);
  }
  return [...targets].map(
    ([group, of]) =>
      `${group} ${[...of].map(([to, protocols]) => (to === "names" ? "names" : `${to} (${[...protocols].toSorted().join(", ")})`)).join(", ")}`,
  );
}
