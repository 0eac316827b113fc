import type { NetworkKeyName } from "../model/configuration-facts.ts";
import type { SwitchKey } from "../model/version-switches.ts";

/** What a networking key's value is in `daemon.json`. */
export type KeyKind = "text" | "boolean" | "list" | "number" | "pools" | "driver options";

/** Whose networking a key changes. */
export type KeyScope =
  /** Only `docker0` (or the bridge that stands for it) and its containers. */
  | "default bridge"
  /** Networks that are created from now on, never the default bridge or those that are there. */
  | "new networks"
  /** Every container of the engine. */
  | "every network"
  /** The engine itself: how it starts, restarts and filters. */
  | "engine";

/** A networking key of `daemon.json`. */
export interface NetworkKey {
  readonly kind: KeyKind;
  readonly scope: KeyScope;
  /** dockerd's flag of the same option, without dashes; undefined where it is the key's own name. */
  readonly flag?: string;
  /** The switch of behaviour that brought it; undefined = every engine that is judged has it. */
  readonly since?: SwitchKey;
  /** What holds without it, in words. */
  readonly otherwise: string;
  /** What it does, in words. */
  readonly effect: string;
  /** What can show its effect, as words of `npm test -- …`: suites and requirement ids, the nearest first. */
  readonly influences: readonly string[];
  /** The requirements that judge it by devices, files and packets, not by what the engine says; none: nothing does on a working host. */
  readonly observedBy: readonly string[];
}

/** Every networking key of `daemon.json` that this project knows. What is not here stays unread (registries, proxies, credentials). */
export const NETWORK_KEYS = {
  bip: {
    kind: "text",
    scope: "default bridge",
    otherwise: "docker0 takes the first free subnet of the pools, or keeps the one it has",
    effect: "address and prefix of docker0, and with them subnet and gateway of the default bridge",
    influences: ["default-bridge", "inspect", "nat"],
    observedBy: ["BRIDGE-36", "BRIDGE-11"],
  },
  bip6: {
    kind: "text",
    scope: "default bridge",
    since: "daemon-json-of-28",
    otherwise: "docker0 takes an IPv6 subnet of the pools, if IPv6 is on",
    effect: "IPv6 address and prefix of docker0",
    influences: ["default-bridge", "inspect"],
    observedBy: ["CONF-36"],
  },
  bridge: {
    kind: "text",
    scope: "default bridge",
    flag: "bridge",
    otherwise: "docker0, made and kept by dockerd",
    effect: "a bridge of the host's own stands for docker0; `none`: there is no default bridge at all",
    influences: ["default-bridge", "network-list", "inspect"],
    observedBy: ["BRIDGE-34", "INSPECT-23"],
  },
  "fixed-cidr": {
    kind: "text",
    scope: "default bridge",
    otherwise: "containers get any free address of the default bridge's subnet",
    effect: "range from which containers on the default bridge get their addresses",
    influences: ["default-bridge", "inspect"],
    observedBy: ["BRIDGE-05"],
  },
  "fixed-cidr-v6": {
    kind: "text",
    scope: "default bridge",
    otherwise: "a unique local prefix since 28.0; before, `ipv6` can't do without this key",
    effect: "IPv6 subnet of the default bridge, if IPv6 is on",
    influences: ["default-bridge", "inspect"],
    observedBy: ["CONF-37"],
  },
  "default-gateway": {
    kind: "text",
    scope: "default bridge",
    otherwise: "docker0's own address",
    effect: "default route of containers on the default bridge",
    influences: ["default-bridge", "inspect"],
    observedBy: ["BRIDGE-11"],
  },
  "default-gateway-v6": {
    kind: "text",
    scope: "default bridge",
    otherwise: "docker0's own IPv6 address",
    effect: "IPv6 default route of containers on the default bridge",
    influences: ["default-bridge", "inspect"],
    observedBy: [],
  },
  mtu: {
    kind: "number",
    scope: "default bridge",
    otherwise: "1500",
    effect: "MTU of docker0 and of eth0 of its containers; user-defined networks keep theirs",
    influences: ["default-bridge", "inspect", "user-defined-bridge"],
    observedBy: ["BRIDGE-10", "BRIDGE-29", "BRIDGE-39", "CONF-30"],
  },
  dns: {
    kind: "list",
    scope: "every network",
    otherwise: "the host's own nameservers",
    effect:
      "nameservers of containers on the default bridge and in host mode; upstreams of 127.0.0.11 on user-defined networks",
    influences: ["host-configuration", "dns"],
    observedBy: ["HOSTCFG-17", "INSPECT-49", "CONF-31"],
  },
  "dns-opts": {
    kind: "list",
    scope: "every network",
    flag: "dns-opt",
    otherwise: "the host's own options",
    effect: "resolver options of every container",
    influences: ["host-configuration"],
    observedBy: ["INSPECT-50"],
  },
  "dns-search": {
    kind: "list",
    scope: "every network",
    otherwise: "the host's own search domains",
    effect: "search domains of every container; `.` alone: none",
    influences: ["host-configuration", "dns"],
    observedBy: ["INSPECT-51"],
  },
  icc: {
    kind: "boolean",
    scope: "default bridge",
    otherwise: "containers on the default bridge reach each other",
    effect: "false: a DROP between the default bridge's ports; user-defined networks stay open",
    influences: ["default-bridge", "nat", "packet-paths", "container-joined"],
    observedBy: ["BRIDGE-48b", "NAT-16", "CONF-35"],
  },
  ip: {
    kind: "text",
    scope: "default bridge",
    otherwise: "0.0.0.0 and [::]",
    effect: "host address on which ports of the default bridge's containers are published when `-p` names none",
    influences: ["published-ports", "inspect", "nat"],
    observedBy: ["PORT-02", "PORT-08"],
  },
  "ip-forward": {
    kind: "boolean",
    scope: "engine",
    otherwise: "dockerd switches the host's IPv4 forwarding on",
    effect: "false: forwarding stays as the host has it; off, containers reach nothing beyond the host",
    influences: ["nat", "host"],
    observedBy: ["NAT-31"],
  },
  "ip-forward-no-drop": {
    kind: "boolean",
    scope: "engine",
    since: "daemon-json-of-28",
    otherwise: "dockerd closes FORWARD when it has switched forwarding on itself",
    effect: "true: FORWARD stays open then",
    influences: ["nat"],
    observedBy: [],
  },
  "ip-masq": {
    kind: "boolean",
    scope: "default bridge",
    otherwise: "what leaves the default bridge's subnet is masqueraded",
    effect: "false: containers leave the host under their own addresses",
    influences: ["nat", "packet-paths", "inspect"],
    observedBy: ["NAT-05", "CONF-34"],
  },
  iptables: {
    kind: "boolean",
    scope: "engine",
    otherwise: "dockerd makes and keeps its IPv4 rules",
    effect: "false: no rule at all; ports by docker-proxy alone, no masquerading, no isolation of bridges",
    influences: ["nat", "published-ports", "user-defined-bridge", "isolation"],
    observedBy: ["CONF-33"],
  },
  ip6tables: {
    kind: "boolean",
    scope: "engine",
    otherwise: "on since 27.0; before, off and experimental",
    effect: "IPv6 rules of dockerd; false: IPv6 ports by docker-proxy alone, IPv6 containers unfiltered",
    influences: ["published-ports", "nat"],
    observedBy: [],
  },
  ipv6: {
    kind: "boolean",
    scope: "default bridge",
    otherwise: "the default bridge has no IPv6",
    effect: "IPv6 on the default bridge",
    influences: ["default-bridge", "inspect", "host-configuration", "published-ports"],
    observedBy: ["INSPECT-06"],
  },
  "userland-proxy": {
    kind: "boolean",
    scope: "engine",
    otherwise: "a docker-proxy per published address and port",
    effect: "false: no docker-proxy; the host's loopback reaches ports by DNAT, hairpin on the bridges' ports",
    influences: ["published-ports", "nat"],
    observedBy: ["PORT-28", "NAT-04"],
  },
  "default-address-pools": {
    kind: "pools",
    scope: "new networks",
    flag: "default-address-pool",
    otherwise: "the engine's own pools: 172.17.0.0/16 to 172.31.0.0/16 and 192.168.0.0/16 in /20s",
    effect: "subnets of new networks, and of docker0 when `bip` is not set",
    influences: ["user-defined-bridge", "default-bridge", "network-list", "inspect"],
    observedBy: ["UDN-12"],
  },
  "default-network-opts": {
    kind: "driver options",
    scope: "new networks",
    flag: "default-network-opt",
    since: "default-network-options",
    otherwise: "new networks have only the options that they are created with",
    effect: "driver options of new networks, below what is asked for",
    influences: ["user-defined-bridge", "inspect"],
    observedBy: ["INSPECT-26", "CONNECT-10"],
  },
  "allow-direct-routing": {
    kind: "boolean",
    scope: "engine",
    since: "allow-direct-routing",
    otherwise: "packets that others route straight to a container's address are dropped in the raw table",
    effect: "true: no such drops; published container ports can be reached by route",
    influences: ["nat", "default-bridge"],
    observedBy: ["CONF-38"],
  },
  "host-gateway-ip": {
    kind: "text",
    scope: "every network",
    otherwise: "docker0's address",
    effect: "address that `--add-host name:host-gateway` stands for",
    influences: ["host-configuration"],
    observedBy: ["CONF-32"],
  },
  "host-gateway-ips": {
    kind: "list",
    scope: "every network",
    flag: "host-gateway-ip",
    since: "daemon-json-of-28",
    otherwise: "docker0's addresses",
    effect: "addresses that `--add-host name:host-gateway` stands for, one per family",
    influences: ["host-configuration"],
    observedBy: ["CONF-32"],
  },
  "live-restore": {
    kind: "boolean",
    scope: "engine",
    otherwise: "containers end with dockerd",
    effect: "true: containers outlive dockerd, and while one runs a restart keeps the default bridge as it was",
    influences: ["configuration"],
    observedBy: [],
  },
  "firewall-backend": {
    kind: "text",
    scope: "engine",
    since: "firewall-backend-choice",
    otherwise: "iptables",
    effect: "the program that holds Docker's rules: iptables or nftables",
    influences: ["nat", "published-ports", "isolation"],
    observedBy: [],
  },
  experimental: {
    kind: "boolean",
    scope: "engine",
    otherwise: "off",
    effect: "before 27.0 `ip6tables` needs it; no other effect on networks",
    influences: ["configuration"],
    observedBy: [],
  },
} as const satisfies Record<NetworkKeyName, NetworkKey>;

/** Narrows any key of a file to one that this project knows. */
export function isNetworkKey(key: string): key is NetworkKeyName {
  return Object.hasOwn(NETWORK_KEYS, key);
}
