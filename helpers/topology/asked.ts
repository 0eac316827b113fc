import type { ContainerCreateOptions, HostConfig, NetworkCreateOptions } from "dockerode";

/** What the engine was asked to create a container with. */
export interface AskedContainer {
  readonly networkMode: string | null;
  readonly hostname: string | null;
  readonly create: Omit<ContainerCreateOptions, "abortSignal">;
  readonly host: HostConfig;
}

/** What the engine was asked to create a network with. */
export type AskedNetwork = Omit<NetworkCreateOptions, "abortSignal">;

/**
 * What this process asked for, by the id that it got. Whoever looks why a requirement failed compares it with what the
 * engine says it made: between the two there may be somebody who alters requests.
 */
const containers = new Map<string, AskedContainer>();
const networks = new Map<string, AskedNetwork>();

export function rememberContainer(id: string, asked: AskedContainer): void {
  containers.set(id, asked);
}

export function rememberNetwork(id: string, asked: AskedNetwork): void {
  networks.set(id, asked);
}

/** Null for what others created. */
export function askedContainer(id: string): AskedContainer | null {
  return containers.get(id) ?? null;
}

/** Null for what others created. */
export function askedNetwork(id: string): AskedNetwork | null {
  return networks.get(id) ?? null;
}
