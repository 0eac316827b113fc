/** What of the kernel's network sysctls a packet of containers meets on its way, and the values that end it there. */

/** A network's bridge, as far as values are about it. */
export interface ConsultingBridge {
  readonly name: string;
  readonly device: string;
  readonly internal: boolean;
  readonly families: readonly (4 | 6)[];
}

/** A value with which the kernel keeps packets from where they are to go. */
export interface StoppingValue {
  /** With dots; of a device where the device alone has it, `default` where every new device gets it. */
  readonly name: string;
  readonly seen: string;
  readonly right: string;
  readonly family: 4 | 6;
  /** What follows from it, a part of a sentence. */
  readonly does: string;
  /** What a question has to be about for this to explain it. */
  readonly topics: readonly string[];
  /** Whether it is about what the host itself answers, which a hardened one may well not: nothing of containers' is cut. */
  readonly ofHostAlone: boolean;
  /** Whether the device has lost its addresses by it, and does not get them back when it is set right. */
  readonly takesAddresses: boolean;
  /** The lines that set it, for the devices that are there and those to come. */
  readonly commands: readonly string[];
}

interface Consulted {
  readonly family: 4 | 6;
  /** Below /proc/sys/net: what stands before and behind the device's name. */
  readonly tree: string;
  readonly key: string;
  readonly ends: (value: number) => boolean;
  readonly right: string;
  readonly does: string;
  readonly topics: readonly string[];
  /** The kernel takes the larger of the device's and that of `all`. */
  readonly largest?: true;
  /** Not of networks that are closed to the outside. */
  readonly forwards?: true;
  readonly takesAddresses?: true;
}

/** From this value of arp_ignore on the kernel answers nobody (its ip-sysctl documentation). */
export const NO_ANSWER = 8;

const OF_BRIDGES: readonly Consulted[] = [
  {
    family: 4,
    tree: "ipv4/conf",
    key: "forwarding",
    ends: (value) => value === 0,
    right: "1",
    does: "the kernel does not forward what comes from its containers, though ip_forward is on",
    topics: ["forward", "sysctl"],
    forwards: true,
  },
  {
    family: 4,
    tree: "ipv4/conf",
    key: "arp_ignore",
    ends: (value) => value >= NO_ANSWER,
    right: "0",
    does: "its gateway answers no ARP",
    topics: ["arp"],
    largest: true,
  },
  {
    family: 6,
    tree: "ipv6/conf",
    key: "disable_ipv6",
    ends: (value) => value === 1,
    right: "0",
    does: "its bridge has no IPv6 address, so its containers have no IPv6 gateway",
    topics: ["ipv6", "gateway"],
    takesAddresses: true,
  },
  ...([4, 6] as const).flatMap((family): Consulted[] => [
    {
      family,
      tree: `ipv${family}/neigh`,
      key: "mcast_solicit",
      ends: (value) => value === 0,
      right: "3",
      does: "the host asks nobody for the hardware addresses of its containers",
      topics: ["arp"],
    },
    {
      family,
      tree: `ipv${family}/neigh`,
      key: "unres_qlen_bytes",
      ends: (value) => value === 0,
      right: "212992",
      does: "what waits for a container's hardware address is thrown away",
      topics: ["arp"],
    },
  ]),
];

/** What is read of each device, by the tree it stands in: `ipv4/conf` → its keys. */
export const CONSULTED_PER_DEVICE: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [...Map.groupBy(OF_BRIDGES, ({ tree }) => tree)].map(([tree, all]) => [tree, all.map(({ key }) => key)]),
);

/** No way across the Internet has more routers, none of a site this many. */
const FEWEST_HOPS = 32;

/** Of a container's own network namespace: of its interfaces, and of it as a whole where no key's tree has devices. */
const OF_CONTAINERS: readonly Consulted[] = [
  {
    family: 4,
    tree: "ipv4/conf",
    key: "arp_ignore",
    ends: (value) => value >= NO_ANSWER,
    right: "0",
    does: "it answers nobody who asks for its hardware address",
    topics: ["arp"],
    largest: true,
  },
  ...([4, 6] as const).flatMap((family): Consulted[] => [
    {
      family,
      tree: `ipv${family}/neigh`,
      key: "mcast_solicit",
      ends: (value) => value === 0,
      right: "3",
      does: "it asks nobody for the hardware addresses of others",
      topics: ["arp"],
    },
    {
      family,
      tree: `ipv${family}/neigh`,
      key: "unres_qlen_bytes",
      ends: (value) => value === 0,
      right: "212992",
      does: "what waits for another's hardware address is thrown away",
      topics: ["arp"],
    },
  ]),
  {
    family: 4,
    tree: "ipv4",
    key: "ip_default_ttl",
    ends: (value) => value < FEWEST_HOPS,
    right: "64",
    does: "what it sends expires on its way (time to live)",
    topics: ["ttl", "time to live"],
  },
  {
    family: 6,
    tree: "ipv6/conf",
    key: "hop_limit",
    ends: (value) => value < FEWEST_HOPS,
    right: "64",
    does: "what it sends expires on its way (hop limit, time to live)",
    topics: ["ttl", "time to live"],
  },
];

/** Trees with a folder a device. */
const HAS_DEVICES = /\/(conf|neigh)$/;

/** What is read in a container's network namespace: paths below /proc/sys/net, as patterns of the shell. */
export const CONSULTED_INSIDE: string = OF_CONTAINERS.map(
  ({ tree, key }) => `${tree}/${HAS_DEVICES.test(tree) ? "*/" : ""}${key}`,
).join(" ");

/** A value in a container's namespace with which its kernel keeps packets from where they are to go. */
export type StoppingInside = Pick<StoppingValue, "name" | "seen" | "right" | "family" | "does" | "topics">;

/**
 * The values that end what a container sends or gets.
 * @param sysctls of its network namespace, by their path below /proc/sys/net
 * @param devices its interfaces that are of a network, with the families that it has there
 */
export function valuesInside(
  sysctls: Sysctls,
  devices: readonly { readonly device: string; readonly families: readonly (4 | 6)[] }[],
): StoppingInside[] {
  return OF_CONTAINERS.flatMap(({ family, tree, key, ends, right, does, topics, largest }) => {
    const concerned = devices.filter(({ families }) => families.includes(family)).map(({ device }) => device);
    if (concerned.length === 0) return [];
    const paths = HAS_DEVICES.test(tree)
      ? [...(largest ? ["all"] : []), ...concerned].map((device) => `${tree}/${device}/${key}`)
      : [`${tree}/${key}`];
    const path = paths.find((one) => sysctls[one] !== undefined && ends(Number(sysctls[one])));
    if (path === undefined) return [];
    return [{ name: `net.${path.replaceAll("/", ".")}`, seen: sysctls[path] ?? "", right, family, does, topics }];
  });
}

/** Seconds by which a connection is forgotten before its answer can have come. */
const TOO_SOON = 1;
/** Until its answer has come, and the kernel's own numbers. */
const TIMEOUTS: Readonly<Record<string, string>> = {
  nf_conntrack_icmp_timeout: "30",
  nf_conntrack_udp_timeout: "30",
  nf_conntrack_tcp_timeout_syn_sent: "120",
  nf_conntrack_tcp_timeout_syn_recv: "60",
};

/** Lets programs bind addresses that the host does not have. */
export const NONLOCAL_BIND = "ipv4/ip_nonlocal_bind";

/** What is read of the host as a whole. */
export const CONSULTED_OF_HOST: readonly string[] = [
  NONLOCAL_BIND,
  "ipv6/icmp/echo_ignore_all",
  ...Object.keys(TIMEOUTS).map((name) => `netfilter/${name}`),
];

type Sysctls = Readonly<Record<string, string>>;

/** Whether what goes from port to port of a bridge passes the packet filter of IP. @param sysctls by their path below /proc/sys/net */
export function filtersBridged(sysctls: Sysctls, family: 4 | 6): boolean {
  return sysctls[`bridge/bridge-nf-call-${family === 4 ? "iptables" : "ip6tables"}`] === "1";
}

/** The values that end packets of one bridge network. @param sysctls by their path below /proc/sys/net */
export function valuesAgainst(sysctls: Sysctls, bridge: ConsultingBridge): StoppingValue[] {
  return OF_BRIDGES.filter(
    ({ family, forwards }) =>
      bridge.families.includes(family) && !(forwards && (bridge.internal || sysctls["ipv4/ip_forward"] !== "1")),
  ).flatMap(({ family, tree, key, ends, right, does, topics, largest, takesAddresses = false }): StoppingValue[] => {
    const at = (device: string): string | undefined => sysctls[`${tree}/${device}/${key}`];
    const isWrong = (device: string): boolean => {
      const value = at(device);
      return value !== undefined && ends(Number(value));
    };
    const place = [...(largest ? ["all"] : []), bridge.device].find(isWrong);
    if (place === undefined) return [];
    // What every new device gets is what is to be mended: the next network has it again.
    const from = place === bridge.device && isWrong("default") ? "default" : place;
    const name = `net.${tree.replaceAll("/", ".")}.${from}.${key}`;
    const there = `for d in /proc/sys/net/${tree}/docker0 /proc/sys/net/${tree}/br-*; do [ -e $d ] && echo ${right} >$d/${key}; done; true`;
    return [
      {
        name,
        seen: at(from) ?? "",
        right,
        family,
        does: `${does} (network ${bridge.name})`,
        topics,
        ofHostAlone: false,
        takesAddresses,
        commands: [`sysctl -w ${name}=${right}`, ...(from === "default" ? [there] : [])],
      },
    ];
  });
}

/** The values that end packets of every network. */
export function valuesOfHost(sysctls: Sysctls): StoppingValue[] {
  const found: StoppingValue[] = [];
  const say = (
    path: string,
    right: string,
    family: 4 | 6,
    does: string,
    topics: readonly string[],
    ofHostAlone = false,
  ): void => {
    const name = `net.${path.replaceAll("/", ".")}`;
    const seen = sysctls[path] ?? "";
    const commands = [`sysctl -w ${name}=${right}`];
    found.push({ name, seen, right, family, does, topics, ofHostAlone, takesAddresses: false, commands });
  };
  if (sysctls["ipv6/icmp/echo_ignore_all"] === "1")
    say("ipv6/icmp/echo_ignore_all", "0", 6, "the host answers no ping by IPv6", ["ping", "icmp"], true);
  for (const [key, right] of Object.entries(TIMEOUTS)) {
    const value = sysctls[`netfilter/${key}`];
    if (value !== undefined && Number(value) <= TOO_SOON)
      say(
        `netfilter/${key}`,
        right,
        4,
        `connections are forgotten after ${value} s, before their answers have come: those are not translated back`,
        ["nat", "masquerade", "dnat", "conntrack", key.includes("icmp") ? "ping" : "name"],
      );
  }
  return found;
}
