import type { Claims, EffectiveValues, FileProblem, NetworkConfiguration } from "./configuration-facts.ts";

/** What is known about the engine and its host before a suite runs: the input of every expectation. Plain data: it crosses into the test workers as JSON. */
export interface Facts {
  readonly engine: {
    readonly id: string;
    /** `20.10.24+dfsg1` */
    readonly version: string;
    /** `1.41` */
    readonly apiVersion: string;
    readonly os: string;
    readonly kernel: string;
    readonly architecture: string;
    readonly hostname: string;
    readonly cpus: number;
    readonly memoryBytes: number;
    readonly rootless: boolean;
    readonly usernsRemap: boolean;
    /**
     * Rootless, and its networks lie in another network namespace than dockerd, which stays in its user's (RootlessKit's
     * `--detach-netns`): containers in host mode don't see them.
     */
    readonly networksDetached: boolean;
    /** `iptables`, `iptables+firewalld`, `nftables`, or `` where the engine does not say (before 28.1). */
    readonly firewallBackend: string;
    /** `docker info` Plugins.Network */
    readonly networkPlugins: readonly string[];
    /** `inactive`, `pending`, `active`, `locked`, `error` */
    readonly swarmState: string;
    /** The engine's words where it is not as it has to be; mostly empty. */
    readonly swarmError: string;
    /** Its swarm has other nodes. */
    readonly swarmOthers: boolean;
    /** Default address pools as `docker info` gives them; empty = the engine's built-in pools. */
    readonly addressPools: readonly { readonly base: string; readonly size: number }[];
  };
  /** Networking keys as `daemon.json` and dockerd's flags claim them, merged. Absent key = not set, the default holds. */
  readonly configuration: NetworkConfiguration;
  /** Where each claim comes from; empty without the host's view. */
  readonly claims?: Claims;
  /** The keys as the engine itself tells them. */
  readonly effective?: EffectiveValues;
  /** The file that this dockerd reads; missing without the host's view. */
  readonly configurationFile?: ConfigurationFileFacts;
  /**
   * Keys of the file beside those of networks that `docker info` tells, and whether the engine has them as they stand
   * there. Never their values: the address of a registry may hold a password.
   */
  readonly othersInForce?: Readonly<Record<string, boolean>>;
  /** Null when the host's own view could not be taken. */
  readonly host: HostFacts | null;
  /** The default bridge network as `network inspect` gives it; null with `"bridge": "none"`. */
  readonly defaultBridge: DefaultBridgeFacts | null;
  /** Why the host's view is missing, for the reports; empty when it is there. */
  readonly hostViewMissing: string;
  /** The run may change the host itself (namespaces, routes, dockerd): only a lab says so. */
  readonly disposable?: boolean;
  /** The run may make a network although dockerd then turns forwarding on: only whoever started it says so. */
  readonly allowsForwarding?: boolean;
  /** A second Docker host on the same network, where one is at hand. */
  readonly secondHost?: SecondHostFacts;
  /** Where engines may be started, configured and killed at will; only a lab says so. */
  readonly lab?: LabFacts;
}

/** `daemon.json` as it lies on the engine's host. */
export interface ConfigurationFileFacts {
  /** In dockerd's own mount namespace. */
  readonly path: string;
  readonly present: boolean;
  /** When its content was last written, ISO 8601; null where it is not there. */
  readonly modifiedAt: string | null;
  /** When it was last written, put in place, or given another owner or mode (ctime): a copy may keep an older `modifiedAt`. */
  readonly changedAt: string | null;
  readonly problems: readonly FileProblem[];
}

export interface LabFacts {
  /** `DOCKER_HOST` of the engine whose containers the lab's hosts are. */
  readonly dockerHost: string;
  /** The lab's engine version that is judged, `28.5`. */
  readonly version: string;
}

export interface SecondHostFacts {
  /** `DOCKER_HOST` of its engine. */
  readonly dockerHost: string;
  readonly facts: Facts;
  readonly images: Readonly<Record<"busybox" | "nginx", string>>;
}

export interface HostLink {
  readonly name: string;
  readonly index: number;
  readonly kind: string;
}

/** The networks whose containers are behind a bridge and the host's NAT. */
export type BridgeKind = "default bridge" | "user-defined network";

/** Where a host meets the network beyond it, as the kernel answers for the way there. */
export interface Uplink {
  readonly interface: string;
  /** The host's own address there. */
  readonly address: string;
  /** Next hop; empty where there is none: a tunnel, a link without a router. */
  readonly gateway: string;
}

export interface HostFacts {
  readonly hostname: string;
  /** Links present before the run. */
  readonly links: readonly HostLink[];
  /** Every IPv4/IPv6 address with prefix, `192.0.2.2/24`, with its interface. */
  readonly addresses: readonly {
    readonly interface: string;
    readonly address: string;
    readonly prefix: number;
    readonly scope: string;
  }[];
  /** Destination CIDRs of all IPv4 routes of all tables except local ones; `default` is left out. */
  readonly routes: readonly string[];
  /** Its place on its network in IPv4; null where none stands out. */
  readonly uplink: Uplink | null;
  /** The same in IPv6. */
  readonly uplink6?: Uplink | null;
  /** Nameservers, search domains and options dockerd would copy: of `/etc/resolv.conf`, or of systemd-resolved's upstream file where that one names only its stub. */
  readonly resolver: ResolverFile & {
    /**
     * What `/etc/resolv.conf` itself says, where dockerd reads another file for the default bridge: for networks of the
     * user's it reads that one, stub and all, because its own resolver asks from the host. Missing where they are one.
     */
    readonly own?: ResolverFile;
    /** The file that dockerd reads them from; null where there is none. */
    readonly file?: string | null;
    /** Lines of that file that say nothing to anybody, as they stand. */
    readonly skipped?: readonly string[];
  };
  /** Whether the kernel gives interfaces IPv6 addresses (`net.ipv6.conf.all.disable_ipv6`). */
  readonly ipv6Enabled: boolean;
  /** Whether lo has ::1, which many keep where they switch IPv6 off; as `ipv6Enabled` where nobody looked. */
  readonly ipv6Loopback?: boolean;
  readonly ipForward: boolean;
  /** net.ipv4.ip_local_port_range, inclusive. */
  readonly ephemeralPorts: readonly [number, number];
  /**
   * Switches of the kernel that dockerd needs or sets, as they stood before the run's first network: a file below
   * /proc/sys and its value, `net/ipv6/conf/all/forwarding` → `1`.
   */
  readonly switches?: Readonly<Record<string, string>>;
  /** net.bridge.bridge-nf-call-iptables; null where the module is not loaded. */
  readonly bridgeNfCallIptables: boolean | null;
  /** Inode texts of the host's namespaces, `net:[4026531840]`. */
  readonly namespaces: Readonly<Record<string, string>>;
  /** Tools found in dockerd's mount namespace. */
  readonly tools: {
    readonly iptablesSave: boolean;
    readonly iproute2: boolean;
    readonly ipNetns: boolean;
    readonly tcpdump?: boolean;
    /** Tables that iptables does not list, `ip filter`: somebody added to them with nft what it has no words for. */
    readonly refusedTables?: readonly string[];
  };
  /** dockerd's pid as the host's pid namespace has it; null when not found. */
  readonly dockerdPid: number | null;
  readonly dockerdFlags: readonly string[];
  /** When dockerd started, ISO 8601, a second exact; null when not found. */
  readonly dockerdStartedAt?: string | null;
  /** Ports bound on the host at the start, tcp and udp. */
  readonly boundPorts: readonly number[];
  /** What the host's own packet filter denies by default of what is sent to the host itself, in words; null for nothing. */
  readonly defaultDenial?: string | null;
  /** The networks whose containers that denial was found to keep off the host's own listeners; missing where nobody asked. */
  readonly keepsOut?: readonly BridgeKind[];
  /** The networks whose containers it gives no answer to a ping; missing where nobody asked. */
  readonly ignoresPings?: readonly BridgeKind[];
}

/** What a resolv.conf of the host's says. */
export interface ResolverFile {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
  /** What dockerd before 26.0 takes of it where it writes a container's file anew; the same where it is missing. */
  readonly rewritten?: { readonly search: readonly string[]; readonly options: readonly string[] };
}

export interface DefaultBridgeFacts {
  readonly id: string;
  /** Device name, `docker0` unless configured. */
  readonly device: string;
  readonly subnet: string;
  readonly gateway: string;
  readonly options: Readonly<Record<string, string>>;
  readonly ipv6: boolean;
}

/** A route of the host that no Docker bridge brought. */
export interface HostRoute {
  /** `10.8.0.0/24` */
  readonly destination: string;
  readonly device: string;
  /** The destination is on the device's own link: no gateway between. */
  readonly onLink: boolean;
  /** Routing table; `main` unless the kernel says another one. */
  readonly table: string;
}

/** What the host has beside what the engine tells, and what a diff of two runs or a rehearsal asks for. */
export interface HostStanding {
  readonly routes: readonly HostRoute[];
  /** Policy of the filter table's FORWARD chain; empty where the host has no iptables. */
  readonly forwardPolicy: string;
  /** `v1.8.9 (nf_tables)`; empty where the host has no iptables. */
  readonly iptables: string;
  /** MTU per link. */
  readonly mtus: Readonly<Record<string, number>>;
}
