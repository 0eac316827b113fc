import { type Alteration, type Mutant, mutantsOf } from "./mutants.ts";

/** What became of the mutants of one field. */
export interface FieldOutcome {
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
 * @param survivors fields that are known to be noticed by nobody
 * @param skip fields that are not asked
 */
export function mutate<Data extends object>(
  data: Data,
  judge: (data: Data) => ReadonlySet<string>,
  survivors: ReadonlySet<string>,
  skip: (field: string) => boolean = () => false,
): FieldOutcome[] {
  const before = judge(data);
  const fields = Map.groupBy(
    mutantsOf(data, nameless).filter(({ field }) => !skip(field)),
    ({ field }) => field,
  );
  return [...fields].map(([field, all]) => {
    const mutants = byTurns(all);
    const tried = survivors.has(field) ? mutants.slice(0, OF_SURVIVORS) : mutants;
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
  return /(^|\.)(ways|upstreams|sets|maps|Labels|Networks|Containers|Ports|PortBindings)$/.test(parent) ? "*" : key;
}
