import type Dockerode from "dockerode";
import { claimedConfiguration, claimsOf } from "../configuration/claims.ts";
import { readDaemonJson } from "../configuration/daemon-json.ts";
import { effectiveValues } from "../configuration/effective.ts";
import { configFileFlag, readFlags } from "../configuration/flags.ts";
import { textOf } from "../configuration/json-text.ts";
import { fileChangedAfterStart } from "../configuration/mismatch.ts";
import { type InfoOfOthers, othersInForce } from "../configuration/others-in-force.ts";
import { processStart } from "../configuration/process-start.ts";
import { askForInfo, askForNetwork } from "../engine/answers.ts";
import { dockerErrorOf } from "../engine/docker-error.ts";
import type { Claims, NetworkConfiguration } from "../model/configuration-facts.ts";
import type { NetworkRecord } from "../model/engine-answers.ts";
import type { VersionedEngine } from "../model/engine-version.ts";
import { ProbeFailed } from "../model/evidence.ts";
import type { ConfigurationFileFacts, DefaultBridgeFacts, Facts, HostFacts, ResolverFile } from "../model/facts.ts";
import { quoted } from "../model/shell-words.ts";
import { parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import { parseProcNetRoute } from "../probes/parse/parse-proc-net-route.ts";
import { parseProcNetTcp } from "../probes/parse/parse-proc-net-tcp.ts";
import { parseResolvConf, rewrittenParts } from "../probes/parse/parse-resolv-conf.ts";
import { sectionsOf } from "../probes/parse/sections.ts";
import { asHost, type HostView, readAsHost } from "../vantage/host-view.ts";
import { DENIALS_OF_IPTABLES, defaultDenial, INPUT_CHAINS_OF_NFT } from "./default-denial.ts";
import { type Family, uplinkOf, WAYS_COMMAND } from "./uplink.ts";

/**
 * Collects everything that expectations are computed from, in one question to the host and three to the API.
 * @param host the host's view; null when it could not be opened, with the reason in `hostViewMissing`
 */
export async function gatherFacts(docker: Dockerode, host: HostView | null, hostViewMissing = ""): Promise<Facts> {
  const asked = Promise.all([askForInfo(docker), docker.version()]);
  const [[info, version], bridge, hostAnswer] = await Promise.all([
    asked,
    inspectDefaultBridge(docker),
    host === null ? null : askHost(host),
  ]);
  const versioned = { engine: { version: info.ServerVersion, apiVersion: version.ApiVersion } };
  const configured = hostAnswer === null ? null : configurationOf(hostAnswer, versioned, info);
  const seen = hostAnswer === null || hostAnswer.detached ? null : hostAnswer.facts;
  const security = info.SecurityOptions ?? [];
  return {
    engine: {
      id: info.ID,
      version: info.ServerVersion,
      apiVersion: version.ApiVersion,
      os: info.OperatingSystem,
      kernel: info.KernelVersion,
      architecture: info.Architecture,
      hostname: info.Name,
      cpus: info.NCPU,
      memoryBytes: info.MemTotal,
      rootless: security.some((option) => option.includes("rootless")),
      usernsRemap: security.some((option) => option.includes("userns")),
      networksDetached: hostAnswer?.detached === true,
      firewallBackend: info.FirewallBackend?.Driver ?? "",
      networkPlugins: info.Plugins?.Network ?? [],
      swarmState: info.Swarm?.LocalNodeState || "inactive",
      swarmError: info.Swarm?.Error ?? "",
      // A worker is told of managers alone, and is none itself.
      swarmOthers:
        (info.Swarm?.Nodes ?? 0) > 1 ||
        (info.Swarm?.RemoteManagers ?? []).some(({ NodeID }) => NodeID !== info.Swarm?.NodeID),
      addressPools: (info.DefaultAddressPools ?? []).map((pool) => ({ base: pool.Base, size: pool.Size })),
    },
    configuration: configured?.configuration ?? {},
    ...(configured === null
      ? {}
      : { claims: configured.claims, configurationFile: configured.file, othersInForce: configured.othersInForce }),
    effective: effectiveValues({ info, bridge }),
    host: seen,
    defaultBridge: withGateway(bridge === null ? null : defaultBridgeOf(bridge), seen),
    hostViewMissing: hostAnswer?.detached === true ? DETACHED : hostViewMissing,
  };
}

const DETACHED =
  "the engine is rootless, and its networks lie in a network namespace apart from dockerd's (RootlessKit's --detach-netns), where no container can look";

/** Null where there is none: `"bridge": "none"`. */
async function inspectDefaultBridge(docker: Dockerode): Promise<NetworkRecord | null> {
  try {
    return await askForNetwork(docker, "bridge");
  } catch (error) {
    if (dockerErrorOf(error)?.statusCode === 404) return null;
    throw error;
  }
}

function defaultBridgeOf(network: NetworkRecord): DefaultBridgeFacts {
  const options = network.Options ?? {};
  const ipv4 = (network.IPAM?.Config ?? []).find((config) => config.Subnet?.includes(".") ?? false);
  return {
    id: network.Id,
    device: options["com.docker.network.bridge.name"] ?? "docker0",
    subnet: ipv4?.Subnet ?? "",
    gateway: ipv4?.Gateway ?? "",
    options,
    ipv6: network.EnableIPv6,
  };
}

/** An engine that made its bridge itself at its last start names no gateway in inspect; the bridge's own address is it. */
function withGateway(bridge: DefaultBridgeFacts | null, host: HostFacts | null): DefaultBridgeFacts | null {
  if (bridge === null || bridge.gateway !== "") return bridge;
  const onDevice = host?.addresses.find(
    (address) => address.interface === bridge.device && address.address.includes("."),
  );
  return { ...bridge, gateway: onDevice?.address ?? "" };
}

const RESOLV_CONF = "/etc/resolv.conf";
/** Where systemd-resolved writes the servers that stand behind its stub. */
const RESOLVED = "/run/systemd/resolve/resolv.conf";

/** Files below /proc/sys that dockerd writes, or needs as they are (a pattern of the shell). */
const SWITCHES =
  "net/ipv4/ip_forward net/ipv4/conf/all/rp_filter net/ipv6/conf/all/forwarding net/ipv6/conf/default/forwarding net/bridge/bridge-nf-call-iptables net/bridge/bridge-nf-call-ip6tables";

/** One question for all of it: each section is introduced by `== <name>`. */
function hostScript(dockerd: number): string {
  const root = `/proc/${dockerd}/root`;
  const sections: Record<string, string> = {
    hostname: "cat /proc/sys/kernel/hostname",
    addresses: "ip addr",
    routes: "cat /proc/net/route",
    alltables: "ip route show table all",
    ways: WAYS_COMMAND,
    // A file of people's may end without its line's end.
    resolv: `{ ${readAsHost(dockerd, RESOLV_CONF)} || cat ${root}${RESOLV_CONF}; } 2>/dev/null && echo || { echo "== noresolv"; echo yes; }`,
    resolved: `cat ${root}${RESOLVED} 2>/dev/null; echo`,
    cmdline: `tr '\\0' '\\n' < /proc/${dockerd}/cmdline`,
    // Where a rootless dockerd looks for its file; nothing else of its environment.
    homes: `tr '\\0' '\\n' < /proc/${dockerd}/environ | grep -E '^(HOME|XDG_CONFIG_HOME|ROOTLESSKIT_STATE_DIR)='`,
    // RootlessKit keeps a network namespace that it detached from dockerd in a file of this name.
    detached: `s=$(tr '\\0' '\\n' < /proc/${dockerd}/environ | sed -n 's/^ROOTLESSKIT_STATE_DIR=//p'); [ -n "$s" ] && [ -e ${root}$s/netns ] && echo yes`,
    stat: `cat /proc/${dockerd}/stat`,
    kernel: "grep btime /proc/stat",
    auxv: "od -An -v -t u8 /proc/self/auxv",
    forward: "cat /proc/sys/net/ipv4/ip_forward",
    ipv6: "cat /proc/sys/net/ipv6/conf/all/disable_ipv6",
    ports: "cat /proc/sys/net/ipv4/ip_local_port_range",
    // Not by the shell's read: it asks byte by byte, and such a file has but one answer.
    switches: `(cd /proc/sys && grep -s . ${SWITCHES})`,
    bridgenf: "cat /proc/sys/net/bridge/bridge-nf-call-iptables",
    namespaces: `for n in net uts ipc pid mnt user; do echo $n $(readlink /proc/${dockerd}/ns/$n); done`,
    tools: asHost(
      dockerd,
      "command -v iptables-save; command -v ip; command -v tcpdump; ip netns list >/dev/null 2>&1 && echo netns",
    ),
    // A whole list fails at a rule that iptables does not know at all.
    refused: asHost(
      dockerd,
      `for f in ip ip6; do command -v \${f}tables-save >/dev/null || continue; o=$(\${f}tables-save 2>/dev/null) || echo "some of $f"; echo "$o" | sed -n "s/^# Table .\\(.*\\). is incompatible.*/$f \\1/p"; done`,
    ),
    iptablesinput: `${asHost(dockerd, "iptables-save -t filter 2>/dev/null")} | grep -E '${DENIALS_OF_IPTABLES}'`,
    nftinput: `${asHost(dockerd, "nft list ruleset 2>/dev/null")} | awk '${INPUT_CHAINS_OF_NFT}'`,
    tcp: "cat /proc/net/tcp /proc/net/tcp6",
    udp: "cat /proc/net/udp /proc/net/udp6",
  };
  return Object.entries(sections)
    .map(([name, command]) => `echo "== ${name}"; ${command} 2>/dev/null`)
    .concat("true")
    .join("; ");
}

/** Deadline for the host's facts: a fraction of a second on an idle host, many on an overloaded one. */
const HOST_SECONDS = 60;

/** What the host said, with the configuration file as it is: read once the engine's version is known. */
interface HostAnswer {
  readonly facts: HostFacts;
  /** The engine's networks lie in another network namespace than dockerd and containers in host mode. */
  readonly detached: boolean;
  readonly file: Omit<ConfigurationFileFacts, "problems"> & { readonly text: string };
}

async function askHost(host: HostView): Promise<HostAnswer> {
  const dockerdPid = await host.dockerdPid();
  const answer = await host.askMuch(hostScript(dockerdPid ?? 1), { seconds: HOST_SECONDS });
  // Half an answer would look like a host without addresses, tools and bound ports.
  if (answer.timedOut) throw new ProbeFailed(`the host did not tell its facts within ${HOST_SECONDS} s`, answer);
  const section = sectionsOf(answer.stdout);
  const flags =
    dockerdPid === null
      ? []
      : section("cmdline")
          .split("\n")
          .slice(1)
          .filter((flag) => flag !== "");
  const path = configurationPath(flags, section("homes"));
  const file = await askForFile(host, dockerdPid ?? 1, path);
  const startedAt = dockerdPid === null ? null : processStart(section("stat"), section("kernel"), section("auxv"));
  const links = parseIpAddress(section("addresses"));
  const routes = parseProcNetRoute(section("routes"));
  const addresses = links.flatMap((link) =>
    link.addresses.map(({ address, prefix, scope }) => ({ interface: link.name, address, prefix, scope: scope ?? "" })),
  );
  const addressed = (family: Family): ReadonlySet<string> =>
    new Set(
      addresses
        .filter(({ address, scope }) => scope === "global" && address.includes(":") === (family === "ipv6"))
        .map((address) => address.interface),
    );
  const ranges = /(\d+)\s+(\d+)/.exec(section("ports"));
  const namespaces = Object.fromEntries(
    section("namespaces")
      .split("\n")
      .map((line) => line.split(" ") as [string, string])
      .filter(([, inode]) => inode !== undefined && inode !== ""),
  );
  const facts: HostFacts = {
    hostname: section("hostname").trim(),
    links: links.map((link) => ({
      name: link.name,
      index: link.index,
      kind: link.flags.includes("LOOPBACK") ? "loopback" : "link",
    })),
    addresses,
    routes: destinationsOf(
      section("alltables"),
      routes.map((route) => `${route.destination}/${route.prefix}`),
    ),
    uplink: uplinkOf(section("ways"), "ipv4", addressed("ipv4")),
    uplink6: uplinkOf(section("ways"), "ipv6", addressed("ipv6")),
    resolver: resolverOf(section("noresolv").trim() === "yes" ? null : section("resolv"), section("resolved")),
    ipv6Enabled: section("ipv6").trim() === "0",
    ipv6Loopback: addresses.some(({ interface: name, address }) => name === "lo" && address === "::1"),
    ipForward: section("forward").trim() === "1",
    ephemeralPorts: [Number(ranges?.[1] ?? 32768), Number(ranges?.[2] ?? 60999)],
    switches: Object.fromEntries(
      [...section("switches").matchAll(/^(net\/[^:\s]+):(\S+)$/gm)].map(([, name = "", value = ""]) => [name, value]),
    ),
    bridgeNfCallIptables: section("bridgenf").trim() === "" ? null : section("bridgenf").trim() === "1",
    namespaces,
    tools: {
      iptablesSave: section("tools").includes("iptables-save"),
      iproute2: /\/ip$/m.test(section("tools")),
      ipNetns: section("tools").includes("netns"),
      tcpdump: section("tools").includes("tcpdump"),
      refusedTables: section("refused").match(/\S.*\S/g) ?? [],
    },
    dockerdPid,
    dockerdFlags: flags,
    dockerdStartedAt: startedAt === null ? null : new Date(startedAt).toISOString(),
    boundPorts: boundPortsOf(section("tcp"), section("udp")),
    defaultDenial: defaultDenial(section("iptablesinput"), section("nftinput")),
  };
  return { facts, detached: section("detached").trim() === "yes", file: { path, ...file } };
}

/** Where dockerd looks for its file: `--config-file`, else the system's place, or the user's where it runs without root. */
function configurationPath(flags: readonly string[], homes: string): string {
  const named = configFileFlag(flags);
  if (named !== null) return named;
  const variable = (name: string): string => new RegExp(`^${name}=(.*)$`, "m").exec(homes)?.[1] ?? "";
  // RootlessKit sets it for the dockerd that it starts, which tells dockerd that it runs without root.
  if (variable("ROOTLESSKIT_STATE_DIR") === "") return "/etc/docker/daemon.json";
  return `${variable("XDG_CONFIG_HOME") || `${variable("HOME")}/.config`}/docker/daemon.json`;
}

/** The configuration file as it lies there now. @param dockerd its pid, whose root and working directory count */
export async function askForFile(
  host: HostView,
  dockerd: number,
  path: string,
): Promise<Pick<HostAnswer["file"], "present" | "modifiedAt" | "changedAt" | "text">> {
  const at = quoted(`/proc/${dockerd}/${path.startsWith("/") ? "root" : "cwd/"}${path}`);
  const { stdout } = await host.ask(`test -f ${at} && stat -Lc '%Y %Z' ${at} && base64 ${at}; true`);
  const times = /^(\d+) (\d+)\n/.exec(stdout);
  if (times === null) return { present: false, modifiedAt: null, changedAt: null, text: "" };
  const moment = (seconds: string | undefined): string => new Date(Number(seconds) * 1000).toISOString();
  return {
    present: true,
    modifiedAt: moment(times[1]),
    changedAt: moment(times[2]),
    text: textOf(Buffer.from(stdout.slice(times[0].length), "base64")),
  };
}

interface Configured {
  readonly configuration: NetworkConfiguration;
  readonly claims: Claims;
  readonly file: ConfigurationFileFacts;
  readonly othersInForce: NonNullable<Facts["othersInForce"]>;
}

/** File and flags merged. A file that is no JSON claims nothing: the running daemon was not started with it. */
function configurationOf(
  { facts, file: { text, ...file } }: HostAnswer,
  engine: VersionedEngine,
  info: InfoOfOthers,
): Configured {
  const { values, problems } = file.present ? readDaemonJson(text, engine) : { values: {}, problems: [] };
  // What dockerd has started with it does not refuse, whatever this project knows of its version.
  const accepted = fileChangedAfterStart({ configurationFile: { ...file, problems }, host: facts }) === "no";
  const flags = readFlags(facts.dockerdFlags, engine);
  return {
    configuration: claimedConfiguration(values, flags),
    claims: claimsOf(values, flags),
    othersInForce: othersInForce(values, info),
    file: { ...file, problems: accepted ? problems.filter(({ refused }) => !refused) : problems },
  };
}

/** Destinations of all routing tables (a VPN often keeps its routes in one of its own), default and local ones left out. */
function destinationsOf(allTables: string, main: readonly string[]): string[] {
  const found = new Set(main.filter((destination) => !destination.endsWith("/0")));
  for (const line of allTables.split("\n")) {
    const match = /^(?:unicast |unreachable |blackhole |prohibit )?(\d+\.\d+\.\d+\.\d+)(\/\d+)?\s/.exec(line);
    if (match !== null && !line.includes("table local")) found.add(`${match[1]}${match[2] ?? "/32"}`);
  }
  return [...found];
}

/**
 * dockerd takes systemd-resolved's upstream list where resolv.conf names nothing but its stub (moby `resolvconf.Path`).
 * @param resolvConf null where there is no such file
 */
function resolverOf(resolvConf: string | null, resolved: string): HostFacts["resolver"] {
  const own = parseResolvConf(resolvConf ?? "");
  const stubOnly = own.nameservers.length > 0 && own.nameservers.every((server) => server === "127.0.0.53");
  const upstream = stubOnly && resolved.trim() !== "";
  const text = upstream ? resolved : (resolvConf ?? "");
  const file = resolvConf === null ? null : upstream ? RESOLVED : RESOLV_CONF;
  const { skipped } = parseResolvConf(text);
  return { ...fileOf(text), file, skipped, ...(upstream ? { own: fileOf(resolvConf ?? "") } : {}) };
}

function fileOf(text: string): ResolverFile {
  const { nameservers, search, options } = parseResolvConf(text);
  return { nameservers, search, options, rewritten: rewrittenParts(text) };
}

function boundPortsOf(tcp: string, udp: string): number[] {
  const listening = parseProcNetTcp(tcp).filter((socket) => socket.state === "LISTEN");
  return [...new Set([...listening, ...parseProcNetTcp(udp)].map((socket) => socket.local.port))].toSorted(
    (a, b) => a - b,
  );
}
