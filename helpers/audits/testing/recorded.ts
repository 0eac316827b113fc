import { readdirSync, readFileSync } from "node:fs";
import { factsOf } from "../../model/captured/facts.ts";
import type { NetworkConfiguration } from "../../model/configuration-facts.ts";
import type { Program, Table } from "../../snapshot/firewall/model.ts";
import { isOfIptables } from "../../snapshot/firewall/place-text.ts";
import { readIptables } from "../../snapshot/firewall/read-iptables.ts";
import type { LivingContainer, LivingHost, LivingInside, LivingSnapshot } from "../../snapshot/living.ts";

/** Packet filters as `iptables-save` and its like print them, by program, a line each. */
export type Saved = Readonly<Record<string, readonly string[]>>;

/** A look at a lab host as it is kept: JSON, its packet filters as their programs print them. */
export interface Recorded extends Omit<LivingSnapshot, "facts" | "host" | "containers"> {
  readonly version: string;
  readonly configuration: NetworkConfiguration;
  readonly containers: readonly (Omit<LivingContainer, "inside"> & {
    readonly inside: (Omit<LivingInside, "tables"> & { readonly filters: Saved | null }) | null;
  })[];
  readonly host: Omit<LivingHost, "filters">;
  readonly filters: Saved;
}

const FOLDER = new URL("../captured/", import.meta.url);

/** Looks at lab hosts of several engine versions, each with many kinds of containers and networks; copies to be altered. */
export function recordedHosts(): { readonly name: string; readonly recorded: Recorded }[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".snapshot"))
    .toSorted()
    .map((name) => ({ name, recorded: JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Recorded }));
}

/** The look that was recorded. @throws UnreadableOutput where a rule can't be read */
export function lookOf({ version, configuration, containers, host, filters, ...rest }: Recorded): LivingSnapshot {
  return {
    ...rest,
    facts: factsOf(version, configuration),
    containers: containers.map(({ inside, ...container }) => ({
      ...container,
      inside: inside === null ? null : insideOf(inside),
    })),
    host: { ...host, filters: { tables: tablesOf(filters), unread: [] } },
  };
}

function insideOf({ filters, ...rest }: NonNullable<Recorded["containers"][number]["inside"]>): LivingInside {
  return { ...rest, tables: filters === null ? null : tablesOf(filters) };
}

/** What these programs print, read. @throws UnreadableOutput where a rule can't be read */
export function tablesOf(saved: Saved): Table[] {
  return Object.entries(saved).flatMap(([program, lines]) => readIptables(`${lines.join("\n")}\n`, program as Program));
}

/** What is kept of a look. @throws where nobody could look at the host */
export function recordedOf({ facts, containers, host, ...rest }: LivingSnapshot): Recorded {
  if (host?.filters == null) throw new Error("the host was not looked at");
  const { filters, ...shown } = host;
  return {
    version: facts.engine.version,
    configuration: facts.configuration,
    ...rest,
    containers: containers.map(({ inside, ...container }) => {
      if (inside === null) return { ...container, inside };
      const { tables, ...others } = inside;
      return { ...container, inside: { ...others, filters: tables === null ? null : savedOf(tables) } };
    }),
    host: shown,
    filters: savedOf(filters.tables),
  };
}

/** Those of iptables, without what they have counted. */
export function savedOf(tables: readonly Table[]): Saved {
  const programs = Map.groupBy(tables.filter(isOfIptables), ({ program }) => program);
  return Object.fromEntries([...programs].map(([program, all]) => [program, all.flatMap(linesOf)]));
}

function linesOf({ name, chains }: Table): string[] {
  return [
    `*${name}`,
    ...chains.map((chain) => `:${chain.name} ${chain.base?.policy.toUpperCase() ?? "-"} [0:0]`),
    ...chains.flatMap(({ rules }) => rules.map(({ text }) => text)),
    "COMMIT",
  ];
}
