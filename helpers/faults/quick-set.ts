import { exclusion, type LabEngine, labEngines } from "../lab/engine-versions.ts";
import type { Demand } from "../model/demand.ts";
import type { CatalogueEntry } from "../model/results.ts";
import type { QuickSet } from "../run/quick-index.ts";
import type { Fault } from "./fault.ts";

/** A requirement as the set is computed from it. */
export type Candidate = Pick<CatalogueEntry, "id" | "file" | "needs"> & Demand;

/** The share of an engine's faults that has to be caught. */
export const SHARE = 0.95;

/** What is started or asked costs time; in the time that one container takes. */
const COST = { file: 1, topology: 1, container: 1, requirement: 0.25, quietFile: 12 };

/** A fault on one engine. */
interface Case {
  readonly engine: string;
  readonly catchers: readonly Candidate[];
}

/**
 * The fewest containers whose requirements see the most of the known faults: chosen greedily, as for a weighted set
 * cover. Again and again the one that catches the most faults not
 * yet caught for what it starts, until of each engine's faults enough are caught; then those are left out that the
 * others make superfluous. The same catalogue gives the same set.
 * @param faults those of the catalogue; counted are those that strike one host as a whole
 */
export function quickSet(
  faults: readonly Fault[],
  catalogue: readonly Candidate[],
  engines: readonly LabEngine[] = labEngines(""),
): QuickSet {
  const cases = engines.flatMap((engine) => casesOn(engine, faults, catalogue));
  const goal = new Map(engines.map(({ version }) => [version, Math.ceil(SHARE * casesOf(cases, version).length)]));
  const wanting = (chosen: ReadonlySet<Candidate>): readonly Case[] => {
    const missed = cases.filter(({ catchers }) => !catchers.some((one) => chosen.has(one)));
    const short = [...goal].filter(
      ([version, due]) => casesOf(cases, version).length - casesOf(missed, version).length < due,
    );
    return missed.filter(({ engine }) => short.some(([version]) => version === engine));
  };
  // What runs on the host already is judged by one look, which starts nothing.
  const looked = catalogue.filter(({ file }) => file.startsWith("suites/workloads/"));
  const chosen = new Set(looked);
  for (let missed = wanting(chosen); missed.length > 0; missed = wanting(chosen)) chosen.add(best(missed, chosen));
  for (const one of [...chosen].filter((each) => !looked.includes(each)).toSorted((a, b) => alone(b) - alone(a))) {
    chosen.delete(one);
    if (wanting(chosen).length > 0) chosen.add(one);
  }
  const share = ({ version }: LabEngine) => {
    const all = casesOf(cases, version);
    const caught = all.filter(({ catchers }) => catchers.some((one) => chosen.has(one)));
    return [version, { faults: all.length, caught: caught.length }] as const;
  };
  return {
    ids: [...chosen].map(({ id }) => id).toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })),
    engines: Object.fromEntries(engines.map(share)),
  };
}

const casesOf = (cases: readonly Case[], version: string) => cases.filter(({ engine }) => engine === version);

function casesOn(engine: LabEngine, faults: readonly Fault[], catalogue: readonly Candidate[]): Case[] {
  const judged = catalogue.filter((one) => isOfOneHost(one) && exclusion(engine, one) === null);
  return faults
    .filter((fault) => strikesHost(fault) && exclusion(engine, fault) === null)
    .map(({ caughtBy }) => judged.filter(({ id }) => caughtBy.includes(id)))
    .filter((catchers) => catchers.length > 0)
    .map((catchers) => ({ engine: engine.version, catchers }));
}

/** What strikes a host as a whole: what befalls one container of a suite can befall that suite alone. */
function strikesHost({ strike, layer, secondHost }: Fault): boolean {
  const whole = strike.when === "before the engine" || strike.when === "before the topology";
  // Another program before `ip` on the PATH alters what a person builds by hand, and no container's network.
  return whole && layer !== "namespaces" && secondHost !== true;
}

function isOfOneHost({ needs }: Candidate): boolean {
  return !needs.includes("lab") && !needs.includes("second host");
}

function best(missed: readonly Case[], chosen: ReadonlySet<Candidate>): Candidate {
  const catches = new Map<Candidate, number>();
  for (const { catchers } of missed) for (const one of catchers) catches.set(one, (catches.get(one) ?? 0) + 1);
  const worth = ([one, count]: readonly [Candidate, number]) => count / further(one, chosen);
  const [first] = [...catches].toSorted((a, b) => worth(b) - worth(a) || a[0].id.localeCompare(b[0].id, "en"));
  if (first === undefined) throw new Error("a fault that nothing catches can't be covered");
  return first[0];
}

/** What a requirement costs beside those that are chosen already. */
function further(one: Candidate, chosen: ReadonlySet<Candidate>): number {
  const others = [...chosen].filter(({ file }) => file === one.file);
  const started = new Set(others.flatMap(({ topologies = {} }) => Object.keys(topologies)));
  const starts = Object.entries(one.topologies ?? {}).filter(([name]) => !started.has(name));
  const file = others.length > 0 ? 0 : one.file.includes(".quiet.") ? COST.quietFile : COST.file;
  return (
    COST.requirement +
    file +
    starts.reduce((sum, [, { containers }]) => sum + COST.topology + COST.container * containers, 0)
  );
}

function alone(one: Candidate): number {
  return further(one, new Set());
}
