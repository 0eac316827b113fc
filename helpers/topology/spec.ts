import type { ImageRole } from "../engine/images.ts";
import type { Facts } from "../model/facts.ts";

/** A network of a topology, as data. */
export interface NetworkSpec {
  readonly driver: "bridge" | "macvlan";
  /**
   * `automatic`: the engine chooses from its pools. A number: a subnet of our own with this prefix length, which
   * overlaps nothing on this host (default 24). An object: the range as it stands.
   */
  readonly subnet: "automatic" | number | IpamRange;
  /**
   * Where in an own subnet gateway, range and reserved addresses lie; called with the chosen subnet. A `Subnet` in the
   * answer is asked for in its place: the same range in another notation.
   */
  readonly layout?: (subnet: string) => Partial<IpamRange>;
  /** With a subnet of its own for private use: before Engine 27.0 the engine chooses none. */
  readonly ipv6?: boolean;
  readonly internal?: boolean;
  /** Driver options; a function is given the facts, for an option that names something of the host. */
  readonly options?: Readonly<Record<string, string>> | ((facts: Facts) => Readonly<Record<string, string>>);
  readonly labels?: Readonly<Record<string, string>>;
  readonly attachable?: boolean;
}

/** One IPAM range as the Engine's API takes it. */
export interface IpamRange {
  readonly Subnet: string;
  readonly IPRange?: string;
  readonly Gateway?: string;
  readonly AuxiliaryAddresses?: Readonly<Record<string, string>>;
}

/** Where a container's network comes from: a key of the topology's networks, or one of the engine's own modes. */
export type Attachment<N extends string> = N | "default" | "bridge" | "none" | "host" | ExistingNetwork;

/** A network that is there already, by its name: `network:NAME`. */
export type ExistingNetwork = `network:${string}`;

/** A running container, as far as another one's options may refer to it. */
export interface Addressed {
  /** Its IPv4 address on a network: a key of the topology, or `bridge`. */
  addressOn(network: string): string;
}

/** A container of a topology, as data. */
export interface ContainerSpec<N extends string = string> {
  readonly image: ImageRole;
  /** Network at start; several = the first at start, the others connected before anything is asked. Default: no option at all. */
  readonly on?: Attachment<N> | readonly Attachment<N>[];
  /** Key of the container whose network namespace it joins (`--network container:X`). */
  readonly joins?: string;
  /** How the joined container is named to the engine; by id unless said otherwise. */
  readonly joinsBy?: "id" | "name";
  /** Keys of containers that must run before this one is created (order of address allocation). */
  readonly after?: readonly string[];
  /** `--ip`; a function is called with the subnet of the container's first network. */
  readonly ip?: string | ((subnet: string) => string);
  readonly aliases?: readonly string[];
  readonly hostname?: string;
  /** `--dns`; a function is given the running containers that `after` names, for a name server of the same topology. */
  readonly dns?: readonly string[] | ((started: (key: string) => Addressed) => readonly string[]);
  readonly dnsSearch?: readonly string[];
  readonly dnsOptions?: readonly string[];
  readonly extraHosts?: readonly string[];
  /**
   * `docker run -p` forms (`80`, `8080:80`, `127.0.0.1::80`, `53/udp`); `free` as host port = one that nobody uses. A
   * function is called with the facts, for forms that name an address of the host.
   */
  readonly publish?: readonly string[] | ((facts: Facts) => readonly string[]);
  readonly publishAll?: boolean;
  /** EXPOSE beside what the image says. */
  readonly expose?: readonly string[];
  /** Capabilities beyond the probes' NET_RAW. */
  readonly capabilities?: readonly string[];
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Shell lines that run before the container answers questions: start a server, write a file. */
  readonly prelude?: readonly string[];
  /** False: of the nginx image only the program is wanted, and the prelude starts it. */
  readonly webServer?: false;
  /** Kept after it stops, for stages that stop and start it again; else the engine removes it when it ends. */
  readonly restartable?: boolean;
  /** Further fields for the rare question: merged into the create body, and into its HostConfig. */
  readonly create?: Readonly<Record<string, unknown>>;
  readonly hostConfig?: Readonly<Record<string, unknown>>;
}

export interface TopologySpec<N extends string, C extends string> {
  readonly networks?: Readonly<Record<N, NetworkSpec>>;
  readonly containers: Readonly<Record<C, ContainerSpec<N>>>;
}

/** A user-defined bridge network; with a subnet of our own unless told otherwise. */
export function bridge(spec: Partial<Omit<NetworkSpec, "driver">> = {}): NetworkSpec {
  return { driver: "bridge", subnet: 24, ...spec };
}

/** A macvlan network; its parent goes into `options` (`(facts) => ({ parent: … })`). */
export function macvlan(spec: Partial<Omit<NetworkSpec, "driver">> = {}): NetworkSpec {
  return { driver: "macvlan", subnet: 24, ...spec };
}

/** A BusyBox container that answers questions; on the default bridge without any option unless told otherwise. */
export function busybox<const N extends string = never>(spec: Omit<ContainerSpec<N>, "image"> = {}): ContainerSpec<N> {
  return { image: "busybox", ...spec };
}

/**
 * An nginx container; answers every HTTP request on port 80, and on every TCP port that it publishes, with one line: its own name, the address and port that it
 * was asked at, and the address and port that it saw as the client's (see `parseWebAnswer`).
 */
export function nginx<const N extends string = never>(spec: Omit<ContainerSpec<N>, "image"> = {}): ContainerSpec<N> {
  return { image: "nginx", ...spec };
}
