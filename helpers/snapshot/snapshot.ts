import { bridgeDeviceName } from "../expectations/user-network.ts";
import type { Inspected, ListedContainer, NetworkRecord } from "../model/engine-answers.ts";
import type { Link } from "../probes/links.ts";
import type { IpRoute } from "../probes/parse/parse-ip-route.ts";
import type { AskedContainer, AskedNetwork } from "../topology/asked.ts";
import type { DockerCommand } from "./docker-command.ts";
import type { FrontProgram } from "./front-programs.ts";
import type { LivingContainer, LivingHost, LivingInside, LivingSnapshot } from "./living.ts";

/** The same of the run's own containers, with more of each: they are asked from inside, and what they were to be is known. */
export interface Snapshot extends LivingSnapshot {
  /** Own networks, the default bridge, and every other network that an own container is on. */
  readonly networks: readonly NetworkRecord[];
  /** What the engine says when it is asked for all at once. */
  readonly lists: Lists;
  /** What networks were to be created with, by id; without those that another process created. */
  readonly asked: Readonly<Record<string, AskedNetwork>>;
  /** Own containers that run. */
  readonly containers: readonly ContainerState[];
  /** Null where the host can't be looked at. */
  readonly host: HostState | null;
  /** Of the machine that runs the suites; null where there is none. */
  readonly dockerCommand: DockerCommand | null;
}

/** The engine's lists, and what asking for one by one brought beside them. */
export interface Lists {
  readonly networks: readonly NetworkRecord[];
  /** The run's own that run. */
  readonly containers: readonly Pick<ListedContainer, "Id" | "HostConfig" | "NetworkSettings" | "Ports">[];
  /** Ids by which the engine knew nothing when asked for that one. */
  readonly unknown: readonly string[];
  /** The engine's words about a network that there is not, and the name that it was asked for; null where it said none. */
  readonly refusal: { readonly asked: string; readonly said: string } | null;
}

/** One running container. */
export interface ContainerState extends LivingContainer {
  readonly inspected: Inspected;
  /** What it was to be created with; null when another process created it. */
  readonly asked: AskedContainer | null;
  /** What its namespaces hold; null where they can't be looked into. */
  readonly inside: InsideState | null;
}

/** What a container's namespaces hold. */
export interface InsideState extends LivingInside {
  readonly links: readonly Link[];
  readonly macvlans: readonly MacvlanLink[];
  /** Main table and others but the local one. */
  readonly routes: readonly IpRoute[];
  /** Of its UTS namespace. */
  readonly hostname: string;
}

/** A macvlan interface; where its parent lies in another namespace, the kernel gives a number. */
export interface MacvlanLink {
  readonly name: string;
  readonly parent: string;
  /** `bridge`, `private`, `vepa`, `passthru`. */
  readonly mode: string;
}

/** What a run's own containers need known of the host beside that. */
export interface HostState extends LivingHost {
  /** Its own, not the containers'. Empty where the look did not ask for them: no macvlan network is there. */
  readonly macvlans: readonly MacvlanLink[];
  /** Bridges whose forwarding table forgets at once. */
  readonly agelessBridges: readonly string[];
  readonly namespaces: Readonly<Record<string, string>>;
  /** Programs that are scripts or setuid where the PATH finds them first. */
  readonly frontPrograms: readonly FrontProgram[];
  /** Numbers of the queues that programs read packets from. */
  readonly queues: readonly number[];
}

/** The device of a bridge network on the host. */
export function deviceOf(network: Pick<NetworkRecord, "Id" | "Options">): string {
  return bridgeDeviceName(network.Id, network.Options ?? {});
}

/** The IPv4 range of a network; empty texts where there is none. */
export function ipv4Range(network: Pick<NetworkRecord, "IPAM">): { readonly subnet: string; readonly gateway: string } {
  const config = (network.IPAM.Config ?? []).find(({ Subnet }) => Subnet?.includes(".") ?? false);
  return { subnet: config?.Subnet ?? "", gateway: config?.Gateway?.split("/")[0] ?? "" };
}

/** A container's attachments by network name. */
export function endpointsOf({ inspected }: Pick<ContainerState, "inspected">) {
  return Object.entries(inspected.NetworkSettings.Networks ?? {}).map(([name, settings]) => ({ name, settings }));
}

/** A container's own ports (`80/tcp`) that a port of the host leads to. */
export function portsBehind({ inspected }: Pick<ContainerState, "inspected">, hostPort: number): string[] {
  return Object.entries(inspected.NetworkSettings.Ports ?? {}).flatMap(([port, bindings]) =>
    (bindings ?? []).some(({ HostPort }) => HostPort === String(hostPort)) ? [port] : [],
  );
}

/** Whether a name, as it is looked up, is a container's. */
export function answersTo(container: ContainerState, name: string): boolean {
  const plain = name.replace(/\.$/, "");
  return (
    plain !== "" &&
    [
      container.name,
      container.id.slice(0, 12),
      ...endpointsOf(container).flatMap(({ settings }) => [...(settings.Aliases ?? []), ...(settings.DNSNames ?? [])]),
    ].includes(plain)
  );
}

/** The engine calls the default network `default` or `bridge`, by its version. */
export function modeOf(networkMode: string | null | undefined): string {
  return networkMode == null || networkMode === "" || networkMode === "default" ? "bridge" : networkMode;
}

/** The container whose network a mode `container:…` joins, by id or name; null where it joins none, or an unknown one. */
export function joinedBy(containers: readonly ContainerState[], networkMode: string | null | undefined) {
  const joined = /^container:(.+)$/.exec(networkMode ?? "")?.[1];
  return containers.find(({ id, name }) => id === joined || name === joined) ?? null;
}

/** Bridge networks of a snapshot with what is asked about them all the time. */
export function bridgesOf({ networks }: Pick<Snapshot, "networks">) {
  return networks
    .filter(({ Driver }) => Driver === "bridge")
    .map((network) => {
      const options = network.Options ?? {};
      const mode = options["com.docker.network.bridge.gateway_mode_ipv4"] ?? "nat";
      return {
        network,
        name: network.Name,
        device: deviceOf(network),
        ...ipv4Range(network),
        internal: network.Internal,
        icc: options["com.docker.network.bridge.enable_icc"] !== "false",
        masquerade: options["com.docker.network.bridge.enable_ip_masquerade"] !== "false" && mode === "nat",
        /** The usual way of a bridge network; others (`routed`, `isolated`) have other rules. */
        usual: mode === "nat" && options["com.docker.network.host_ipv4"] === undefined,
        mtu: Number(options["com.docker.network.driver.mtu"] ?? 1500),
      };
    });
}

export type BridgeNetwork = ReturnType<typeof bridgesOf>[number];
