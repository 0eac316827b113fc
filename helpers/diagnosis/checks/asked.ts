import type { Does, Layer } from "../../audits/bearings.ts";
import type { Deviation } from "../../audits/deviation.ts";
import { sameAddress } from "../../model/address.ts";
import { cidr, isIpv4Cidr } from "../../model/cidr.ts";
import type { NetworkRecord } from "../../model/engine-answers.ts";
import { type ContainerState, endpointsOf, joinedBy, modeOf, type Snapshot } from "../../snapshot/snapshot.ts";
import type { AskedContainer } from "../../topology/asked.ts";
import { finding } from "../finding.ts";

/**
 * What the engine says it made, against what it was asked for. Where the two differ, somebody between here and the engine
 * alters requests (an authorization plugin, a platform's proxy), or the engine did not do what it was asked.
 */
export function checkAsked(snapshot: Snapshot): Deviation[] {
  return [
    ...snapshot.containers.flatMap((container) => ofContainer(snapshot, container)),
    ...snapshot.networks.flatMap((network) => ofNetwork(snapshot, network)),
  ];
}

const WHO =
  "somebody between here and the engine alters requests (an authorization plugin, a platform's proxy), or the engine did not do what it was asked";

/** A field of a create request: what was asked, what the engine says, and which failures a difference explains. */
interface Field {
  readonly what: string;
  readonly kind: Layer;
  readonly effect: Does;
  readonly topics: readonly string[];
  readonly asked: string;
  readonly made: string;
}

function ofContainer(snapshot: Snapshot, container: ContainerState): Deviation[] {
  const { asked, name } = container;
  if (asked == null) return [];
  const target = joinedBy(snapshot.containers, asked.networkMode)?.name ?? null;
  // Who joined it has its network and its hostname.
  const joiners = snapshot.containers
    .filter(({ inspected }) => inspected.HostConfig.NetworkMode === `container:${container.id}`)
    .map((joined) => joined.name);
  return fieldsOf(snapshot, container, asked)
    .filter((field) => field.asked !== field.made)
    .map((field) =>
      finding(
        field.kind,
        field.effect,
        [name, ...(target === null ? [] : [target]), ...joiners],
        field.topics,
        `${name} was to be created with ${field.what} ${field.asked || "left out"}; the engine's inspect says ${field.made || "none"}: ${WHO}.`,
      ),
    );
}

const NAMES = ["name", "dns", "lookup", "look up", "resolve", "resolv.conf", "alias", "container"] as const;

function fieldsOf({ facts }: Snapshot, container: ContainerState, asked: AskedContainer): Field[] {
  const { inspected } = container;
  const { Config, HostConfig } = inspected;
  const mode = modeOf(asked.networkMode);
  const joins = mode.startsWith("container:");
  const wantedHostname =
    asked.hostname ??
    asked.create.Hostname ??
    (joins ? Config.Hostname : mode === "host" ? facts.engine.hostname : container.id.slice(0, 12));
  const list = (values: unknown): string => (Array.isArray(values) ? values.join(" ") : "");
  const namespace = (
    field: "PidMode" | "IpcMode" | "UTSMode" | "UsernsMode",
    kind: string,
    topics: readonly string[],
  ): Field => ({
    what: `the ${kind} namespace (${field})`,
    kind: "namespaces",
    effect: "opens",
    topics,
    asked: ownOr(asked.host[field as "PidMode"]),
    made: ownOr(HostConfig[field as "PidMode"]),
  });
  const option = (
    field: "Dns" | "DnsSearch" | "DnsOptions" | "ExtraHosts" | "Binds",
    cli: string,
    kind: Layer,
    effect: Does,
    topics: readonly string[],
  ): Field => ({
    what: `${cli} (HostConfig.${field})`,
    kind,
    effect,
    topics,
    asked: list(asked.host[field]),
    made: list(HostConfig[field]),
  });
  return [
    {
      what: "NetworkMode",
      kind: "namespaces",
      effect: "any",
      topics: ["network", "namespace", "join", "mode", "none"],
      asked: joins ? "container:…" : mode,
      made: joins
        ? modeOf(HostConfig.NetworkMode).replace(/^container:.*/, "container:…")
        : modeOf(HostConfig.NetworkMode),
    },
    namespace("PidMode", "PID", ["pid", "process"]),
    namespace("IpcMode", "IPC", ["ipc", "shared memory"]),
    namespace("UTSMode", "UTS", ["uts", "hostname"]),
    namespace("UsernsMode", "user", ["user namespace", "usernsmode"]),
    option("Dns", "--dns", "names", "any", [...NAMES, "nameserver"]),
    option("DnsSearch", "--dns-search", "names", "any", [...NAMES, "search"]),
    option("DnsOptions", "--dns-option", "names", "any", [...NAMES, "option", "ndots"]),
    option("ExtraHosts", "--add-host", "names", "any", ["hosts", "name", "resolve"]),
    option("Binds", "mounts", "namespaces", "opens", ["mount", "program", "shared memory", "file", "ipc"]),
    {
      what: "capabilities (HostConfig.CapAdd)",
      kind: "namespaces",
      effect: "any",
      topics: ["capability", "ping", "icmp"],
      asked: capabilities(asked.host.CapAdd),
      made: capabilities(HostConfig.CapAdd),
    },
    {
      what: "--sysctl",
      kind: "routes",
      effect: "any",
      topics: ["sysctl"],
      asked: pairs(asked.host.Sysctls),
      made: pairs(HostConfig.Sysctls),
    },
    {
      what: "hostname",
      kind: "names",
      effect: "any",
      topics: ["hostname", "name", "hosts"],
      asked: wantedHostname,
      // In host mode the engine takes the host's name apart at its first dot.
      made: mode === "host" && Config.Domainname ? `${Config.Hostname}.${Config.Domainname}` : Config.Hostname,
    },
    {
      what: "-P (PublishAllPorts)",
      kind: "ports",
      effect: "any",
      topics: ["publish", "port"],
      asked: String(asked.host.PublishAllPorts === true),
      made: String(HostConfig.PublishAllPorts === true),
    },
    {
      what: "published ports (PortBindings: HostIp, HostPort)",
      kind: "ports",
      effect: "any",
      topics: ["publish", "port", "address"],
      asked: bindings(asked.host.PortBindings),
      made: bindings(HostConfig.PortBindings),
    },
    ...endpointsAsked(container, asked),
  ];
}

/** Aliases and addresses asked for on a network; on those that it was connected to later none were. */
function endpointsAsked(container: ContainerState, { create }: AskedContainer): Field[] {
  const wanted = (create.NetworkingConfig?.EndpointsConfig ?? {}) as Readonly<
    Record<string, { readonly Aliases?: readonly string[]; readonly IPAMConfig?: { readonly IPv4Address?: string } }>
  >;
  // Engines before 25 count its own names among them.
  const own = [container.id.slice(0, 12), container.name, container.inspected.Config.Hostname];
  return endpointsOf(container).flatMap(({ name: network, settings }) => {
    const { Aliases = [], IPAMConfig = {} } = wanted[network] ?? {};
    const made = settings.Aliases ?? [];
    const known = new Set([...made, ...(settings.DNSNames ?? [])]);
    return [
      {
        what: `aliases on ${network}`,
        kind: "names",
        effect: "any",
        topics: NAMES,
        asked: Aliases.join(" "),
        made: [
          ...Aliases.filter((alias) => known.has(alias)),
          ...made.filter((alias) => !Aliases.includes(alias) && !own.includes(alias)),
        ].join(" "),
      },
      {
        what: `address (--ip) on ${network}`,
        kind: "links",
        effect: "any",
        topics: ["address", "ip"],
        asked: IPAMConfig.IPv4Address ?? "",
        made: IPAMConfig.IPv4Address === undefined ? "" : settings.IPAddress,
      },
    ] satisfies Field[];
  });
}

/** A namespace of its own is said in many words; what counts is whether it is somebody else's. */
function ownOr(mode: string | null | undefined): string {
  return mode === "host" || mode?.startsWith("container:") === true ? mode : "its own";
}

/** Engines give them back with or without `CAP_`. */
function capabilities(names: readonly string[] | null | undefined): string {
  return (names ?? [])
    .map((name) => name.toUpperCase().replace(/^CAP_/, ""))
    .toSorted()
    .join(" ");
}

/** Without those of one interface, which the engine may file with its endpoint. */
function pairs(values: Readonly<Record<string, string>> | null | undefined): string {
  return Object.entries(values ?? {})
    .filter(([key]) => !/\.eth\d+\./.test(key))
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
    .join(" ");
}

function bindings(asked: unknown): string {
  const ports = (asked ?? {}) as Readonly<
    Record<string, readonly { readonly HostIp?: string; readonly HostPort?: string }[] | null>
  >;
  return Object.entries(ports)
    .flatMap(([port, on]) =>
      (on ?? []).map(({ HostIp = "", HostPort = "" }) => `${HostIp || "*"}:${HostPort || "*"}->${port}`),
    )
    .toSorted()
    .join(" ");
}

function ofNetwork({ asked: known, facts }: Snapshot, network: NetworkRecord): Deviation[] {
  const asked = known?.[network.Id];
  if (asked === undefined) return [];
  const { Name: name } = network;
  const say = (topics: readonly string[], what: string, wanted: string, made: string): Deviation =>
    finding(
      "engine",
      "any",
      [name],
      ["network", ...topics],
      `Network ${name} was to be created with ${what} ${wanted || "left out"}; the engine's inspect says ${made || "none"}: ${WHO}.`,
    );
  const found: Deviation[] = [];
  const driver = asked.Driver ?? "bridge";
  if (network.Driver !== driver) found.push(say(["driver", driver, network.Driver], "driver", driver, network.Driver));
  if (network.Internal !== (asked.Internal === true))
    found.push(say(["internal", "gateway"], "internal", String(asked.Internal === true), String(network.Internal)));
  if (asked.EnableIPv6 !== undefined && network.EnableIPv6 !== asked.EnableIPv6)
    found.push(say(["ipv6"], "IPv6", String(asked.EnableIPv6), String(network.EnableIPv6)));
  const options: Readonly<Record<string, string>> = asked.Options ?? {};
  const made = network.Options ?? {};
  // What `default-network-opts` adds is asked for by the host's own file.
  const added = facts.configuration["default-network-opts"] === undefined ? Object.keys(made) : [];
  for (const key of new Set([...Object.keys(options), ...added])) {
    const short = key.replace(/^com\.docker\.network\.(bridge\.|driver\.)?/, "");
    if (options[key] !== made[key])
      found.push(say(["option", short.toLowerCase()], `option ${key}`, options[key] ?? "", made[key] ?? ""));
  }
  for (const range of (asked.IPAM?.Config ?? []) as readonly AskedRange[]) {
    const family = range.Subnet?.includes(":");
    const got = (network.IPAM.Config ?? []).find(({ Subnet }) => Subnet?.includes(":") === family) as
      | AskedRange
      | undefined;
    if (range.Subnet !== undefined && !sameRange(range.Subnet, got?.Subnet ?? ""))
      found.push(say(["subnet", "address"], "subnet", range.Subnet, got?.Subnet ?? ""));
    if (range.Gateway !== undefined && !sameAddress(range.Gateway, got?.Gateway?.split("/")[0] ?? ""))
      found.push(say(["gateway"], "gateway", range.Gateway, got?.Gateway ?? ""));
    if (range.IPRange !== undefined && !got?.IPRange)
      found.push(say(["range", "address"], "the range of addresses (IPRange)", range.IPRange, ""));
    const reserved = addressesIn(range.AuxiliaryAddresses);
    const kept = addressesIn(got?.AuxiliaryAddresses);
    if (reserved !== kept)
      found.push(say(["reserved", "auxiliary", "address"], "reserved (auxiliary) addresses", reserved, kept));
  }
  return found;
}

/** One range may be written in several ways: `10.0.0.5/24`, `10.0.0.0/24`. */
function sameRange(one: string, other: string): boolean {
  if (isIpv4Cidr(one) && isIpv4Cidr(other)) return cidr(one).equals(cidr(other));
  const [base = "", length] = one.split("/");
  const [otherBase = "", otherLength] = other.split("/");
  return length === otherLength && sameAddress(base, otherBase);
}

/** In one order: the engine keeps them by name, and gives them back in any. */
function addressesIn(reserved: AskedRange["AuxiliaryAddresses"]): string {
  return Object.values(reserved ?? {})
    .toSorted()
    .join(" ");
}

interface AskedRange {
  readonly Subnet?: string;
  readonly Gateway?: string;
  readonly IPRange?: string;
  readonly AuxiliaryAddresses?: Readonly<Record<string, string>>;
}
