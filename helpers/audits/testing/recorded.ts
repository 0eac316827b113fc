import { readdirSync, readFileSync } from "node:fs";
import { factsOf } from "../../model/captured/facts.ts";
import type { NetworkConfiguration } from "../../model/configuration-facts.ts";
import type { Program } from "../../snapshot/firewall/model.ts";
import { readIptables } from "../../snapshot/firewall/read-iptables.ts";
import type { RuleList } from "../../snapshot/firewall/rule-list.ts";
import type { LivingContainer, LivingHost, LivingInside, LivingSnapshot } from "../../snapshot/living.ts";
import { printed } from "../../snapshot/testing/printed-rules.ts";

/** A look at a lab host as it is kept: JSON, its packet filters as `iptables-save` and its like print them. */
export interface Recorded extends Omit<LivingSnapshot, "facts" | "host" | "containers"> {
  readonly version: string;
  readonly configuration: NetworkConfiguration;
  readonly containers: readonly (Omit<LivingContainer, "inside"> & {
    readonly inside: (Omit<LivingInside, "tables"> & { readonly firewall: RuleList | null }) | null;
  })[];
  readonly host: Omit<LivingHost, "filters">;
  readonly filters: Readonly<Record<string, readonly string[]>>;
}

const FOLDER = new URL("../captured/", import.meta.url);

/** Looks at lab hosts of several engine versions, each with many kinds of containers and networks; copies to be altered. */
export function recordedHosts(): { readonly name: string; readonly recorded: Recorded }[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".snapshot"))
    .toSorted()
    .map((name) => ({ name, recorded: JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Recorded }));
}

/** What was not asked yet when the looks were recorded. */
const UNASKED: Pick<LivingInside, "routes6" | "rules" | "rules6" | "waysOut"> = {
  routes6: [],
  rules: [],
  rules6: [],
  waysOut: [],
};
const UNASKED_OF_HOST: Pick<LivingHost, "forwarding"> = { forwarding: [] };

/** The look that was recorded. @throws UnreadableOutput where a rule can't be read */
export function lookOf({ version, configuration, containers, host, filters, ...rest }: Recorded): LivingSnapshot {
  const tables = Object.entries(filters).flatMap(([program, lines]) =>
    readIptables(`${lines.join("\n")}\n`, program as Program),
  );
  return {
    ...rest,
    facts: factsOf(version, configuration),
    containers: containers.map(({ inside, ...container }) => ({
      ...container,
      inside: inside === null ? null : insideOf(inside),
    })),
    host: { ...UNASKED_OF_HOST, ...host, filters: { tables, unread: [] } },
  };
}

function insideOf({ firewall, ...rest }: NonNullable<Recorded["containers"][number]["inside"]>): LivingInside {
  return { ...UNASKED, ...rest, tables: firewall === null ? null : readIptables(printed(firewall), "iptables") };
}
