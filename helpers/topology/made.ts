import type { ImageRole } from "../engine/images.ts";
import type { Inspected } from "../model/engine-answers.ts";
import type { AskedContainer, AskedNetwork } from "./asked.ts";

/** A container of a topology as it was made, for whoever wants to make it again. */
export interface MadeContainer {
  /** Its key in the topology. */
  readonly key: string;
  readonly name: string;
  readonly id: string;
  readonly image: ImageRole;
  readonly asked: AskedContainer;
  /** It stays when it stops. */
  readonly restartable: boolean;
  /** Shell lines that ran in it before it answered questions. */
  readonly prelude: readonly string[];
  /** Names of the networks that it was connected to once it ran, in this order. */
  readonly connected: readonly string[];
  /** What the engine said of it when it was asked last. */
  readonly inspected: () => Inspected;
}

/** A network of a topology as it was made. */
export interface MadeNetwork {
  readonly key: string;
  readonly name: string;
  readonly id: string;
  readonly asked: AskedNetwork;
  /** The IPv4 subnet that it got. */
  readonly subnet: string;
}

/** By their names, which are one run's own. */
const containers = new Map<string, MadeContainer>();
const networks = new Map<string, MadeNetwork>();

export function rememberMadeContainer(made: MadeContainer): void {
  containers.set(made.name, made);
}

export function rememberMadeNetwork(made: MadeNetwork): void {
  networks.set(made.name, made);
}

/** They are gone: another one may have their addresses now. @param ids of containers and networks */
export function forgetMade(ids: readonly string[]): void {
  for (const made of [containers, networks]) for (const [name, { id }] of made) if (ids.includes(id)) made.delete(name);
}

/** Every container of the topologies of this process that are up. */
export function madeContainers(): readonly MadeContainer[] {
  return [...containers.values()];
}

/** Every network of the topologies of this process that are up. */
export function madeNetworks(): readonly MadeNetwork[] {
  return [...networks.values()];
}
