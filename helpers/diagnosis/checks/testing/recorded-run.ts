import { readFileSync } from "node:fs";
import { type Saved, savedOf, tablesOf } from "../../../audits/testing/recorded.ts";
import { stateOf } from "../../../snapshot/container-state.ts";
import type { ContainerState, HostState, InsideState, Snapshot } from "../../../snapshot/snapshot.ts";

/** A look at a run's own containers as it is kept: JSON, packet filters as their programs print them. */
export interface RecordedRun extends Omit<Snapshot, "host" | "containers"> {
  readonly containers: readonly (Pick<ContainerState, "inspected" | "asked"> & {
    readonly inside: (Omit<InsideState, "tables"> & { readonly filters: Saved | null }) | null;
  })[];
  readonly host: Omit<HostState, "filters">;
  readonly filters: Saved;
}

const FOLDER = new URL("../captured/", import.meta.url);
/** Engines whose looks are kept. */
export const RECORDED_VERSIONS = ["28.5", "20.10"] as const;

/** A healthy run on an engine of the lab; a copy to be altered. */
export function recordedRun(version: (typeof RECORDED_VERSIONS)[number]): RecordedRun {
  return JSON.parse(readFileSync(new URL(`run-${version}.snapshot`, FOLDER), "utf8")) as RecordedRun;
}

/** The look that was recorded. @throws UnreadableOutput where a rule can't be read */
export function runOf({ containers, host, filters, ...rest }: RecordedRun): Snapshot {
  return {
    ...rest,
    containers: containers.map(({ inspected, asked, inside }) =>
      stateOf(inspected, { asked, inside: inside === null ? null : insideOf(inside) }),
    ),
    host: { ...host, filters: { tables: tablesOf(filters), unread: [] } },
  };
}

function insideOf({ filters, ...rest }: NonNullable<RecordedRun["containers"][number]["inside"]>): InsideState {
  return { ...rest, tables: filters === null ? null : tablesOf(filters) };
}

/** What is kept of a look. @throws where nobody could look at the host */
export function recordedRunOf({ containers, host, ...rest }: Snapshot): RecordedRun {
  if (host?.filters == null) throw new Error("the host was not looked at");
  const { filters, ...shown } = host;
  return {
    ...rest,
    containers: containers.map(({ inspected, asked, inside }) => {
      if (inside === null) return { inspected, asked, inside };
      const { tables, ...others } = inside;
      return { inspected, asked, inside: { ...others, filters: tables === null ? null : savedOf(tables) } };
    }),
    host: shown,
    filters: savedOf(filters.tables),
  };
}
