import { EXIT } from "../engine/errors.ts";
import type { Card } from "../model/cause.ts";
import type { RunVerdict } from "../model/run-verdict.ts";
import { outcomeText } from "../report/compact.ts";
import { countOf } from "../report/plain-text.ts";
import type { CompactResults } from "../report/schema/compact.ts";

/** From so many judged hosts that are alike on, the one that differs from most of them is an outlier. */
const ENOUGH_TO_DIFFER = 3;

/** One host of a fleet, as far as the report of all needs it. */
export interface FleetHost {
  readonly name: string;
  readonly verdict: RunVerdict;
  /** One sentence; of a host without results why there are none. */
  readonly summary: string;
  /** When it was judged, ISO 8601; null where it was not. */
  readonly startedAt: string | null;
  /** Words of the selection; empty where everything was asked for. */
  readonly selection: readonly string[];
  /** Keys of the causes that it has. */
  readonly causes: readonly string[];
  /** Failures that no cause explains. */
  readonly unexplained: readonly string[];
  /** From so many hosts that are alike, and the same to each other, its causes differ; 0: from none. */
  readonly differsFrom: number;
}

/** A cause with the hosts that have it; the card is the first one's. */
export interface FleetCause {
  readonly card: Card;
  readonly hosts: readonly string[];
}

/** Hosts with the same engine version, kernel and networking configuration. */
export interface FleetGroup {
  readonly version: string;
  readonly kernel: string;
  readonly configuration: Readonly<Record<string, unknown>> | null;
  readonly hosts: readonly string[];
  /** In what they differ from the largest group, in words; empty for that one. */
  readonly differs: readonly string[];
}

/** `fleet.json`: what many hosts came to. */
export interface Fleet {
  readonly verdict: RunVerdict;
  readonly summary: string;
  readonly exitCode: 0 | 1 | 2;
  /** Broken ones that differ from others like them first, then the worst. */
  readonly hosts: readonly FleetHost[];
  /** What most hosts have first. */
  readonly causes: readonly FleetCause[];
  /** The smallest first. */
  readonly groups: readonly FleetGroup[];
}

interface Row extends Omit<FleetHost, "differsFrom"> {
  readonly group: string | null;
  /** Docker's id of the engine; tells hosts of one name apart. */
  readonly id: string;
}

const WORST: readonly RunVerdict[] = ["not conformant", "not judged", "partial", "conformant"];

/** Takes hosts one after the other and keeps of each only what the report of all needs. */
export class FleetReport {
  readonly #rows = new Map<string, Row>();
  readonly #cards = new Map<string, Card>();
  readonly #groups = new Map<string, Pick<FleetGroup, "version" | "kernel" | "configuration">>();

  /**
   * Adds the results of a host. Of two results of one host the newer ones hold.
   * @param name as the user named it; null for results that were collected, which their host names itself
   */
  add(results: CompactResults, name: string | null): void {
    const { engine, verdict, startedAt, selection, cards, unexplained } = results;
    const own = engine === null ? `run ${results.runId}` : engine.hostname;
    const id = engine?.id ?? "";
    const key = name === null ? `${own} ${id}` : `named ${name}`;
    const known = this.#rows.get(key);
    if (known?.startedAt != null && Date.parse(known.startedAt) > Date.parse(startedAt)) return;
    for (const card of cards) if (!this.#cards.has(card.key)) this.#cards.set(card.key, card);
    this.#rows.set(key, {
      name: name ?? own,
      verdict,
      summary: outcomeText(results),
      startedAt,
      selection,
      causes: cards.map((card) => card.key),
      unexplained,
      id,
      group: this.#groupOf(results),
    });
  }

  /** Adds a host of which there are no results. @param why one sentence */
  addMissing(name: string, why: string): void {
    const nothing = { startedAt: null, selection: [], causes: [], unexplained: [], group: null, id: "" };
    this.#rows.set(`missing ${name}`, { name, verdict: "not judged", summary: why, ...nothing });
  }

  #groupOf({ engine, configuration }: CompactResults): string | null {
    if (engine === null) return null;
    const { version, kernel } = engine;
    const key = JSON.stringify([version, kernel, sorted(configuration)]);
    if (!this.#groups.has(key)) this.#groups.set(key, { version, kernel, configuration });
    return key;
  }

  /** The report of all that were added. */
  finish(): Fleet {
    const rows = namedApart([...this.#rows.values()]);
    const groups = this.#finishGroups(rows);
    const differing = outliers(rows);
    const hosts = rows
      .map(({ group: _group, id: _id, ...host }) => ({ ...host, differsFrom: differing.get(host.name) ?? 0 }))
      .toSorted(
        (a, b) =>
          Number(isOddOne(b)) - Number(isOddOne(a)) ||
          WORST.indexOf(a.verdict) - WORST.indexOf(b.verdict) ||
          a.name.localeCompare(b.name, "en", { numeric: true }),
      );
    const having = new Map<string, string[]>();
    for (const { name, causes } of hosts)
      for (const key of causes) {
        const names = having.get(key) ?? [];
        names.push(name);
        having.set(key, names);
      }
    const causes = [...having]
      .flatMap(([key, names]) => {
        const card = this.#cards.get(key);
        return card === undefined ? [] : [{ card, hosts: names }];
      })
      .toSorted((a, b) => b.hosts.length - a.hosts.length);
    return { ...judged(hosts), hosts, causes, groups };
  }

  #finishGroups(rows: readonly Row[]): FleetGroup[] {
    const members = Map.groupBy(rows, ({ group }) => group);
    const groups = [...this.#groups].map(([key, group]) => ({
      ...group,
      hosts: (members.get(key) ?? []).map(({ name }) => name),
    }));
    const present = groups.filter(({ hosts }) => hosts.length > 0).toSorted((a, b) => a.hosts.length - b.hosts.length);
    const largest = present.at(-1);
    return present.map((group) => ({ ...group, differs: largest === undefined ? [] : differences(group, largest) }));
  }
}

/** What is well beside broken ones is worth a word, and no place at the top. */
function isOddOne({ differsFrom, verdict }: FleetHost): boolean {
  return differsFrom > 0 && verdict === "not conformant";
}

/** Names that several hosts have get their engine's id. */
function namedApart(rows: readonly Row[]): Row[] {
  const byName = Map.groupBy(rows, ({ name }) => name);
  return rows.map((row, index) =>
    (byName.get(row.name)?.length ?? 0) < 2 ? row : { ...row, name: `${row.name} (${row.id || index + 1})` },
  );
}

/** By name of an outlier: how many hosts like it have another set of causes, which more than half of them share. */
function outliers(rows: readonly Row[]): Map<string, number> {
  const found = new Map<string, number>();
  const alike = Map.groupBy(
    rows.filter(({ group, verdict }) => group !== null && verdict !== "not judged"),
    ({ group }) => group,
  );
  const setOf = (row: Row) => JSON.stringify([row.causes.toSorted(), row.unexplained.toSorted()]);
  for (const members of alike.values()) {
    if (members.length < ENOUGH_TO_DIFFER) continue;
    const bySet = [...Map.groupBy(members, setOf).values()].toSorted((a, b) => b.length - a.length);
    const [most = [], ...others] = bySet;
    if (most.length * 2 <= members.length) continue;
    for (const row of others.flat()) found.set(row.name, most.length);
  }
  return found;
}

function judged(hosts: readonly FleetHost[]): Pick<Fleet, "verdict" | "summary" | "exitCode"> {
  const counted = WORST.flatMap((verdict) => {
    const count = hosts.filter((host) => host.verdict === verdict).length;
    return count === 0 ? [] : [{ verdict, count }];
  });
  const verdict = counted[0]?.verdict ?? "not judged";
  const part = hosts.filter(({ selection }) => selection.length > 0).length;
  const said = counted.map((one) => `${one.count} ${one.verdict}`).join(", ");
  return {
    verdict,
    summary: `${countOf(hosts.length, "host")}: ${said}${part === 0 ? "" : `; of ${part} only a part was judged`}.`,
    exitCode:
      verdict === "not conformant" ? EXIT.nonconformant : verdict === "not judged" ? EXIT.notJudged : EXIT.conformant,
  };
}

function differences(group: Omit<FleetGroup, "differs">, from: Omit<FleetGroup, "differs">): string[] {
  const value = (of: typeof group, key: string) => JSON.stringify(sorted(of.configuration?.[key])) ?? "not set";
  const keys = [...new Set([...Object.keys(group.configuration ?? {}), ...Object.keys(from.configuration ?? {})])];
  return [
    ...(group.version === from.version ? [] : [`engine ${group.version} instead of ${from.version}`]),
    ...(group.kernel === from.kernel ? [] : [`kernel ${group.kernel} instead of ${from.kernel}`]),
    ...(group.configuration === null && from.configuration !== null
      ? ["its configuration is not known"]
      : keys
          .filter((key) => value(group, key) !== value(from, key))
          .map((key) => `${key} ${value(group, key)} instead of ${value(from, key)}`)),
  ];
}

/** The same value with the keys of its objects in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
