import type { CostFacts } from "../model/cost-facts.ts";
import type { NetworkRecord } from "../model/engine-answers.ts";
import type { Facts } from "../model/facts.ts";
import type { Link } from "../probes/links.ts";
import type { IpLink } from "../probes/parse/parse-ip-address.ts";
import type { IpRoute } from "../probes/parse/parse-ip-route.ts";
import type { PermanentNeighbour } from "../probes/parse/parse-proc-net-arp.ts";
import type { KernelRoute } from "../probes/parse/parse-proc-net-route.ts";
import type { KernelSocket } from "../probes/parse/parse-proc-net-tcp.ts";
import type { Way } from "../probes/parse/parse-route-get.ts";
import type { Firewall as Filters } from "./firewall/index.ts";
import type { Table } from "./firewall/model.ts";
import type { IpsecPolicy } from "./ipsec.ts";

/**
 * The host and containers and networks at one moment: what the engine says, and what the kernel has. Of a container
 * nothing is taken that does not concern its network: no environment, no command line, no mounts, no labels but those by
 * which compose and Swarm group.
 */
export interface LivingSnapshot {
  readonly facts: Facts;
  /** Whose containers these are: those of a run end with it, and nothing that mends one alone is worth typing. */
  readonly whose: "everybody" | "run";
  /** When the look began, by the clock of the engine's host, in seconds. */
  readonly began: number;
  /** Of everybody: all but those of this project's runs. */
  readonly containers: readonly LivingContainer[];
  readonly networks: readonly NetworkRecord[];
  /** What is not judged here: what the kernel has of it is nobody's leftover. */
  readonly beside: BesideThings;
  /** What restarting dockerd would cost; null where the engine does not tell. */
  readonly costs: CostFacts | null;
  /** Null where the host can't be looked at. */
  readonly host: LivingHost | null;
  /** The insides of the overlay networks that running containers are on. */
  readonly overlays: readonly LivingOverlay[];
  /** What the name servers of running containers said to the host; empty where it could not ask. */
  readonly upstreams: Readonly<Record<string, ServerAnswer>>;
}

/** What others than those that are judged have on the engine meanwhile. */
export interface BesideThings {
  readonly addresses: readonly string[];
  readonly subnets: readonly string[];
  readonly devices: readonly string[];
  readonly hostPorts: readonly number[];
}

export type ContainerStatus = "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";

/** Somebody's container, as far as its network goes. */
export interface LivingContainer {
  readonly id: string;
  readonly name: string;
  /** Compose project or Swarm stack; null where it is of none. */
  readonly project: string | null;
  /** A task of a Swarm service. */
  readonly isTask: boolean;
  readonly status: ContainerStatus;
  /** The engine's own words about why it does not run, where its network is why; mostly empty. */
  readonly error: string;
  /** It has run at least once. */
  readonly everRan: boolean;
  /** Host's process number of its main process; 0 where it does not run. */
  readonly pid: number;
  /** `no`, `always`, `on-failure`, `unless-stopped`. */
  readonly restartPolicy: string;
  /** As it was asked for: `bridge`, `host`, `none`, `container:<id>`, a network's name. */
  readonly networkMode: string;
  /** NET_ADMIN or privileged: what its own namespace holds, it may have changed itself. */
  readonly administersNetwork: boolean;
  /** Its runtime (gVisor, Kata) has a network stack of its own, and leaves the kernel's namespace as it needs it. */
  readonly ownStack: boolean;
  readonly endpoints: readonly LivingEndpoint[];
  /** What the engine says is published now. */
  readonly ports: readonly LivingPort[];
  /** What was asked to be published. */
  readonly bindings: readonly AskedBinding[];
  /** Values of the kernel's for its network that it was given (`--sysctl`); absent for none. */
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Name servers that it was given (`--dns`). */
  readonly dns: readonly string[];
  /** Inodes of the sockets that its processes have, of one in host mode; absent where nobody asked, null where they can't be told. */
  readonly heldSockets?: readonly number[] | null;
  /** What its network namespace holds; null where it does not run or could not be read. */
  readonly inside: LivingInside | null;
}

/** A container's attachment to a network, as the engine says; texts are empty where there is none of the kind. */
export interface LivingEndpoint {
  readonly network: string;
  readonly networkId: string;
  readonly endpointId: string;
  readonly address: string;
  readonly prefix: number;
  readonly gateway: string;
  readonly address6: string;
  readonly prefix6: number;
  readonly gateway6: string;
  readonly mac: string;
  /** Addresses that its user asked for. */
  readonly asked: readonly string[];
}

/** One host port that leads to one container port. */
export interface LivingPort {
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly containerPort: number;
  /** `0.0.0.0` and `::` are every address of that family. */
  readonly hostAddress: string;
  readonly hostPort: number;
}

export interface AskedBinding {
  readonly protocol: string;
  readonly containerPort: number;
  readonly hostAddress: string;
  /** `` for one that the engine chooses, `8000-8010` for one of a range. */
  readonly hostPort: string;
}

/** A container's network namespace, read by its main process's number. */
export interface LivingInside {
  /** `net` → `net:[4026532444]` */
  readonly namespaces: Readonly<Record<string, string>>;
  readonly addresses: readonly IpLink[];
  /** Its default routes of the main tables. */
  readonly defaults: readonly DefaultRoute[];
  /** All IPv4 routes of its main table. */
  readonly mainRoutes: readonly KernelRoute[];
  /** All IPv6 routes of every table but the local one. */
  readonly routes6: readonly KernelRoute[];
  /** Policy rules beside those that every kernel starts with: lines of `ip rule` and of `ip -6 rule`. */
  readonly rules: readonly string[];
  readonly rules6: readonly string[];
  /** Of the kernel's own tables those that no policy rule has every packet ask, by family. */
  readonly unasked: readonly KernelTable[];
  readonly unasked6: readonly KernelTable[];
  /** By which way the kernel sends what is for somebody beyond all networks, by each family that was asked. */
  readonly waysOut: readonly WayOut[];
  /** Neighbours that were written by hand; of IPv6 where the container has such an address. */
  readonly neighbours: readonly PermanentNeighbour[];
  /** Network sysctls by their path below /proc/sys/net. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Its policies of IPsec. */
  readonly policies: readonly IpsecPolicy[];
  /** Sockets that wait for somebody. */
  readonly sockets: readonly KernelSocket[];
  /** Its packet filter, of every family; null where it could not be listed or nobody asked. */
  readonly tables: readonly Table[] | null;
  /** The rules that lead to the engine's resolver, of an engine with the nftables backend; null with iptables. */
  readonly resolverRules: readonly string[] | null;
  /** Text of the files that the engine made for it; null where there is none. */
  readonly resolvConf: string | null;
  readonly hostsFile: string | null;
}

/** What an overlay network is on this host: a namespace of its own, with a bridge and a VXLAN device in it. */
export interface LivingOverlay {
  readonly networkId: string;
  /** Null where the namespace is not there. */
  readonly links: readonly OverlayLink[] | null;
}

export interface OverlayLink {
  readonly name: string;
  readonly index: number;
  readonly up: boolean;
  /** Name of the bridge that it is a port of. */
  readonly master: string | null;
  /** `bridge`, `vxlan`, `veth`; empty for others. */
  readonly kind: string;
  /** VXLAN network identifier; null for other kinds. */
  readonly vni: number | null;
}

/** A table of routes that the kernel's own policy rules have every packet ask: of its addresses, or of the main routes. */
export type KernelTable = "local" | "main";

export interface DefaultRoute {
  readonly family: 4 | 6;
  /** Null where the whole world is on the link. */
  readonly gateway: string | null;
  readonly interface: string;
}

export interface WayOut {
  readonly family: 4 | 6;
  /** Null where the kernel refuses. */
  readonly way: Way | null;
}

/** What came of one question from the host to a name server. */
export interface ServerAnswer {
  readonly answers: boolean;
  /** `NOERROR after 3 ms`, `timed out`. */
  readonly detail: string;
}

/** A port of a bridge as /sys shows it. */
export interface BridgePort {
  readonly name: string;
  readonly hairpin: boolean;
  readonly isolated: boolean;
  readonly learning: boolean;
  readonly flood: boolean;
  readonly broadcastFlood: boolean;
  /** 3 = forwarding. */
  readonly state: number;
  /** Its number on its bridge; 0 where the kernel does not tell. */
  readonly number: number;
}

/** A line of a bridge's forwarding table that no frame has to confirm: written by hand, or the bridge's own. */
export interface ForwardingEntry {
  readonly bridge: string;
  readonly mac: string;
  /** Number of the port that its frames are sent to. */
  readonly port: number;
  /** Its frames are for the host itself. */
  readonly local: boolean;
}

/** Which hardware address a packet to an address gets on a device. */
export interface Neighbour {
  readonly address: string;
  readonly device: string;
  readonly mac: string;
}

/** A docker-proxy by its command line. */
export interface ProxyProcess {
  readonly protocol: string;
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerIp: string;
  readonly containerPort: number;
  /** Stopped by a signal: it holds its port and answers nobody. */
  readonly halted: boolean;
}

/** The engine's host. */
export interface LivingHost {
  readonly links: readonly Link[];
  readonly addresses: readonly IpLink[];
  readonly ports: readonly BridgePort[];
  /** Ports of bridges that take frames of senders alone whom their forwarding table has at that port. */
  readonly lockedPorts: readonly string[];
  /** Bridges whose VLAN filtering is on. */
  readonly vlanFiltering: readonly string[];
  /** Network namespaces that the engine keeps for containers, and in which nothing runs, by their files' names. */
  readonly emptyNamespaces: readonly string[];
  /** Of all tables but the local one. */
  readonly routes: readonly IpRoute[];
  /** Policy rules beside those that every kernel starts with: lines of `ip rule` and of `ip -6 rule`. */
  readonly rules: readonly string[];
  readonly rules6: readonly string[];
  /** Of the kernel's own tables those that no policy rule has every packet ask, by family; none where no rules could be read. */
  readonly unasked: readonly KernelTable[];
  readonly unasked6: readonly KernelTable[];
  /** Its policies of IPsec. */
  readonly policies: readonly IpsecPolicy[];
  readonly sysctls: Readonly<Record<string, string>>;
  /** What somebody wrote into its neighbour table by hand: the kernel asks nobody for these. */
  readonly neighbours: readonly Neighbour[];
  /** Of every bridge's forwarding table what has no age. */
  readonly forwarding: readonly ForwardingEntry[];
  /** Those that wait for somebody. */
  readonly sockets: readonly KernelSocket[];
  readonly proxies: readonly ProxyProcess[];
  /** Command lines of the engines that run in this host's network namespace, this one among them. */
  readonly engines: readonly string[];
  /** Every packet filter of the host: all families and variants; null where it could not be asked. */
  readonly filters: Filters | null;
  /** `address` → device that the kernel sends to it by, or the kernel's error. Of own containers on bridges. */
  readonly ways: Readonly<Record<string, string>>;
}

/** A container that has a network namespace to be judged. */
export function runs({ status }: Pick<LivingContainer, "status">): boolean {
  return status === "running" || status === "paused";
}

/** The container whose namespace a container in mode `container:…` joins; null where it joins none or an unknown one. */
export function joinedBy(
  containers: readonly LivingContainer[],
  { networkMode }: Pick<LivingContainer, "networkMode">,
): LivingContainer | null {
  const joined = /^container:(.+)$/.exec(networkMode)?.[1];
  if (joined === undefined) return null;
  return containers.find(({ id, name }) => id === joined || name === joined || id.startsWith(joined)) ?? null;
}

/** Its network namespace is another's: the host's or another container's. */
export function sharesNetwork({ networkMode }: Pick<LivingContainer, "networkMode">): boolean {
  return networkMode === "host" || networkMode.startsWith("container:");
}
