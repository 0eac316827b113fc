import type { Inspected } from "../../../model/engine-answers.ts";
import { stateOf } from "../../../snapshot/container-state.ts";
import type { Table } from "../../../snapshot/firewall/model.ts";
import { readIptables } from "../../../snapshot/firewall/read-iptables.ts";
import { type RuleList, ruleList } from "../../../snapshot/firewall/rule-list.ts";
import type { ContainerState, HostState, InsideState, Snapshot } from "../../../snapshot/snapshot.ts";
import { printed } from "../../../snapshot/testing/printed-rules.ts";
import { recordedRun, runOf } from "./recorded-run.ts";

/** A healthy 28.5 with a run's containers in every mode, as a look at it brought it; a copy to be broken. */
export function healthy(): Breakable {
  const snapshot = runOf(recordedRun("28.5"));
  const listed = (tables: readonly Table[] | null | undefined): RuleList | null =>
    tables == null ? null : ruleList(tables);
  return {
    ...snapshot,
    host: snapshot.host && { ...snapshot.host, firewall: listed(snapshot.host.filters?.tables) },
    containers: snapshot.containers.map((container) => ({
      ...container,
      inside: container.inside && { ...container.inside, firewall: listed(container.inside.tables) },
    })),
  } as Breakable;
}

/** A look whose rules are a list, in which they are easily altered. */
export type Breakable = Omit<Writable<Snapshot>, "host" | "containers"> & {
  host: Writable<HostState & { readonly firewall: RuleList | null }> | null;
  containers: (Omit<Writable<ContainerState>, "inside"> & {
    inside: Writable<InsideState & { readonly firewall: RuleList | null }> | null;
  })[];
};

/** What a look takes twice, once more from what may have been altered: inspects, routes, and rules. */
export function seenAgain(snapshot: Breakable): Breakable {
  const { host } = snapshot;
  if (host !== null)
    Object.assign(host, {
      filters:
        host.firewall === null ? null : { ...host.filters, tables: tablesOf(host.filters?.tables, host.firewall) },
    });
  for (const container of snapshot.containers) {
    const { inside } = container;
    Object.assign(container, stateOf(container.inspected as Inspected, container as ContainerState));
    if (inside !== null)
      Object.assign(inside, {
        ...mainRoutesOf(inside),
        tables: inside.firewall === null ? null : tablesOf(inside.tables, inside.firewall),
      });
  }
  return snapshot;
}

/** Tables of iptables as the list has them, those of others as they were. */
function tablesOf(seen: readonly unknown[] | null | undefined, list: RuleList): Table[] {
  const others = ((seen ?? []) as Table[]).filter(({ program }) => program !== "iptables");
  return [...readIptables(printed(list), "iptables"), ...others];
}

/** The same as /proc/net/route shows it. */
function mainRoutesOf({
  routes,
  defaults,
}: Pick<InsideState, "routes" | "defaults">): Pick<InsideState, "defaults" | "mainRoutes"> {
  const mainRoutes = routes
    .filter(({ table, destination }) => table === undefined && !destination.includes(":"))
    .map(({ destination, gateway = null, interface: device = "" }) => {
      const [address = "", bits = "32"] = destination === "default" ? ["0.0.0.0", "0"] : destination.split("/");
      const flags = { up: true, gateway: gateway !== null, host: bits === "32", reject: false };
      return { interface: device, destination: address, prefix: Number(bits), gateway, metric: 0, flags };
    });
  return {
    mainRoutes,
    defaults: [
      ...mainRoutes.flatMap(({ prefix, gateway, interface: device }) =>
        prefix === 0 ? [{ family: 4 as const, gateway, interface: device }] : [],
      ),
      ...defaults.filter(({ family }) => family === 6),
    ],
  };
}

export type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T;
