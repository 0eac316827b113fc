import type Dockerode from "dockerode";
import { LABEL } from "../engine/run-identity.ts";
import { surplus } from "../model/surplus.ts";
import { type IpLink, parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import { parseNftTables } from "../probes/parse/parse-nft-table.ts";
import { TRACING_LEFT } from "../trace/tracing.ts";
import { asHost, type HostView } from "../vantage/host-view.ts";

/** The state of a host that a run must leave as it found it: per aspect, one line per thing. */
export type Fingerprint = Readonly<Record<Aspect, readonly string[]>>;

const ASPECTS = [
  "links",
  "addresses",
  "routes",
  "firewall rules",
  "namespaces",
  "listeners",
  "sysctls",
  "containers",
  "networks",
  "volumes",
  "images",
  "tracing",
] as const;
export type Aspect = (typeof ASPECTS)[number];

const SCRIPT = (dockerd: number): string =>
  [
    'echo "== links"; ip addr',
    'echo "== routes"; ip route show table all 2>/dev/null || ip route; ip -6 route 2>/dev/null',
    `echo "== firewall"; ${asHost(dockerd, 'for s in iptables-save ip6tables-save; do $s 2>/dev/null | sed "s/^/$s /"; done')}`,
    // Only the engine's own: what iptables-nft keeps in nftables is what iptables-save prints.
    `echo "== nft"; ${asHost(dockerd, "for f in ip ip6; do nft --stateless list table $f docker-bridges 2>/dev/null; done")}`,
    // By their mounts: the engine unmounts a namespace at once but deletes the empty file under /run/docker/netns only
    // with its next round of garbage collection, up to a minute later.
    `echo "== namespaces"; grep -o "net:.* - nsfs" /proc/${dockerd}/mountinfo | cut -d" " -f1,2`,
    // The engine's own: dockerd's and its proxies'. What else listens on a host comes and goes as it likes.
    `echo "== engine sockets"; for p in ${dockerd} $(pidof docker-proxy); do ls -l /proc/$p/fd; done 2>/dev/null | sed -n "s/.*socket:.\\([0-9]*\\).*/\\1/p"`,
    'echo "== sockets"; for f in tcp tcp6 udp udp6; do sed -n "s/^ *[0-9]*: \\([0-9A-F]*:[0-9A-F]*\\) [0-9A-F]*:0000 0[7A] [^ ]* [^ ]* [^ ]* *[0-9]* *[0-9]* \\([0-9]*\\) .*/\\2 $f \\1/p" /proc/net/$f; done 2>/dev/null',
    `echo "== tracing"; ${TRACING_LEFT}`,
    'echo "== sysctls"; for f in net/ipv4/ip_forward net/ipv4/conf/all/route_localnet net/ipv4/conf/all/rp_filter net/ipv6/conf/all/forwarding net/bridge/bridge-nf-call-iptables; do [ -r /proc/sys/$f ] && echo "$f=$(cat /proc/sys/$f)"; done',
    "true",
  ].join("; ");

/**
 * Takes the host's state: links, addresses, routes, rules, namespaces and listeners through the host's view, and the
 * engine's objects through its API. Left out, because the kernel changes them by itself: link-local addresses and the
 * routes they bring, carrier, counters, neighbour tables.
 */
export async function takeFingerprint(docker: Dockerode, host: HostView | null): Promise<Fingerprint> {
  const [answer, containers, networks, volumes, images] = await Promise.all([
    host === null ? null : host.dockerdPid().then((pid) => host.ask(SCRIPT(pid ?? 1), { seconds: 20 })),
    docker.listContainers({ all: true }),
    docker.listNetworks(),
    docker.listVolumes(),
    docker.listImages(),
  ]);
  const sections = new Map<string, string[]>();
  for (const block of (answer?.stdout ?? "").split(/^== /m).slice(1)) {
    const [name = "", ...lines] = block.split("\n");
    sections.set(
      name,
      lines.map((line) => line.trim()).filter((line) => line !== ""),
    );
  }
  const lines = (name: string): string[] => sections.get(name) ?? [];
  const links =
    answer === null
      ? []
      : parseIpAddress(
          `${lines("links").length > 0 ? (answer.stdout.split(/^== /m)[1] ?? "").replace(/^links\n/, "") : ""}`,
        );
  return {
    links: links.map(
      (link) => `${link.name} (index ${link.index})${link.master === undefined ? "" : ` on ${link.master}`}`,
    ),
    addresses: links.flatMap((link) =>
      link.addresses
        .filter((address) => address.scope !== "link")
        .map((address) => `${address.address}/${address.prefix} on ${link.name}`),
    ),
    routes: comparableRoutes(lines("routes"), links),
    "firewall rules": [
      ...lines("firewall")
        .map(withoutCounters)
        .filter((rule) => !isScaffolding(rule)),
      ...nftablesLines(lines("nft").join("\n")),
    ],
    namespaces: lines("namespaces"),
    listeners: listenersOf(lines("engine sockets"), lines("sockets")),
    sysctls: lines("sysctls"),
    containers: containers
      .filter((container) => container.Labels[LABEL.role] !== "lease")
      .map((container) => `${container.Names[0] ?? ""} ${container.Id.slice(0, 12)}`),
    networks: networks.map((network) => `${network.Name} ${network.Id.slice(0, 12)}`),
    volumes: (volumes.Volumes ?? []).map((volume) => volume.Name),
    images: images.map((image) => image.Id),
    tracing: lines("tracing"),
  };
}

/**
 * @param inodes sockets that the engine's processes hold
 * @param sockets `<inode> tcp <address>:<port>` in the kernel's hexadecimal, all that listen on the host
 */
function listenersOf(inodes: readonly string[], sockets: readonly string[]): string[] {
  const held = new Set(inodes);
  return sockets
    .filter((socket) => held.has(socket.split(" ", 1)[0] ?? ""))
    .map((socket) => socket.replace(/^\d+ /, ""));
}

function withoutCounters(rule: string): string {
  return rule.replaceAll(/\[\d+:\d+\]/g, "").trim();
}

/**
 * What an engine puts up once, with the first network or container that needs it, and keeps: a table that comes into
 * being (28 opens `raw` so), Docker's own chains, and the jumps to them that name no address, port or device.
 */
function isScaffolding(rule: string): boolean {
  const text = rule.replace(/^ip6?tables-save /, "");
  return (
    /^(#|\*|COMMIT\b)/.test(text) ||
    /^:(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) (ACCEPT|DROP)\b/.test(text) ||
    /^:DOCKER(-[A-Z0-9-]+)? -/.test(text) ||
    /^-A (PREROUTING|OUTPUT|FORWARD|DOCKER(-[A-Z0-9-]+)?)( ! -d (127\.0\.0\.0\/8|::1\/128))?( -m addrtype --dst-type LOCAL)? -j (DOCKER(-[A-Z0-9-]+)?|RETURN)$/.test(
      text,
    )
  );
}

/** One line per rule and per element, with its chain or set. */
function nftablesLines(text: string): string[] {
  return parseNftTables(text).flatMap(({ family, name: table, chains, sets }) =>
    [
      ...chains.flatMap(({ name, rules }) => [`chain ${name}`, ...rules.map((rule) => `${name}: ${rule}`)]),
      ...sets.flatMap(({ name, elements }) => elements.map((element) => `${name}: ${element}`)),
    ].map((line) => `nft ${family} ${table} ${line}`),
  );
}

/**
 * Routes without those that the kernel brings by itself: link-local ones, and the host's way to an address of its own.
 * That one is there from when the address may be used, which for IPv6 is the first time that its device has a carrier
 * (duplicate address detection): for an engine's bridge, when its first container starts.
 */
export function comparableRoutes(routes: readonly string[], links: readonly IpLink[]): string[] {
  const own = new Set(
    links.flatMap(({ name, addresses }) => addresses.map(({ address }) => `local ${address} dev ${name} `)),
  );
  return routes
    .map(withoutVolatileRouteWords)
    .filter((route) => !/^(fe80|ff00|multicast|anycast|local fe80)/.test(route))
    .filter((route) => !own.has(/^local \S+ dev \S+ /.exec(route)?.[0] ?? ""));
}

/** `linkdown` follows the carrier, which follows the containers; `expires` counts down. */
export function withoutVolatileRouteWords(route: string): string {
  return route
    .replaceAll(/ (linkdown|dead|offload)\b/g, "")
    .replaceAll(/ expires \S+/g, "")
    .trim();
}

export interface Difference {
  readonly aspect: Aspect;
  readonly change: "appeared" | "disappeared";
  readonly what: string;
}

/** What differs between two fingerprints, as multisets: one rule twice is not the same as once. */
export function compareFingerprints(before: Fingerprint, after: Fingerprint): Difference[] {
  return ASPECTS.flatMap((aspect) => [
    ...surplus(after[aspect], before[aspect]).map((what) => ({ aspect, change: "appeared" as const, what })),
    ...surplus(before[aspect], after[aspect]).map((what) => ({ aspect, change: "disappeared" as const, what })),
  ]);
}
