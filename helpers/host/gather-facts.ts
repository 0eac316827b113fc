import type Dockerode from "dockerode";
import { dockerErrorOf } from "../engine/docker-error.ts";
import type { DefaultBridgeFacts, Facts, HostFacts } from "../engine/facts.ts";
import { ProbeFailed } from "../probes/evidence.ts";
import { parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import { parseProcNetRoute } from "../probes/parse/parse-proc-net-route.ts";
import { parseProcNetTcp } from "../probes/parse/parse-proc-net-tcp.ts";
import { parseResolvConf } from "../probes/parse/parse-resolv-conf.ts";
import { asHost, type HostView } from "../vantage/host-view.ts";
import { configFileOf, effectiveConfiguration } from "./configuration.ts";

/** `docker info` and `docker version`, as far as this project reads them (the published types lack fields of newer APIs). */
export interface EngineInfo {
  readonly ID: string;
  readonly ServerVersion: string;
  readonly OperatingSystem: string;
  readonly KernelVersion: string;
  readonly Architecture: string;
  readonly Name: string;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly SecurityOptions?: readonly string[] | null;
  readonly Plugins?: { readonly Network?: readonly string[] | null };
  readonly Swarm?: { readonly LocalNodeState?: string };
  readonly DefaultAddressPools?: readonly { readonly Base: string; readonly Size: number }[] | null;
  readonly FirewallBackend?: { readonly Driver?: string } | null;
}

/**
 * Collects everything that expectations are computed from, in one question to the host and three to the API.
 * @param host the host's view; null when it could not be opened, with the reason in `hostViewMissing`
 */
export async function gatherFacts(docker: Dockerode, host: HostView | null, hostViewMissing = ""): Promise<Facts> {
  const [info, version, defaultBridge, hostAnswer] = await Promise.all([
    docker.info() as Promise<EngineInfo>,
    docker.version(),
    defaultBridgeOf(docker),
    host === null ? null : askHost(host),
  ]);
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
      firewallBackend: info.FirewallBackend?.Driver ?? "",
      networkPlugins: info.Plugins?.Network ?? [],
      swarmActive: info.Swarm?.LocalNodeState === "active",
      addressPools: (info.DefaultAddressPools ?? []).map((pool) => ({ base: pool.Base, size: pool.Size })),
    },
    configuration: hostAnswer?.configuration ?? {},
    host: hostAnswer?.facts ?? null,
    defaultBridge: withGateway(defaultBridge, hostAnswer?.facts ?? null),
    hostViewMissing,
  };
}

async function defaultBridgeOf(docker: Dockerode): Promise<DefaultBridgeFacts | null> {
  try {
    const network = (await docker.getNetwork("bridge").inspect()) as {
      Id: string;
      EnableIPv6: boolean;
      IPAM: { Config?: { Subnet?: string; Gateway?: string }[] | null };
      Options?: Record<string, string> | null;
    };
    const options = network.Options ?? {};
    const ipv4 = (network.IPAM.Config ?? []).find((config) => config.Subnet?.includes(".") ?? false);
    return {
      id: network.Id,
      device: options["com.docker.network.bridge.name"] ?? "docker0",
      subnet: ipv4?.Subnet ?? "",
      gateway: ipv4?.Gateway ?? "",
      options,
      ipv6: network.EnableIPv6,
    };
  } catch (error) {
    if (dockerErrorOf(error)?.statusCode === 404) return null;
    throw error;
  }
}

/** An engine that made its bridge itself at its last start names no gateway in inspect; the bridge's own address is it. */
function withGateway(bridge: DefaultBridgeFacts | null, host: HostFacts | null): DefaultBridgeFacts | null {
  if (bridge === null || bridge.gateway !== "") return bridge;
  const onDevice = host?.addresses.find(
    (address) => address.interface === bridge.device && address.address.includes("."),
  );
  return { ...bridge, gateway: onDevice?.address ?? "" };
}

/** One question for all of it: each section is introduced by `== <name>`. */
function hostScript(dockerd: number): string {
  const root = `/proc/${dockerd}/root`;
  const sections: Record<string, string> = {
    hostname: "cat /proc/sys/kernel/hostname",
    addresses: "ip addr",
    routes: "cat /proc/net/route",
    alltables: "ip route show table all",
    resolv: `cat ${root}/etc/resolv.conf`,
    resolved: `cat ${root}/run/systemd/resolve/resolv.conf`,
    cmdline: `tr '\\0' '\\n' < /proc/${dockerd}/cmdline`,
    forward: "cat /proc/sys/net/ipv4/ip_forward",
    ipv6: "cat /proc/sys/net/ipv6/conf/all/disable_ipv6",
    ports: "cat /proc/sys/net/ipv4/ip_local_port_range",
    bridgenf: "cat /proc/sys/net/bridge/bridge-nf-call-iptables",
    namespaces: `for n in net uts ipc pid mnt user; do echo $n $(readlink /proc/${dockerd}/ns/$n); done`,
    tools: asHost(
      dockerd,
      "command -v iptables-save; command -v ip; command -v tcpdump; ip netns list >/dev/null 2>&1 && echo netns",
    ),
    tcp: "cat /proc/net/tcp /proc/net/tcp6",
    udp: "cat /proc/net/udp /proc/net/udp6",
  };
  return Object.entries(sections)
    .map(([name, command]) => `echo "== ${name}"; ${command} 2>/dev/null`)
    .concat("true")
    .join("; ");
}

function sectionsOf(text: string): (name: string) => string {
  const sections = new Map<string, string>();
  for (const block of text.split(/^== /m).slice(1)) {
    const end = block.indexOf("\n");
    sections.set(block.slice(0, end), block.slice(end + 1));
  }
  return (name) => sections.get(name) ?? "";
}

/** Deadline for the host's facts: a fraction of a second on an idle host, many on an overloaded one. */
const HOST_SECONDS = 60;

async function askHost(host: HostView): Promise<{ facts: HostFacts; configuration: Facts["configuration"] }> {
  const dockerdPid = await host.dockerdPid();
  const answer = await host.ask(hostScript(dockerdPid ?? 1), { seconds: HOST_SECONDS });
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
  const file = await host.ask(`cat /proc/${dockerdPid ?? 1}/root${configFileOf(flags)} 2>/dev/null; true`);
  const links = parseIpAddress(section("addresses"));
  const routes = parseProcNetRoute(section("routes"));
  const addresses = links.flatMap((link) =>
    link.addresses.map(({ address, prefix, scope }) => ({ interface: link.name, address, prefix, scope: scope ?? "" })),
  );
  const uplinkRoute = routes
    .filter((route) => route.prefix === 0 && route.gateway !== null)
    .toSorted((a, b) => a.metric - b.metric)[0];
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
    uplink:
      uplinkRoute === undefined
        ? null
        : {
            interface: uplinkRoute.interface,
            gateway: uplinkRoute.gateway ?? "",
            address:
              addresses.find((a) => a.interface === uplinkRoute.interface && a.address.includes("."))?.address ?? "",
          },
    resolver: resolverOf(section("resolv"), section("resolved")),
    ipv6Enabled: section("ipv6").trim() === "0",
    ipForward: section("forward").trim() === "1",
    ephemeralPorts: [Number(ranges?.[1] ?? 32768), Number(ranges?.[2] ?? 60999)],
    bridgeNfCallIptables: section("bridgenf").trim() === "" ? null : section("bridgenf").trim() === "1",
    namespaces,
    tools: {
      iptablesSave: section("tools").includes("iptables-save"),
      iproute2: /\/ip$/m.test(section("tools")),
      ipNetns: section("tools").includes("netns"),
      tcpdump: section("tools").includes("tcpdump"),
    },
    dockerdPid,
    dockerdFlags: flags,
    boundPorts: boundPortsOf(section("tcp"), section("udp")),
  };
  return { facts, configuration: effectiveConfiguration(parseConfigFile(file.stdout), flags) };
}

/** A file that dockerd would refuse is none: the running daemon was not started with it. */
function parseConfigFile(text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  try {
    const parsed: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
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

/** dockerd takes systemd-resolved's upstream list where resolv.conf names nothing but its stub (moby `resolvconf.Path`). */
function resolverOf(resolvConf: string, resolved: string): HostFacts["resolver"] {
  const own = parseResolvConf(resolvConf);
  const stubOnly = own.nameservers.length > 0 && own.nameservers.every((server) => server === "127.0.0.53");
  const { nameservers, search, options } = stubOnly && resolved.trim() !== "" ? parseResolvConf(resolved) : own;
  return { nameservers, search, options };
}

function boundPortsOf(tcp: string, udp: string): number[] {
  const listening = parseProcNetTcp(tcp).filter((socket) => socket.state === "LISTEN");
  return [...new Set([...listening, ...parseProcNetTcp(udp)].map((socket) => socket.local.port))].toSorted(
    (a, b) => a - b,
  );
}
