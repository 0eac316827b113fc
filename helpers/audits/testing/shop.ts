import { readFileSync } from "node:fs";
import { factsOf } from "../../model/captured/facts.ts";
import type { NetworkRecord } from "../../model/engine-answers.ts";
import type { Link } from "../../probes/links.ts";
import type { KernelSocket } from "../../probes/parse/parse-proc-net-tcp.ts";
import { readIptables } from "../../snapshot/firewall/read-iptables.ts";
import type { LivingContainer, LivingHost, LivingInside, LivingSnapshot } from "../../snapshot/living.ts";

type Writable<T> =
  T extends ReadonlySet<unknown> ? T : T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T;

/** Rules as Engine 28.5 makes them for the two containers of {@link shop}. */
export const RULES = readFileSync(new URL("../../expectations/captured/28.5.2.iptables-save", import.meta.url), "utf8");

/** The packet filter that `iptables-save` prints as this text. */
export function filtering(text: string): LivingHost["filters"] {
  return { tables: readIptables(text, "iptables"), unread: [] };
}

const SHOP_ID = "fc57f91b6867".padEnd(64, "0");

/** A healthy host with a container on the default bridge and one on a network of its own; a copy to be broken. */
export function shop(): Writable<LivingSnapshot> & { host: Writable<LivingHost> } {
  return {
    facts: factsOf("28.5.2") as Writable<LivingSnapshot["facts"]>,
    whose: "everybody",
    costs: { liveRestore: false, running: ["web", "api"].map((name) => ({ name, comesBack: false })) },
    began: 0,
    networks: [
      network("bridge", "a".repeat(64), "172.17.0.0/16", "172.17.0.1"),
      network("shop", SHOP_ID, "10.44.0.0/24", "10.44.0.1"),
    ],
    containers: [
      container("web", "bridge", "a".repeat(64), "172.17.0.2", "172.17.0.1", 100, 18_080, "0.0.0.0"),
      container("api", "shop", SHOP_ID, "10.44.0.2", "10.44.0.1", 200, 19_091, "192.0.2.10"),
    ],
    overlays: [],
    upstreams: { "192.0.2.53": { answers: true, detail: "NOERROR after 1 ms" } },
    beside: { addresses: [], subnets: [], devices: [], hostPorts: [] },
    host: {
      links: [
        link("eth0", 2, { state: "up" }),
        link("docker0", 3, { bridge: { id: "8000", stp: false } }),
        link("br-fc57f91b6867", 4, { bridge: { id: "8000", stp: false } }),
        link("veth100", 101, { peerIndex: 100, master: "docker0" }),
        link("veth200", 201, { peerIndex: 200, master: "br-fc57f91b6867" }),
      ],
      addresses: [
        addressed("eth0", 2, "192.0.2.10", 24),
        addressed("docker0", 3, "172.17.0.1", 16),
        addressed("br-fc57f91b6867", 4, "10.44.0.1", 24),
      ],
      ports: ["veth100", "veth200"].map((name) => ({
        name,
        number: 1,
        hairpin: false,
        isolated: false,
        learning: true,
        flood: true,
        broadcastFlood: true,
        state: 3,
      })),
      routes: [
        { type: "unicast", destination: "default", gateway: "192.0.2.1", interface: "eth0", flags: [], nextHops: [] },
        { type: "unicast", destination: "172.17.0.0/16", interface: "docker0", flags: [], nextHops: [] },
        { type: "unicast", destination: "10.44.0.0/24", interface: "br-fc57f91b6867", flags: [], nextHops: [] },
      ],
      rules: [],
      rules6: [],
      unasked: [],
      unasked6: [],
      policies: [],
      lockedPorts: [],
      vlanFiltering: [],
      engines: [],
      neighbours: [],
      forwarding: [],
      emptyNamespaces: [],
      sysctls: { "ipv4/ip_forward": "1", "bridge/bridge-nf-call-iptables": "1" },
      sockets: [socket("tcp", "0.0.0.0", 18_080), socket("tcp", "192.0.2.10", 19_091)],
      proxies: [
        {
          protocol: "tcp",
          hostIp: "0.0.0.0",
          hostPort: 18_080,
          containerIp: "172.17.0.2",
          containerPort: 80,
          halted: false,
        },
        {
          protocol: "tcp",
          hostIp: "192.0.2.10",
          hostPort: 19_091,
          containerIp: "10.44.0.2",
          containerPort: 80,
          halted: false,
        },
      ],
      ways: { "172.17.0.2": "docker0", "10.44.0.2": "br-fc57f91b6867" },
      filters: filtering(RULES) as Writable<NonNullable<LivingHost["filters"]>>,
    },
  };
}

function network(name: string, id: string, subnet: string, gateway: string): Writable<NetworkRecord> {
  return {
    Name: name,
    Id: id,
    Created: "",
    Scope: "local",
    Driver: "bridge",
    EnableIPv6: false,
    IPAM: { Driver: "default", Options: null, Config: [{ Subnet: subnet, Gateway: gateway }] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Options: name === "bridge" ? { "com.docker.network.bridge.name": "docker0" } : {},
    Labels: {},
  };
}

function container(
  name: string,
  on: string,
  networkId: string,
  address: string,
  gateway: string,
  pid: number,
  hostPort: number,
  hostAddress: string,
): Writable<LivingContainer> {
  return {
    id: name.padEnd(64, "0"),
    name,
    project: null,
    isTask: false,
    status: "running",
    error: "",
    everRan: true,
    pid,
    restartPolicy: "no",
    networkMode: on,
    administersNetwork: false,
    ownStack: false,
    endpoints: [
      {
        network: on,
        networkId,
        endpointId: "",
        address,
        prefix: on === "bridge" ? 16 : 24,
        gateway,
        address6: "",
        prefix6: 0,
        gateway6: "",
        mac: `02:42:0a:00:00:${pid.toString(16).padStart(2, "0").slice(-2)}`,
        asked: [],
      },
    ],
    ports: [{ protocol: "tcp", containerPort: 80, hostAddress, hostPort }],
    bindings: [{ protocol: "tcp", containerPort: 80, hostAddress, hostPort: String(hostPort) }],
    dns: [],
    inside: inside(on, address, gateway, pid),
  };
}

function inside(on: string, address: string, gateway: string, pid: number): Writable<LivingInside> {
  return {
    namespaces: { net: `net:[${pid}]` },
    addresses: [
      { ...addressed("lo", 1, "127.0.0.1", 8) },
      { ...addressed("eth0", pid, address, on === "bridge" ? 16 : 24), peerIndex: pid + 1 },
    ],
    defaults: [{ family: 4, gateway, interface: "eth0" }],
    mainRoutes: [route("0.0.0.0", 0, gateway), route(gateway.replace(/\.1$/, ".0"), on === "bridge" ? 16 : 24, null)],
    routes6: [],
    rules: [],
    rules6: [],
    unasked: [],
    unasked6: [],
    sysctls: {},
    policies: [],
    waysOut: [{ family: 4, way: { interface: "eth0", gateway, source: address } }],
    neighbours: [],
    sockets: [
      socket("tcp", "0.0.0.0", 80),
      ...(on === "bridge" ? [] : [socket("tcp", "127.0.0.11", 40_001), socket("udp", "127.0.0.11", 40_002)]),
    ],
    tables:
      on === "bridge"
        ? []
        : (readIptables(
            [
              "*nat",
              ":OUTPUT ACCEPT [0:0]",
              ":DOCKER_OUTPUT - [0:0]",
              "-A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT",
              "-A DOCKER_OUTPUT -d 127.0.0.11/32 -p tcp -m tcp --dport 53 -j DNAT --to-destination 127.0.0.11:40001",
              "-A DOCKER_OUTPUT -d 127.0.0.11/32 -p udp -m udp --dport 53 -j DNAT --to-destination 127.0.0.11:40002",
              "COMMIT",
            ].join("\n"),
            "iptables",
          ) as Writable<NonNullable<LivingInside["tables"]>>),
    resolverRules: null,
    resolvConf: on === "bridge" ? "nameserver 192.0.2.53\n" : "nameserver 127.0.0.11\noptions ndots:0\n",
    hostsFile: `127.0.0.1\tlocalhost\n${address}\tabcdef\n`,
  };
}

function route(destination: string, prefix: number, gateway: string | null) {
  return {
    interface: "eth0",
    destination,
    prefix,
    gateway,
    metric: 0,
    flags: { up: true, gateway: gateway !== null, host: false, reject: false },
  };
}

function addressed(name: string, index: number, address: string, prefix: number) {
  return {
    name,
    index,
    flags: ["UP", "LOWER_UP"],
    mtu: 1500,
    addresses: [{ family: 4 as const, address, prefix, scope: "global" }],
  };
}

function link(name: string, index: number, parts: Partial<Link>): Writable<Link> {
  return {
    name,
    index,
    peerIndex: index,
    mac: "",
    mtu: 1500,
    up: true,
    promiscuous: false,
    carrier: true,
    state: "up",
    queueLength: 0,
    master: null,
    bridge: null,
    ...parts,
  };
}

function socket(protocol: "tcp" | "udp", address: string, port: number): Writable<KernelSocket> {
  return {
    protocol,
    family: 4,
    v4Mapped: false,
    state: protocol === "udp" ? "UNCONNECTED" : "LISTEN",
    local: { address, port },
    remote: { address: "0.0.0.0", port: 0 },
    uid: 0,
    inode: 1,
  };
}
