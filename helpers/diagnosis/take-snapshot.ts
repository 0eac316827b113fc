import type Dockerode from "dockerode";
import { dockerErrorOf } from "../engine/docker-error.ts";
import type { Facts } from "../engine/facts.ts";
import { LABEL, nameOf } from "../engine/run-identity.ts";
import { firewallUnjudgeable } from "../expectations/firewall.ts";
import type { Evidence } from "../probes/evidence.ts";
import { type Firewall, readFirewall } from "../probes/firewall-rules.ts";
import { LINKS_COMMAND, parseLinks } from "../probes/links.ts";
import { parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import { type IpRoute, parseIpRoute } from "../probes/parse/parse-ip-route.ts";
import { parseProcNetTcp } from "../probes/parse/parse-proc-net-tcp.ts";
import { askedContainer, askedNetwork } from "../topology/asked.ts";
import type { Inspected } from "../topology/endpoint.ts";
import type { NetworkRecord } from "../topology/network-record.ts";
import { asHost, type HostView } from "../vantage/host-view.ts";
import { quoted } from "../vantage/shell-words.ts";
import { findDockerCommand } from "./docker-command.ts";
import { FRONT_PROGRAMS_COMMAND, readFrontPrograms } from "./front-programs.ts";
import { readProxies } from "./proxies.ts";
import type { BridgePort, HostState, InsideState, ListedContainer, MacvlanLink, Snapshot } from "./snapshot.ts";

/** What a look needs; the host's view is missing where the engine's host can't be looked at. */
export interface Looker {
  readonly docker: Dockerode;
  readonly runId: string;
  readonly facts: Facts;
  readonly host: HostView | null;
}

/** Containers looked into at most: each costs a handful of processes on the host. */
const MOST_CONTAINERS = 40;
/** Drivers of the engine itself; networks of others are asked for one by one, to see whether the engine knows them. */
const BUILT_IN: ReadonlySet<string> = new Set(["bridge", "host", "null", "macvlan", "ipvlan", "overlay"]);
/** Deadline of one question to the host. */
const SECONDS = 15;

const MACVLANS = "ip -d -o link show type macvlan";
const SYSCTLS_OF_HOST =
  "ipv4/ip_forward ipv4/icmp_echo_ignore_all bridge/bridge-nf-call-iptables netfilter/nf_conntrack_count netfilter/nf_conntrack_max";
const SYSCTLS_PER_DEVICE = "forwarding rp_filter route_localnet arp_ignore proxy_arp";

/**
 * Looks once at the engine, the host and the run's own containers: the API calls and a few questions to the host, side by
 * side. What was removed meanwhile is left out; what can't be read is null or empty.
 * @throws when the engine itself does not answer
 */
export async function takeSnapshot(looker: Looker): Promise<Snapshot> {
  const { docker, runId, facts, host } = looker;
  const [listed, listedNetworks] = await Promise.all([
    docker.listContainers({ filters: { label: [`${LABEL.run}=${runId}`], status: ["running"] } }),
    docker.listNetworks() as Promise<unknown> as Promise<NetworkRecord[]>,
  ]);
  const own = listedNetworks.filter(({ Labels }) => Labels?.[LABEL.run] === runId);
  const inspected = (
    await Promise.all(
      listed
        .filter(({ Labels }) => Labels[LABEL.role] !== "lease")
        .slice(0, MOST_CONTAINERS)
        .map(({ Id }) => existing(async () => (await docker.getContainer(Id).inspect()) as unknown as Inspected)),
    )
  )
    .filter((container) => container !== null)
    .filter(({ State }) => State.Running && State.Pid > 0)
    // Views of the host are no subject: they stand in the host's namespaces on purpose. What this process asked for
    // otherwise is one: inspect only says that it stands there.
    .filter(({ Id, HostConfig }) => {
      const asked = askedContainer(Id);
      return HostConfig.PidMode !== "host" || (asked !== null && asked.host.PidMode !== "host");
    });
  const wanted = new Set([
    ...(facts.defaultBridge === null ? [] : ["bridge"]),
    "host",
    "none",
    ...own.map(({ Id }) => Id),
    ...listedNetworks.filter(({ Driver }) => !BUILT_IN.has(Driver)).map(({ Id }) => Id),
    ...inspected.flatMap((container) =>
      Object.values(container.NetworkSettings.Networks ?? {}).flatMap(({ NetworkID }) => NetworkID || []),
    ),
  ]);
  const macvlans = own.filter(({ Driver }) => Driver === "macvlan").map(({ Id }) => Id);
  const [asked, refusal, insides, hostState] = await Promise.all([
    Promise.all(
      [...wanted].map(async (id) => ({
        id,
        network: await existing(async () => (await docker.getNetwork(id).inspect()) as NetworkRecord),
      })),
    ),
    refusalOf(docker, nameOf(runId, "nothing")),
    host === null || facts.engine.rootless ? null : lookInside(host, inspected, facts, macvlans),
    host === null || facts.engine.rootless ? null : lookAtHost(host, inspected, facts, macvlans),
  ]);
  const networks = asked.flatMap(({ network }) => network ?? []);
  return {
    facts,
    lists: {
      networks: listedNetworks,
      containers: listed as unknown as readonly ListedContainer[],
      unknown: asked.filter(({ network }) => network === null).map(({ id }) => id),
      refusal,
    },
    asked: Object.fromEntries(
      own.flatMap(({ Id }) => {
        const asked = askedNetwork(Id);
        return asked === null ? [] : [[Id, asked] as const];
      }),
    ),
    networks: [...new Map(networks.map((network) => [network.Id, network])).values()],
    containers: inspected.map((container) => ({
      name: container.Name.replace(/^\//, ""),
      id: container.Id,
      inspected: container,
      asked: askedContainer(container.Id),
      inside: insides?.get(container.State.Pid) ?? null,
    })),
    host: hostState,
    dockerCommand: await findDockerCommand(),
  };
}

/** What the engine says when it is asked for a network that there is not. */
async function refusalOf(docker: Dockerode, asked: string): Promise<{ asked: string; said: string } | null> {
  try {
    await docker.getNetwork(asked).inspect();
    return null;
  } catch (error) {
    const said = dockerErrorOf(error)?.message;
    return said === undefined ? null : { asked, said };
  }
}

/** Null for what the engine no longer knows: others remove their things meanwhile. */
async function existing<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (dockerErrorOf(error)?.statusCode === 404) return null;
    throw error;
  }
}

async function lookAtHost(
  host: HostView,
  containers: readonly Inspected[],
  facts: Facts,
  macvlans: readonly string[],
): Promise<HostState | null> {
  const targets = [
    ...new Set(
      containers.flatMap(({ NetworkSettings }) =>
        Object.values(NetworkSettings.Networks ?? {}).flatMap(({ IPAddress }) => IPAddress || []),
      ),
    ),
  ];
  const script = [
    `echo "== links"; ${LINKS_COMMAND}`,
    'echo "== addresses"; ip addr',
    'echo "== routes"; ip route show table all',
    'echo "== rules"; ip rule',
    `echo "== sysctls"; ${sysctls(SYSCTLS_OF_HOST, SYSCTLS_PER_DEVICE)}`,
    'echo "== vlan"; for b in /sys/class/net/*/bridge/vlan_filtering; do [ -e $b ] && read -r v <$b && [ "$v" = 1 ] && { b=${b%/bridge/*}; echo ${b##*/}; }; done',
    'echo "== ageless"; for b in /sys/class/net/*/bridge/ageing_time; do [ -e $b ] && read -r v <$b && [ "$v" = 0 ] && { b=${b%/bridge/*}; echo ${b##*/}; }; done',
    `echo "== ports"; for p in /sys/class/net/*/brport; do [ -e $p/state ] || continue; n=\${p%/brport}; o=\${n##*/}; for f in hairpin_mode isolated learning unicast_flood broadcast_flood state; do v=-; [ -r $p/$f ] && read -r v <$p/$f; o="$o $v"; done; echo $o; done 2>/dev/null`,
    'echo "== sockets"; for f in tcp tcp6 udp udp6; do [ -e /proc/net/$f ] && cat /proc/net/$f; done',
    "echo \"== proxies\"; for p in $(pidof docker-proxy); do tr '\\0' ' ' </proc/$p/cmdline; echo; done 2>/dev/null",
    `echo "== ways"; for a in ${targets.join(" ")}; do echo "$a $(ip route get $a 2>&1 | head -n 1)"; done`,
    "true",
  ].join("; ");
  const readable = firewallUnjudgeable(facts) === null;
  const [answer, programs, rules, kinds] = await Promise.all([
    host.ask(script, { seconds: SECONDS }),
    host.own(FRONT_PROGRAMS_COMMAND, { seconds: SECONDS }),
    readable ? host.own("iptables-save -c", { seconds: SECONDS }) : null,
    macvlans.length > 0 && facts.host?.tools.iproute2 === true ? host.own(MACVLANS, { seconds: SECONDS }) : null,
  ]);
  // Cut short by its deadline it would look like a host without routes and sockets.
  if (answer.exitCode !== 0) return null;
  const section = sectionsOf(answer.stdout);
  return {
    links: parseLinks(asEvidence(answer, section("links"))),
    macvlans: macvlansOf(kinds?.stdout ?? ""),
    addresses: parseIpAddress(section("addresses")),
    ports: portsOf(section("ports")),
    vlanFiltering: linesOf(section("vlan")),
    agelessBridges: linesOf(section("ageless")),
    routes: routesOf(section("routes")),
    rules: rulesOf(section("rules")),
    // dockerd's, as the run's facts have them: the view itself has some of its own.
    namespaces: facts.host?.namespaces ?? {},
    sysctls: pairsOf(section("sysctls")),
    sockets: parseProcNetTcp(section("sockets")).filter(({ state }) => state === "LISTEN" || state === "UNCONNECTED"),
    proxies: readProxies(section("proxies")),
    frontPrograms: readFrontPrograms(programs.stdout),
    firewall: rules === null || rules.exitCode !== 0 ? null : readOrNull(rules.stdout),
    ways: Object.fromEntries(
      linesOf(section("ways")).map((line) => {
        const [address = "", ...answered] = line.split(" ");
        return [address, /\bdev (\S+)/.exec(answered.join(" "))?.[1] ?? answered.join(" ")];
      }),
    ),
  };
}

/** What each container's namespaces hold, by its main process: one question with BusyBox, one with the host's iptables. */
async function lookInside(
  host: HostView,
  containers: readonly Inspected[],
  facts: Facts,
  macvlans: readonly string[],
): Promise<ReadonlyMap<number, InsideState>> {
  const pids = containers.map(({ State }) => State.Pid);
  if (pids.length === 0) return new Map();
  // Few processes per container: on a busy host each takes its time, and there may be dozens of containers.
  const own = `ip addr; echo "== routes"; ip route show table all; echo "== rules"; ip rule; echo "== sysctls"; ${sysctls("ipv4/icmp_echo_ignore_all ipv4/ip_default_ttl ipv6/conf/lo/disable_ipv6", "")}; echo "== hostname"; hostname`;
  const each = [
    'echo "=== $p"; cd /proc/$p || continue',
    // With the mount namespace for /sys, which shows the devices of the namespace that it was mounted in.
    `echo "== links"; nsenter -t $p -n -m -- /bin/sh -c ${quoted(LINKS_COMMAND)}`,
    `echo "== addresses"; nsenter -t $p -n -u -- sh -c ${quoted(own)}`,
    'echo "== namespaces"; ls -l ns',
    'echo "== files"; head -n 9999 root/etc/resolv.conf root/etc/hosts net/tcp net/tcp6 net/udp net/udp6',
    'echo "== end"',
  ].join("; ");
  const script = `for p in ${pids.join(" ")}; do { ${each}; } 2>/dev/null; done; true`;
  const dockerd = (await host.dockerdPid()) ?? 1;
  const filtered = containers.filter(
    ({ HostConfig: { NetworkMode = "" } }) => !/^(host$|none$|container:)/.test(NetworkMode),
  );
  const listing = inEach(filtered, "iptables-save -c");
  const children = containers.filter(({ NetworkSettings }) =>
    Object.values(NetworkSettings.Networks ?? {}).some(({ NetworkID }) => macvlans.includes(NetworkID)),
  );
  const { iptablesSave = false, iproute2 = false } = facts.host?.tools ?? {};
  const [answer, filters, kinds] = await Promise.all([
    host.ask(script, { seconds: SECONDS }),
    iptablesSave ? host.ask(asHost(dockerd, listing), { seconds: SECONDS }) : null,
    iproute2 && children.length > 0
      ? host.ask(asHost(dockerd, inEach(children, MACVLANS)), { seconds: SECONDS })
      : null,
  ]);
  const rules = new Map(blocksOf(filters?.stdout ?? ""));
  const modes = new Map(blocksOf(kinds?.stdout ?? ""));
  return new Map(
    blocksOf(answer.stdout).flatMap(([pid, text]) => {
      const inside = readInside(answer, text, rules.get(pid), macvlansOf(modes.get(pid) ?? ""));
      return inside === null ? [] : [[pid, inside] as const];
    }),
  );
}

/** A program of the host's in the network namespace of each container, with the container's pid above what it says. */
function inEach(containers: readonly Inspected[], command: string): string {
  const pids = containers.map(({ State }) => State.Pid).join(" ");
  return `for p in ${pids}; do echo "=== $p"; nsenter -t $p -n -- ${command} 2>/dev/null; done; true`;
}

/** Of `ip -d -o link`: name, parent and mode of each macvlan interface. */
function macvlansOf(text: string): MacvlanLink[] {
  return [...text.matchAll(/^\d+: ([^@:\s]+)@([^@:\s]+):.*\bmacvlan +mode (\w+)/gm)].map(
    ([, name = "", parent = "", mode = ""]) => ({ name, parent, mode }),
  );
}

/** Null when the container has ended meanwhile, shows nothing, or was not reached before the deadline. */
function readInside(
  answer: Evidence,
  text: string,
  rules: string | undefined,
  macvlans: readonly MacvlanLink[],
): InsideState | null {
  const section = sectionsOf(text);
  if (!/^== end$/m.test(text) || section("addresses") === "") return null;
  const namespaces = Object.fromEntries(
    [...section("namespaces").matchAll(/ (\w+) -> (\w+:\[\d+\])$/gm)].map(([, kind = "", inode = ""]) => [kind, inode]),
  );
  if (namespaces.net === undefined) return null;
  const file = filesOf(section("files"));
  const sockets = ["tcp", "tcp6", "udp", "udp6"].map((table) => file(`net/${table}`) ?? "").join("");
  try {
    return {
      links: section("links").trim() === "" ? [] : parseLinks(asEvidence(answer, section("links"))),
      macvlans,
      addresses: parseIpAddress(section("addresses")),
      routes: routesOf(section("routes")),
      rules: rulesOf(section("rules")),
      resolvConf: file("root/etc/resolv.conf"),
      hostsFile: file("root/etc/hosts"),
      hostname: section("hostname").trim(),
      namespaces,
      sockets: sockets.trim() === "" ? [] : parseProcNetTcp(sockets),
      firewall: rules === undefined ? null : readOrNull(rules),
      sysctls: pairsOf(section("sysctls")),
    };
  } catch {
    // What one container shows unreadably must not hide the others.
    return null;
  }
}

/** The files of one `head` of several: each has its name above it, those that are not there are missing. */
function filesOf(text: string): (path: string) => string | null {
  const files = new Map<string, string>();
  for (const block of text.split(/^==> /m).slice(1)) {
    const end = block.indexOf(" <==\n");
    // The blank line between two files is the program's.
    files.set(block.slice(0, end), block.slice(end + " <==\n".length).replace(/\n\n$/, "\n"));
  }
  return (path) => files.get(path) ?? null;
}

/**
 * Prints `path value` for each network sysctl that there is. Those per device are all of one digit, and many: the shell's
 * own `read` takes byte after byte, and of a sysctl the kernel gives only the first one so.
 */
function sysctls(single: string, perDevice: string): string {
  return (
    `cd /proc/sys/net; for f in ${single}; do [ -r $f ] && echo "$f $(cat $f)"; done; ` +
    `for f in ${perDevice}; do for d in ipv4/conf/*; do [ -r $d/$f ] && { read -r v <$d/$f; echo "$d/$f $v"; }; done; done; cd /`
  );
}

function sectionsOf(text: string): (name: string) => string {
  const sections = new Map<string, string>();
  for (const block of text.split(/^== /m).slice(1)) {
    const end = block.indexOf("\n");
    sections.set(block.slice(0, end), block.slice(end + 1));
  }
  return (name) => sections.get(name) ?? "";
}

/** `=== <pid>` introduces each container. */
function blocksOf(text: string): [number, string][] {
  return text
    .split(/^=== /m)
    .slice(1)
    .map((block) => {
      const end = block.indexOf("\n");
      return [Number(block.slice(0, end)), block.slice(end + 1)];
    });
}

function asEvidence(answer: Evidence, stdout: string): Evidence {
  return { ...answer, exitCode: 0, stdout };
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function pairsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    linesOf(text).map((line) => {
      const blank = line.indexOf(" ");
      return blank < 0 ? [line, ""] : [line.slice(0, blank), line.slice(blank + 1)];
    }),
  );
}

/** IPv4 and IPv6 routes without the local table's. A route that this can't read is left out: it must not hide the others. */
function routesOf(text: string): IpRoute[] {
  return linesOf(text)
    .filter((line) => !/^(local|broadcast|multicast|anycast) /.test(line))
    .flatMap((line) => {
      try {
        return parseIpRoute(line);
      } catch {
        return [];
      }
    });
}

/** Policy rules beside the three that every kernel starts with. */
function rulesOf(text: string): string[] {
  return linesOf(text)
    .map((line) => line.replaceAll(/\s+/g, " "))
    .filter(
      (line) => !/^(0: from all lookup local|32766: from all lookup main|32767: from all lookup default)$/.test(line),
    );
}

function portsOf(text: string): BridgePort[] {
  return linesOf(text).map((line) => {
    const [name = "", hairpin, isolated, learning, flood, broadcastFlood, state] = line.split(" ");
    return {
      name,
      hairpin: hairpin === "1",
      isolated: isolated === "1",
      learning: learning !== "0",
      flood: flood !== "0",
      broadcastFlood: broadcastFlood !== "0",
      state: Number(state),
    };
  });
}

function readOrNull(text: string): Firewall | null {
  try {
    return readFirewall(text);
  } catch {
    return null;
  }
}
