import type { SwitchKey } from "./version-switches.ts";

/** What a topology takes of the engine. */
export interface TopologyDemand {
  readonly containers: number;
  /** Subnets of the engine's address pools. */
  readonly fromPools: number;
}

/** What has to be known of a requirement before anything starts. */
export interface Demand {
  /** Engines that it holds for. */
  readonly since?: SwitchKey;
  readonly until?: SwitchKey;
  /** What it starts on the host under test, by the topology's name; missing for nothing. */
  readonly topologies?: Readonly<Record<string, TopologyDemand>>;
}
