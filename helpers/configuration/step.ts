import type { NetworkConfiguration } from "../model/configuration-facts.ts";
import type { Facts, HostStanding } from "../model/facts.ts";

/** Where the running dockerd keeps its containers, images and networks. */
export interface Store {
  readonly root: string;
  readonly driver: string;
}

/** A network of the host, this project's own left out. */
export interface HostNetwork {
  readonly name: string;
  readonly driver: string;
  /** Name of its bridge on the host; empty for other drivers. */
  readonly device: string;
  readonly subnets: readonly { readonly subnet: string; readonly gateway: string }[];
  readonly internal: boolean;
  readonly ipv6: boolean;
  readonly options: Readonly<Record<string, string>>;
  /** The compose project it belongs to; empty without one. */
  readonly project: string;
}

/** A container of the host, this project's own left out. */
export interface HostContainer {
  readonly name: string;
  readonly running: boolean;
  /** `no`, `always`, `unless-stopped`, `on-failure`. */
  readonly restart: string;
  readonly networks: readonly string[];
  /** Published ports as they were asked for; `hostIp` is empty where nobody chose one. */
  readonly ports: readonly { readonly hostIp: string; readonly hostPort: string; readonly containerPort: string }[];
  readonly project: string;
}

/** What a rehearsal knows of the host that the candidate is meant for. */
export interface HostSituation {
  readonly facts: Facts;
  readonly standing: HostStanding;
  /** Its packet filter's rules, each as the command that makes it; empty where they can't be read. */
  readonly rules: readonly string[];
  readonly networks: readonly HostNetwork[];
  readonly containers: readonly HostContainer[];
  /** Whether the running dockerd has live-restore on: that, and not the file, decides what its next stop does. */
  readonly liveRestore: boolean;
  readonly store: Store;
}

/** From which configuration to which: file and flags merged, either way. */
export interface Step {
  readonly before: NetworkConfiguration;
  readonly after: NetworkConfiguration;
}

/** Containers on the default bridge. */
export function onDefaultBridge({ containers }: Pick<HostSituation, "containers">): readonly HostContainer[] {
  return containers.filter(({ networks }) => networks.includes("bridge"));
}

/** Networks that people made, of the bridge driver. */
export function userBridges({ networks }: Pick<HostSituation, "networks">): readonly HostNetwork[] {
  return networks.filter(({ driver, name }) => driver === "bridge" && name !== "bridge");
}

/** Whether a key has another value after the step. */
export function differs(step: Step, key: keyof NetworkConfiguration): boolean {
  return JSON.stringify(step.before[key]) !== JSON.stringify(step.after[key]);
}

/** Whether a key gets this value by the step. */
export function becomes<K extends keyof NetworkConfiguration>(
  step: Step,
  key: K,
  value: NetworkConfiguration[K],
): boolean {
  return step.after[key] === value && step.before[key] !== value;
}
