import type { Direction } from "../model/question.ts";
import type { Way } from "../model/way.ts";

/**
 * Who is cut off from what, what the engine no longer does, or what stands open, in one sentence; where no packet went
 * astray, what is not as it has to be. Empty where nothing tells.
 */
export function effectOf(ways: readonly Way[]): string {
  const blocked = clauses(ways, "blocked", "can't reach", "can't resolve");
  const leaked = clauses(ways, "leaked", "reach", "resolve").map((clause) => `${clause}, which must be closed`);
  const all = [...refused(ways), ...blocked, ...leaked];
  const text = (all.length > 0 ? all : differing(ways)).join("; ");
  return text === "" ? "" : `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

function refused(ways: readonly Way[]): string[] {
  const made = new Set(ways.flatMap(({ from, to }) => (from === "the engine" ? [to] : [])));
  return made.size === 0 ? [] : [`the engine makes no ${[...made].toSorted().reverse().join(" and no ")}`];
}

/** What was read and is another: whose, and what. */
function differing(ways: readonly Way[]): string[] {
  const read = ways.filter(({ direction }) => direction === "differs");
  const whose = Map.groupBy(read, ({ from }) => from);
  return [...whose].map(([from, of]) => {
    const things = [...new Set(of.map(({ to }) => to))].toSorted().join(", ");
    return from === "the engine"
      ? `what the engine tells differs from what is there (${things})`
      : `what ${from} ${from === "the host" ? "has" : "have"} is not as it has to be (${things})`;
  });
}

function clauses(ways: readonly Way[], direction: Direction, reach: string, resolve: string): string[] {
  const targets = new Map<string, Map<Way["to"], Set<string>>>();
  for (const { from, to, by, direction: own } of ways) {
    if (own !== direction || from === "the engine") continue;
    const group = to === "names" ? `${from} ${resolve}` : `${from} ${reach}`;
    const of = targets.get(group) ?? new Map<Way["to"], Set<string>>();
    of.set(to, (of.get(to) ?? new Set()).add(by));
    targets.set(group, of);
  }
  return [...targets].map(
    ([group, of]) =>
      `${group} ${[...of].map(([to, protocols]) => (to === "names" ? "names" : `${to} (${[...protocols].toSorted().join(", ")})`)).join(", ")}`,
  );
}
