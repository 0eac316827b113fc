import { afterAll } from "vitest";
import type { Demand, TopologyDemand } from "../model/demand.ts";
import type { NetworkSpec, TopologySpec } from "../topology/spec.ts";
import { type Started, Topology } from "../topology/topology.ts";
import { newRecording, recordAll, recordingInto } from "../vantage/recorder.ts";
import { whileStanding } from "./keep-standing.ts";
import { type Session, session } from "./session.ts";

/** What a requirement starts from: a running topology, or a stage that something has been done to. Obtained once, shared by many. */
export interface Given<T> {
  obtain(): Promise<T>;
  /** Names of its containers and networks on the engine; empty until it was obtained. */
  readonly scope: () => readonly string[];
  /** What it starts on the host under test, by the topology's name; missing for nothing. */
  readonly topologies?: Demand["topologies"];
}

/** Every container by its key, and every network under `networks`. */
type TopologyGiven<N extends string, C extends string> = Started<N, C>["containers"] & {
  readonly networks: Started<N, C>["networks"];
};

/**
 * Declares the containers and networks of a suite. They come up when the first selected requirement needs them and are
 * removed at the end of the file; requirements that aren't selected cost nothing.
 * @param on the host that they run on; the one under test unless said otherwise
 */
export function topology<const N extends string = never, const C extends string = never>(
  name: string,
  spec: TopologySpec<N, C>,
  on: "host under test" | "second host" = "host under test",
): Given<TopologyGiven<N, C>> {
  const lifecycle = new Topology(name, spec);
  let used = false;
  let names: readonly string[] = [];
  const networks = Object.values<NetworkSpec>(spec.networks ?? {});
  const demand: TopologyDemand = {
    containers: Object.keys(spec.containers ?? {}).length,
    fromPools: networks.filter(({ subnet }) => subnet === "automatic").length,
  };
  afterAll(async () => {
    if (!used) return;
    await whileStanding(names);
    await lifecycle.remove(await where(on));
  });
  return once(
    async () => {
      used = true;
      const { containers, networks } = await lifecycle.start(await where(on));
      names = [...Object.values<Named>(containers), ...Object.values<Named>(networks)].map(({ name }) => name);
      return { ...containers, networks } as TopologyGiven<N, C>;
    },
    { scope: () => names, ...(on === "second host" ? {} : { topologies: { [name]: demand } }) },
  );
}

interface Named {
  readonly name: string;
}

async function where(on: "host under test" | "second host"): Promise<Session> {
  const context = await session();
  return on === "second host" ? await context.secondHost() : context;
}

/**
 * Something done once to what is given, with what was observed afterwards; the requirements that start from the stage
 * share the observations and have them in their evidence.
 */
export function stage<G, T>(given: Given<G>, body: (value: G, session: Session) => Promise<T>): Given<T> {
  return once(async (context) => await body(await given.obtain(), context), given);
}

/** Nothing but the engine and its host. */
export const theEngine: Given<Session> = { obtain: session, scope: () => [] };

/** @param holds what stands on the engine while it is used */
function once<T>(body: (context: Session) => Promise<T>, holds: Omit<Given<T>, "obtain">): Given<T> {
  let outcome: Promise<T> | undefined;
  const recording = newRecording();
  return {
    scope: holds.scope,
    ...(holds.topologies === undefined ? {} : { topologies: holds.topologies }),
    async obtain() {
      outcome ??= session().then((context) => recordingInto(recording, () => body(context)));
      try {
        return await outcome;
      } finally {
        recordAll(recording);
      }
    },
  };
}
