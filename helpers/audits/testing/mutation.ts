import { type Alteration, type Mutant, mutantsOf } from "./mutants.ts";

/** What became of the mutants of one field. */
interface FieldOutcome {
  readonly field: string;
  /** The first mutant that somebody noticed, and who did; null where nobody noticed any. */
  readonly noticed: { readonly how: Alteration; readonly at: string; readonly by: readonly string[] } | null;
  /** How many mutants were judged. */
  readonly judged: number;
}

/** Of a field that is known to survive, so many mutants are judged: enough to see what is new at once. */
const OF_SURVIVORS = 1;

/**
 * Alters each field of recorded data, one place at a time, until somebody notices.
 * @param judge names what is found in the data; what it names of the unaltered data as well notices nothing
 * @param survives whether a field is known to be noticed by nobody
 * @param skip fields that are not asked
 */
function mutate<Data extends object>(
  data: Data,
  judge: (data: Data) => ReadonlySet<string>,
  survives: (field: string) => boolean,
  skip: (field: string) => boolean,
): FieldOutcome[] {
  const before = judge(data);
  const fields = Map.groupBy(
    mutantsOf(data, nameless).filter(({ field }) => !skip(field)),
    ({ field }) => field,
  );
  return [...fields].map(([field, all]) => {
    const mutants = byTurns(all);
    const tried = survives(field) ? mutants.slice(0, OF_SURVIVORS) : mutants;
    for (const [index, mutant] of tried.entries()) {
      const undo = mutant.apply();
      const after = judge(data);
      undo();
      const by = [...[...after].filter((one) => !before.has(one)), ...[...before].filter((one) => !after.has(one))];
      if (by.length > 0) return { field, noticed: { how: mutant.how, at: mutant.at, by }, judged: index + 1 };
    }
    return { field, noticed: null, judged: tried.length };
  });
}

/** The alterations by turns, and of each the instances from all over the data: whoever notices is found soon. */
function byTurns(mutants: readonly Mutant[]): Mutant[] {
  const ways = [...Map.groupBy(mutants, ({ how }) => how).values()].map(spread);
  const most = Math.max(...ways.map(({ length }) => length));
  return Array.from({ length: most }, (_, index) => ways.flatMap((way) => way[index] ?? [])).flat();
}

/** Each once, neighbours far from each other: what stands in every third place must not come first. */
function spread<T>(all: readonly T[]): T[] {
  const step = [7, 5, 3, 2].find((one) => all.length % one !== 0) ?? 1;
  return all.map((_, index) => all[(index * step) % all.length]).filter((one) => one !== undefined);
}

/** Keys that stand for a device, a network or an address are all one: what is read at one is read at all. */
function nameless(key: string, parent: string): string {
  if (parent.endsWith("sysctls")) return key.replace(/^(ipv[46]\/(?:conf|neigh))\/[^/]+\//, "$1/*/");
  return parent === "asked" ||
    /(^|\.)(ways|upstreams|sets|maps|Labels|Networks|Containers|Ports|PortBindings)$/.test(parent)
    ? "*"
    : key;
}

/** Where what is written down of survivors and what became of their mutants disagree. All empty: everything is as it should be. */
export interface Disagreement {
  /** Fields that nobody noticed and that are not written down. */
  readonly silent: readonly string[];
  /** Fields that are written down as survivors, and who noticed them. */
  readonly noticed: readonly string[];
  /** What is written down and stands in no recorded data. */
  readonly unknown: readonly string[];
}

/**
 * Alters each field of recorded data, and compares who survives with what is written down.
 * @param survivors by the reason, fields that may be noticed by nobody; `inspected.Config.**` are all fields below one
 * @param skip fields that are not asked
 * @param elsewhere survivors that are written down for other data too, and may be noticed here
 */
export function disagreement<Data extends object>(
  recorded: readonly Data[],
  judge: (data: Data) => ReadonlySet<string>,
  survivors: Readonly<Record<string, readonly string[]>>,
  skip: (field: string) => boolean,
  elsewhere: Readonly<Record<string, readonly string[]>> = {},
): Disagreement {
  const written = Object.values(survivors).flat();
  const others = new Set(Object.values(elsewhere).flat());
  const covers = (one: string, field: string): boolean =>
    one.endsWith(".**") ? field.startsWith(one.slice(0, -2)) : one === field;
  const known = (field: string): boolean => written.some((one) => covers(one, field));
  const outcomes = new Map<string, FieldOutcome>();
  for (const data of recorded)
    for (const outcome of mutate(
      data,
      judge,
      (field) => known(field) || others.has(field),
      (field) => skip(field) || (outcomes.get(field)?.noticed ?? null) !== null,
    ))
      outcomes.set(outcome.field, outcome);
  const all = [...outcomes.values()];
  return {
    silent: all
      .filter(({ field, noticed }) => noticed === null && !known(field) && !others.has(field))
      .map(({ field }) => field),
    noticed: all.flatMap(({ field, noticed }) =>
      noticed !== null && known(field) ? [`${field}: ${noticed.by.join(", ")}`] : [],
    ),
    unknown: written.filter((one) => all.every(({ field }) => !covers(one, field))),
  };
}
