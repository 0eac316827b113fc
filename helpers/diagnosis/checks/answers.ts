import { basename } from "node:path";
import type { Deviation } from "../../audits/deviation.ts";
import { isBlank } from "../../expectations/inspect.ts";
import type { EndpointSettings } from "../../model/engine-answers.ts";
import { type ContainerState, endpointsOf, joinedBy, modeOf, type Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";

/** Answers of the engine that can't be true by what the answer itself, the request or the container's processes say. */
export function checkAnswers(snapshot: Snapshot): Deviation[] {
  return [
    ...snapshot.containers.flatMap((container) => [
      ...hostMode(container),
      ...namespaceModes(snapshot, container),
      ...files(snapshot, container),
      ...sandbox(container),
      ...dnsNames(container),
      ...secondary(container),
    ]),
    ...stale(snapshot),
    ...refusals(snapshot),
  ];
}

const WRONG = "the engine's answer is wrong, or somebody between here and the engine altered it";

function say(container: ContainerState, topics: readonly string[], what: string): Deviation {
  return finding("engine", "differs", [container.name], ["inspect", ...topics], `${what}: ${WRONG}.`);
}

const GIVEN = [
  "IPAddress",
  "IPPrefixLen",
  "Gateway",
  "MacAddress",
  "GlobalIPv6Address",
  "GlobalIPv6PrefixLen",
  "IPv6Gateway",
] as const satisfies readonly (keyof EndpointSettings)[];
const ASKED = ["IPAMConfig", "Links", "Aliases", "DriverOpts"] as const satisfies readonly (keyof EndpointSettings)[];

/** In host mode the engine gives a container nothing, and nobody can ask for an address. */
function hostMode(container: ContainerState): Deviation[] {
  const settings = container.inspected.NetworkSettings.Networks?.host;
  if (modeOf(container.inspected.HostConfig.NetworkMode) !== "host" || settings === undefined) return [];
  const asked = container.asked?.create.NetworkingConfig?.EndpointsConfig ?? {};
  const fields = [...GIVEN, ...(container.asked !== null && isBlank(asked) ? ASKED : [])];
  return fields
    .filter((field) => !isBlank(settings[field]))
    .map((field) =>
      say(
        container,
        ["host mode", field.toLowerCase(), "host"],
        `The engine's inspect of ${container.name}, which is in host mode, gives it ${field} ${JSON.stringify(settings[field])} on network host, where the engine gives a container nothing of its own (its interfaces are the host's) and nobody asked for it`,
      ),
    );
}

/** What inspect says is shared with the host, against the namespaces that the container's process is in. */
function namespaceModes({ host }: Snapshot, container: ContainerState): Deviation[] {
  const { inside, name, inspected, asked } = container;
  const modes = [
    ["PidMode", "pid"],
    ["UTSMode", "uts"],
    ["IpcMode", "ipc"],
  ] as const;
  return modes.flatMap(([field, kind]) => {
    const own = inside?.namespaces[kind];
    const hosts = host?.namespaces[kind];
    if (inspected.HostConfig[field] !== "host" || asked?.host[field] === "host") return [];
    if (own === undefined || hosts === undefined || own === hosts) return [];
    return [
      say(
        container,
        ["namespace", field.toLowerCase()],
        `The engine's inspect of ${name} says HostConfig.${field} host; its main process is in the ${kind} namespace ${own}, the host's is ${hosts}`,
      ),
    ];
  });
}

/** A container's files lie in its own directory, or in that of the container whose network it joined. */
function files({ containers }: Snapshot, container: ContainerState): Deviation[] {
  const { NetworkMode } = container.inspected.HostConfig;
  const owner = joinedBy(containers, NetworkMode);
  if (owner === null && modeOf(NetworkMode).startsWith("container:")) return [];
  const ids = [container.id, ...(owner === null ? [] : [owner.id])];
  return (["HostnamePath", "HostsPath", "ResolvConfPath"] as const).flatMap((field) => {
    const path = container.inspected[field];
    const id = /\/containers\/([0-9a-f]{64})\//.exec(path ?? "")?.[1];
    if (id === undefined || ids.includes(id)) return [];
    return [
      say(
        container,
        [field.toLowerCase(), "file"],
        `The engine's inspect of ${container.name} names ${path} as its ${field}: that is a file of container ${id.slice(0, 12)}, not of ${container.id.slice(0, 12)}`,
      ),
    ];
  });
}

/** The file of a network namespace bears the first digits of the sandbox's id. */
function sandbox(container: ContainerState): Deviation[] {
  const { SandboxKey, SandboxID } = container.inspected.NetworkSettings;
  if (isBlank(SandboxKey) || typeof SandboxID !== "string" || SandboxID === "") return [];
  const file = basename(SandboxKey);
  if (file === "default" || SandboxID.startsWith(file)) return [];
  return [
    say(
      container,
      ["sandboxkey", "sandbox"],
      `The engine's inspect of ${container.name} names ${SandboxKey} as the file of its network namespace (SandboxKey), and ${SandboxID.slice(0, 12)} as the sandbox's id, by which that file is named`,
    ),
  ];
}

/** Names under which the embedded DNS server knows a container: its own, its short id, its hostname and what was asked for. */
function dnsNames(container: ContainerState): Deviation[] {
  return endpointsOf(container).flatMap(({ name: network, settings }) => {
    const names = settings.DNSNames ?? [];
    if (names.length === 0) return [];
    const known = [container.name, container.id.slice(0, 12), container.inspected.Config.Hostname];
    const lacking = known.slice(0, 2).filter((name) => !names.includes(name));
    const foreign = names.filter((name) => !known.includes(name) && !(settings.Aliases ?? []).includes(name));
    if (lacking.length === 0 && foreign.length === 0) return [];
    return [
      say(
        container,
        ["dnsnames", "name"],
        `The engine's inspect of ${container.name} gives it the DNSNames ${names.join(", ")} on ${network}${lacking.length === 0 ? "" : `, without its own ${lacking.join(" and ")}`}${foreign.length === 0 ? "" : `, and with ${foreign.join(", ")}, which is neither its name, its hostname nor an alias`}`,
      ),
    ];
  });
}

/** Docker gives an interface one IPv4 address; a second one that inspect names must at least be there. */
function secondary(container: ContainerState): Deviation[] {
  const { inside, inspected, name } = container;
  const { SecondaryIPAddresses } = inspected.NetworkSettings;
  if (inside === null || !Array.isArray(SecondaryIPAddresses)) return [];
  const carried = new Set(inside.addresses.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
  const absent = (SecondaryIPAddresses as readonly { readonly Addr?: string }[]).flatMap(({ Addr = "" }) =>
    carried.has(Addr) ? [] : [Addr],
  );
  if (absent.length === 0) return [];
  return [
    say(
      container,
      ["secondary", "address"],
      `The engine's inspect of ${name} names the secondary addresses ${absent.join(", ")} (SecondaryIPAddresses); none of its interfaces has them`,
    ),
  ];
}

/** Own networks hold own containers only: another entry is an endpoint that outlived its container. */
function stale({ networks, asked, lists }: Snapshot): Deviation[] {
  return networks.flatMap((network) => {
    if (asked[network.Id] === undefined) return [];
    return Object.entries(network.Containers ?? {})
      .filter(([id]) => !lists.containers.some(({ Id }) => Id === id))
      .map(([id, { Name, IPv4Address }]) =>
        finding(
          "engine",
          "differs",
          [],
          ["containers", "network inspect", "endpoint", "attached", "list"],
          `Network inspect of ${network.Name} lists under Containers ${Name} (${id.slice(0, 12)}, ${IPv4Address || "no address"}), which the engine's list of running containers does not have: a stale endpoint (\`docker network disconnect --force ${network.Name} ${Name}\` takes it away), or the engine's answer is an old one.`,
        ),
      );
  });
}

/** An engine's refusal names what it was asked for. */
function refusals({ lists: { refusal } }: Snapshot): Deviation[] {
  if (refusal === null || refusal.said.includes(refusal.asked)) return [];
  return [
    finding(
      "engine",
      "differs",
      [],
      ["refus", "words", "say"],
      `The engine's refusals don't say what they refuse: asked for a network ${refusal.asked}, which there is not, it said only "${refusal.said}". A proxy or an authorization plugin between here and the engine puts its own words in place of the engine's.`,
    ),
  ];
}
