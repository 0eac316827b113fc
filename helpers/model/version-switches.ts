import { consult } from "./consulted.ts";
import { apiAtLeast, atLeast, type VersionedEngine } from "./engine-version.ts";

/** A behaviour that an engine has from one version on. */
export interface VersionSwitch {
  /** First version with the behaviour: of the engine, or of the API where the answer's shape depends on it. */
  readonly since: `Engine ${string}` | `API ${string}`;
  readonly before: string;
  readonly after: string;
  /** Pull request, issue or release notes of moby that brought it; `measured` = seen on real engines on both sides of the switch. */
  readonly source: string;
}

/** Everything that differs between engine versions. Suites and expectations ask this table and no version number. */
export const VERSION_SWITCHES = {
  "random-mac": {
    since: "Engine 28.0",
    before: "a generated MAC on bridge and macvlan networks is 02:42 followed by the IPv4 address",
    after: "a generated MAC is random, locally administered, and announced by unsolicited ARP",
    source: "moby#48808, measured on 20.10, 26, 28",
  },
  "mac-of-endpoint": {
    since: "API 1.44",
    before: "a MAC that a container was given is that of whatever bridge network it is connected to",
    after: "a MAC that a container was given is of its endpoint, and forgotten when that is disconnected",
    source: "release notes 25.0 (API 1.44), measured on 20.10, 26",
  },
  "random-bridge-mac": {
    since: "Engine 28.0",
    before: "the MAC of docker0 and br-… begins with 02:42",
    after: "the MAC of docker0 and br-… is random, locally administered",
    source: "moby#48808, measured on 26, 28",
  },
  "container-ifindex-2": {
    since: "Engine 28.0",
    before: "the veth pair is made on the host: eth0's ifindex is unique there and the host end has the next one",
    after: "the veth end is made inside the container: its first eth0 has ifindex 2 in every container",
    source: "moby#49302, measured on 20.10, 26, 28",
  },
  "short-ipv6-in-hosts-file": {
    since: "Engine 28.0",
    before: "/etc/hosts writes fe00::0 and ff00::0",
    after: "/etc/hosts writes fe00:: and ff00::",
    source: "moby#48823, measured on 20.10, 26, 28",
  },
  "hosts-file-follows-ipv6": {
    since: "Engine 26.0",
    before: "/etc/hosts holds the IPv6 lines whether the container has IPv6 or not",
    after: "/etc/hosts leaves the IPv6 lines out when IPv6 is disabled in the container",
    source: "moby#47062",
  },
  "generated-resolv-conf": {
    since: "Engine 26.0",
    before: "resolv.conf is an edited copy of the host's file with its comments",
    after: "resolv.conf is generated: own header and trailer comments, none of the host's",
    source: "moby#47041, measured on 20.10, 26, 28",
  },
  "no-fallback-resolvers-on-user-networks": {
    since: "Engine 28.0",
    before: "127.0.0.11 forwards to 8.8.8.8 and 8.8.4.4 when the host names no resolver",
    after: "127.0.0.11 has no upstream then and answers SERVFAIL",
    source: "release notes 28.0; moby commit 925b484a40",
  },
  "host-resolvers-asked-from-host": {
    since: "Engine 28.0",
    before: "127.0.0.11 asks the host's resolvers from the container's namespace, loopback ones from the host's",
    after: "127.0.0.11 asks every resolver taken from the host from the host's namespace",
    source: "release notes 28.0, measured on 26, 28 (ExtServers comment)",
  },
  "host-bits-refused": {
    since: "Engine 25.0",
    before: "a subnet with host bits set is taken for its network",
    after: "a subnet with host bits set is refused, naming the network it should be",
    source: "release notes 25.0, measured on 20.10, 26, 28",
  },
  "static-address-on-automatic-subnet": {
    since: "Engine 29.0.4",
    before: "a static address needs a network with a user-chosen subnet",
    after: "a static address may be asked for on a network with an automatic subnet too",
    source: "moby#51583",
  },
  "message-names-configured-subnet": {
    since: "Engine 25.0",
    before: 'an address outside the network is refused with "It does not belong to any of this network\'s subnets"',
    after: 'an address outside the network is refused with "no configured subnet … contain(s) …"',
    source: "measured on 20.10, 26, 28; wording again changed in 29.0.4",
  },
  "message-names-network-namespace": {
    since: "Engine 28.0",
    before: 'joining a stopped container is refused with "cannot join network of a non running container"',
    after: 'joining a stopped container is refused with "cannot join network namespace of a non running container"',
    source: "moby v28.0.0 daemon/container_operations.go, measured on 20.10, 26, 28",
  },
  "no-self-masquerade-with-proxy": {
    since: "Engine 28.0",
    before: "every published port has a masquerade rule from its container to itself",
    after: "the masquerade rule of a container to itself exists only with the userland proxy off",
    source: "moby#48854, measured on 20.10, 26, 28",
  },
  "docker-forward-chain": {
    since: "Engine 28.0.1",
    before: "Docker's filter rules stand in FORWARD itself",
    after: "Docker's filter rules stand in DOCKER-FORWARD, DOCKER-CT and DOCKER-BRIDGE",
    source: "release notes 28.0.1, moby#49518, measured on 20.10, 26, 28; 28.0.0 alone used ipset",
  },
  "no-isolation-chains": {
    since: "Engine 29.0",
    before: "DOCKER-ISOLATION-STAGE-1 and -2 keep bridges apart",
    after: "the drop of what was not sent from the bridge itself, in chain DOCKER, keeps bridges apart",
    source: "moby#49981",
  },
  "isolation-without-gap": {
    since: "Engine 28.0",
    before:
      "while a network is created or removed, the jump to the isolation chains is gone for a moment and packets between bridges pass",
    after: "creating or removing a network leaves the isolation of the others closed throughout",
    source:
      "measured: 4 of 552 pings between bridges answered on 20.10, 6 of 566 on 26.1, 0 of 561 on 28.5; between them unknown",
  },
  "no-nat-early-return": {
    since: "Engine 29.0",
    before: "nat chain DOCKER returns early for packets from a bridge (with the userland proxy on)",
    after: "nat chain DOCKER has no such rule",
    source: "moby#49981",
  },
  "no-explicit-isolation-return": {
    since: "Engine 28.0",
    before: "both isolation chains end in RETURN",
    after: "the isolation chains have no explicit RETURN",
    source: "moby iptablesdoc v28.0.0, measured on 26, 28.5",
  },
  "no-docker-user-return": {
    since: "Engine 28.2.2",
    before: "DOCKER-USER ends in RETURN",
    after: "DOCKER-USER is empty until the user fills it",
    source: "moby#50098, measured on 26, 28.5",
  },
  "unpublished-ports-dropped": {
    since: "Engine 28.0",
    before: "only the FORWARD policy keeps strangers from unpublished container ports",
    after: "an explicit DROP per bridge keeps strangers from unpublished container ports",
    source: "release notes 28.0, measured on 26, 28",
  },
  "raw-drop-for-published": {
    since: "Engine 28.0",
    before: "a machine with a route reaches a published container port by the container's address",
    after: "raw PREROUTING drops packets to a published container port that do not come from its bridge",
    source: "release notes 28.0, measured on 26, 28",
  },
  "raw-drop-for-every-container": {
    since: "Engine 28.2",
    before: "raw PREROUTING drops packets to published container ports only",
    after: "raw PREROUTING has a DROP for every container address, published or not",
    source: "release notes 28.2, moby iptablesdoc v28.0.4 and v28.2.2, measured on 28.5",
  },
  "loopback-publication-guarded": {
    since: "Engine 28.0",
    before: "a neighbour that routes 127.0.0.0/8 here reaches a port published on 127.0.0.1",
    after: "raw PREROUTING drops such packets that do not come from lo",
    source: "moby#45610, measured on 26, 28",
  },
  "no-top-level-network-settings": {
    since: "API 1.52",
    before:
      "container inspect repeats the default bridge's IPAddress, Gateway, MacAddress … at the top of NetworkSettings",
    after: "NetworkSettings holds only SandboxID, SandboxKey, Ports and Networks",
    source: "release notes 29.0 (API 1.52)",
  },
  "private-ipc": {
    since: "Engine 20.10",
    before: "HostConfig.IpcMode is shareable by default",
    after: "HostConfig.IpcMode is private by default",
    source: "measured on 20.10, 28",
  },
  "loopback-ipv6-always": {
    since: "Engine 26.0",
    before: "a container without an IPv6 network has no ::1 on lo",
    after: "lo has ::1 whenever the kernel has IPv6",
    source: "moby#47062, measured on 20.10, 26, 28",
  },
  "internal-networks-fail-fast": {
    since: "Engine 25.0",
    before: "packets from an internal network to elsewhere are dropped: the sender times out",
    after: 'an internal network gives no default route: "Network is unreachable" at once',
    source: "release notes 25.0; moby commit cbc2a71c27",
  },
  "several-networks-at-create": {
    since: "API 1.44",
    before: "a container is created on one network, further ones are connected afterwards",
    after: "a container can be created on several networks at once",
    source: "release notes 25.0 (API 1.44)",
  },
  "unique-network-names": {
    since: "Engine 25.0",
    before: "two networks may have one name",
    after: "a second network of the same name is refused",
    source: "release notes 25.0",
  },
  "macvlan-parent-sharing": {
    since: "Engine 27.0",
    before: 'a second macvlan network on one parent is refused: "is already using parent interface"',
    after: "several macvlan networks may have one parent",
    source: "moby#47318, measured on 26, 28",
  },
  "no-implicit-macvlan-gateway": {
    since: "Engine 29.0",
    before: "a macvlan network without a gateway gets the first host address as one",
    after: "a macvlan container has a default route only when a gateway was given",
    source: "moby#50929",
  },
  "conditional-ipv6-forward-drop": {
    since: "Engine 28.0",
    before:
      "with ip6tables on, the IPv6 FORWARD policy becomes DROP always; the IPv4 one only if dockerd turned forwarding on",
    after: "each FORWARD policy becomes DROP only if dockerd itself turned forwarding on",
    source: "release notes 28.0",
  },
  "ip6tables-by-default": {
    since: "Engine 27.0",
    before: "ip6tables is off by default and experimental",
    after: "ip6tables is on by default",
    source: "moby#47747",
  },
  "ipv6-without-fixed-cidr": {
    since: "Engine 28.0",
    before: "ipv6 without fixed-cidr-v6 keeps the daemon from starting",
    after: "ipv6 without fixed-cidr-v6 gives docker0 a unique local prefix",
    source: "release notes 28.0",
  },
  "bracketed-ipv6-in-ps": {
    since: "Engine 27.2",
    before: "docker ps prints :::8080 for every IPv6 address",
    after: "docker ps prints [::]:8080",
    source: "release notes 27.2",
  },
  "sorted-port-list": {
    since: "Engine 28.0",
    before: "the bindings of one container port are listed from the last given to the first",
    after: "the bindings of one container port are listed as given",
    source: "measured on 20.10, 26, 28; no promise: compare as sets",
  },
  "dns-names-field": {
    since: "API 1.44",
    before: "Networks.<n>.Aliases holds the names, the container's short id among them",
    after: "Networks.<n>.DNSNames holds every name that resolves",
    source: "release notes 25.0 (API 1.44)",
  },
  "no-short-id-in-aliases": {
    since: "API 1.45",
    before: "Networks.<n>.Aliases of a user-defined network contains the container's short id",
    after: "Networks.<n>.Aliases holds only what the user asked for; the short id is in DNSNames",
    source: "moby#47599",
  },
  "firewall-backend-in-info": {
    since: "Engine 28.1",
    before: "docker info does not name the firewall backend",
    after: "docker info names the firewall backend (API 1.49)",
    source: "moby#49761",
  },
  "proxyless-hairpin-between-networks": {
    since: "Engine 29.0",
    before: "with the userland proxy off, a container cannot reach a port published by a container of another network",
    after: "with the userland proxy off, it can",
    source: "release notes 29.0; the state before measured on 20.10, 26, 28",
  },
  "gateway-priority": {
    since: "Engine 28.0",
    before: "with several networks, the default route goes through the network whose name sorts first",
    after: "the network with the highest gw-priority wins, equal ones by name",
    source: "release notes 28.0",
  },
  "one-chosen-port-for-both-families": {
    since: "Engine 27.0",
    before: "a host port that the engine chooses may differ between IPv4 and IPv6",
    after: "a host port that the engine chooses is the same for IPv4 and IPv6",
    source: "moby#47871 (moby#42442), measured on 20.10, 26, 28",
  },
  "default-network-options": {
    since: "Engine 24.0",
    before: "daemon.json has no default-network-opts",
    after: "default-network-opts are added to the options of every new network of their driver",
    source: "release notes 24.0",
  },
  "daemon-json-of-28": {
    since: "Engine 28.0",
    before: "daemon.json has neither bip6, host-gateway-ips nor ip-forward-no-drop",
    after: "daemon.json has bip6, host-gateway-ips and ip-forward-no-drop",
    source: "release notes 28.0",
  },
  "allow-direct-routing": {
    since: "Engine 28.2",
    before: "daemon.json has no allow-direct-routing",
    after: "allow-direct-routing takes the raw-table drops of direct access away",
    source: "release notes 28.2",
  },
  "firewall-backend-choice": {
    since: "Engine 29.0",
    before: "daemon.json has no firewall-backend: the rules are iptables'",
    after: "firewall-backend chooses iptables or nftables",
    source: "release notes 29.0",
  },
  "fixed-cidr-alone": {
    since: "Engine 23.0.5",
    before: "fixed-cidr without bip leaves docker0 in the pools, and gives addresses of their subnet",
    after: "fixed-cidr without bip is the default bridge's subnet",
    source: "moby#45356; measured on 20.10 (172.17.16.1 with 10.155.16.0/24), 26.1 and 28.5; between them unknown",
  },
  "tolerant-daemon-json": {
    since: "Engine 23.0",
    before:
      "an empty daemon.json, or one with a byte order mark, keeps dockerd from starting; what follows the first value is not read",
    after: "an empty daemon.json is none, a byte order mark is skipped, and what follows the value is refused",
    source: "moby v20.10.24 and v23.0.0 daemon/config/config.go",
  },
  "proxy-keys": {
    since: "Engine 23.0",
    before: "daemon.json has no proxies",
    after: "daemon.json takes http-proxy, https-proxy and no-proxy inside of proxies",
    source: "release notes 23.0; moby v23.0.0 daemon/config/config.go",
  },
  "negative-mtu-refused": {
    since: "Engine 23.0",
    before: "a negative mtu is not checked when dockerd starts",
    after: 'a negative mtu keeps dockerd from starting: "invalid default MTU"',
    source: "moby v23.0.0 daemon/config/config.go",
  },
  "no-cluster-store-keys": {
    since: "Engine 24.0",
    before: "daemon.json may hold graph, cluster-store, cluster-store-opts and cluster-advertise",
    after: "daemon.json may hold none of these",
    source: "moby v23.0.18 and v24.0.0 cmd/dockerd/config.go",
  },
  "log-format-and-cdi-keys": {
    since: "Engine 25.0",
    before: "daemon.json has neither log-format nor cdi-spec-dirs",
    after: "daemon.json has log-format and cdi-spec-dirs",
    source: "moby v25.0.0 cmd/dockerd/config.go",
  },
  "dns-decoded-as-addresses": {
    since: "Engine 25.0",
    before: "spaces around an address in dns are cut off, and an empty one is refused",
    after: "spaces around an address in dns are refused, and an empty one is let stand",
    source: "moby v24.0.9 and v25.0.0 daemon/config/config.go; measured on 20.10, 28",
  },
  "no-oom-score-key": {
    since: "Engine 26.0",
    before: "daemon.json may hold oom-score-adjust",
    after: "daemon.json may not hold oom-score-adjust",
    source: "moby v25.0.17 and v26.0.0 cmd/dockerd/config_unix.go",
  },
  "icc-needs-ip6tables": {
    since: "Engine 27.0",
    before: "icc: false goes with ip6tables: false",
    after: "icc: false with ipv6 and ip6tables: false keeps dockerd from starting",
    source: "moby v26.1.5 and v27.0.1 daemon/daemon_unix.go",
  },
  "no-cors-header-key": {
    since: "Engine 29.0",
    before: "daemon.json may hold api-cors-header",
    after: "daemon.json may not hold api-cors-header",
    source: "moby v28.5.2 and docker-v29.0.0 cmd/dockerd/config.go",
  },
  "min-api-version-key": {
    since: "Engine 29.0",
    before: "daemon.json has no min-api-version",
    after: "daemon.json has min-api-version",
    source: "moby docker-v29.0.0 daemon/config/config.go",
  },
  "nri-key": {
    since: "Engine 29.2",
    before: "daemon.json has no nri-opts",
    after: "daemon.json has nri-opts",
    source: "moby docker-v29.1.5 and docker-v29.2.0 daemon/command/config.go",
  },
  "default-stop-timeout-key": {
    since: "Engine 29.7",
    before: "daemon.json has no default-stop-timeout",
    after: "daemon.json has default-stop-timeout",
    source: "moby docker-v29.6.2 and docker-v29.7.0 daemon/command/config.go",
  },
  "bridge-mtu-set": {
    since: "Engine 25.0",
    before: "the bridge device takes its MTU from its ports",
    after: "the bridge device gets the network's MTU at creation",
    source: "release notes 25.0, moby#37937",
  },
  "default-bridge-names-gateway": {
    since: "Engine 26.0",
    before: "inspect of the default bridge names no gateway when the engine made the bridge device at its last start",
    after: "inspect of the default bridge always names its gateway",
    source: "moby#26799; measured on 20.10 (missing), 26.1 and 28 (there); between them unknown",
  },
  "enable-ipv4-in-inspect": {
    since: "API 1.48",
    before: "network inspect has no EnableIPv4",
    after: "network inspect has EnableIPv4",
    source: "release notes 28.0 (API 1.48)",
  },
  "validates-daemon-json": {
    since: "Engine 23.0",
    before: "dockerd can't check a configuration file without starting",
    after: "dockerd --validate checks a configuration file without starting",
    source: "release notes 23.0, measured on 20.10, 26.1, 28.5",
  },
  "pools-in-order-of-addresses": {
    since: "Engine 27.0",
    before: "the pools are tried as they stand in default-address-pools",
    after: "the pools are tried in the order of their addresses",
    source: "moby#47768",
  },
  "pools-avoid-on-link-routes-only": {
    since: "Engine 23.0",
    before: "a subnet that the engine chooses overlaps no route of the host's main table",
    after: "a subnet that the engine chooses overlaps no on-link route; one behind a gateway (a VPN's) it may overlap",
    source: "moby#42598",
  },
} as const satisfies Record<string, VersionSwitch>;

export type SwitchKey = keyof typeof VERSION_SWITCHES;

/** True when this engine has the behaviour, that is, when the table's `after` holds. */
export function has(engine: VersionedEngine, key: SwitchKey): boolean {
  consult("switches", key);
  const { since } = VERSION_SWITCHES[key];
  return since.startsWith("API ") ? apiAtLeast(engine, since.slice(4)) : atLeast(engine, since.slice(7));
}

/** What holds for this engine, in words with the source, for a report's "expected" line. */
export function describeSwitch(engine: VersionedEngine, key: SwitchKey): string {
  const row: VersionSwitch = VERSION_SWITCHES[key];
  const there = has(engine, key);
  return `${there ? row.after : row.before} (${there ? "since" : "before"} ${row.since}; ${row.source})`;
}
