import { isDeepStrictEqual } from "node:util";
import type { Deviation } from "../../audits/deviation.ts";
import { isBlank } from "../../expectations/inspect.ts";
import type { ListedContainer, NetworkRecord } from "../../model/engine-answers.ts";
import { listedAs } from "../../snapshot/by-lists.ts";
import { type ContainerState, endpointsOf, modeOf, type Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";

/** Which of two answers the host's rules, links and sockets agree with; null where they can't tell. */
type BorneOut = "list" | "inspect" | null;

/**
 * Where the engine's lists (`docker network ls`, `docker ps`) say something else than its inspects. Both answers come from
 * the same records of the engine: where they differ, one of them is wrong, and no rule or link of the host is to blame.
 */
export function checkLists(snapshot: Snapshot, borneOut: BorneOut = null): Deviation[] {
  return [...ofNetworks(snapshot, borneOut), ...missing(snapshot), ...ofContainers(snapshot, borneOut)];
}

/** What the engine gives under the same name in its list of networks and in their inspect. */
const OF_A_NETWORK = [
  "Id",
  "Name",
  "Driver",
  "Scope",
  "Internal",
  "EnableIPv6",
  "Created",
  "Attachable",
  "Ingress",
  "ConfigOnly",
  "ConfigFrom",
  "IPAM",
  "Options",
  "Labels",
] as const satisfies readonly (keyof NetworkRecord)[];

const TOPICS: Readonly<Partial<Record<(typeof OF_A_NETWORK)[number], readonly string[]>>> = {
  Id: ["id", "listed"],
  Name: ["name", "listed"],
  IPAM: ["ipam", "subnet", "gateway", "range", "address"],
  EnableIPv6: ["enableipv6", "ipv6"],
  Options: ["option", "icc", "masquerade", "mtu", "com.docker.network"],
  Created: ["created", "time of"],
};

function ofNetworks(snapshot: Snapshot, borneOut: BorneOut): Deviation[] {
  const { networks, lists } = snapshot;
  const pairs = networks.flatMap((inspected) => {
    const listed = listedAs(inspected, lists.networks);
    return listed === undefined ? [] : [{ inspected, listed }];
  });
  return OF_A_NETWORK.flatMap((field) => {
    const differing = pairs.filter(({ inspected, listed }) => !same(inspected[field], listed[field]));
    if (differing.length === 0) return [];
    const shown = differing
      .slice(0, 3)
      .map(
        ({ inspected, listed }) =>
          `${listed.Name}: ${differingPart(listed[field], inspected[field])} in the list, ${differingPart(inspected[field], listed[field])} by inspect`,
      );
    return [
      keyed(
        field,
        // What differs everywhere is a matter of the answer, not of a network.
        differing.length === pairs.length
          ? []
          : differing.flatMap(({ inspected, listed }) => [inspected.Name, listed.Name]),
        ["inspect", "list", ...(TOPICS[field] ?? [field.toLowerCase()])],
        `The engine contradicts itself about ${field} of networks, between its list of networks (GET /networks, \`docker network ls\`) and \`network inspect\`: ${shown.join("; ")}. ${verdict(borneOut)}`,
      ),
    ];
  });
}

/** Networks that one of the two knows and the other does not. */
function missing({ networks, lists }: Snapshot): Deviation[] {
  if (lists.networks.length === 0 && lists.unknown.length === 0 && networks.length === 0) return [];
  const unlisted = networks.filter((network) => listedAs(network, lists.networks) === undefined);
  const unknown = lists.networks.filter(
    (listed) => lists.unknown.includes(listed.Id) && !networks.some(({ Name }) => Name === listed.Name),
  );
  const say = (what: string): Deviation =>
    finding("engine", "differs", [], ["list", "network", "offer", "driver", "scope"], what);
  return [
    ...(unlisted.length === 0
      ? []
      : [
          say(
            `The engine's list of networks (GET /networks, \`docker network ls\`) lacks ${unlisted.map(({ Name }) => Name).join(", ")}, which the engine knows when asked by name or id: the list is filtered (an authorization plugin, a proxy between here and the engine) or an old one.`,
          ),
        ]),
    ...unknown.map(({ Name, Id, Driver }) =>
      say(
        `The engine's list of networks has ${Name} (${Id.slice(0, 12)}, driver ${Driver}); asked for that id the engine knows no such network. The list is wrong: altered on the way here, or older than the network's removal.`,
      ),
    ),
  ];
}

const OF_AN_ATTACHMENT = [
  "NetworkID",
  "EndpointID",
  "Gateway",
  "IPAddress",
  "IPPrefixLen",
  "IPv6Gateway",
  "GlobalIPv6Address",
  "GlobalIPv6PrefixLen",
  "MacAddress",
] as const;

const WORDS: Readonly<Record<string, readonly string[]>> = {
  NetworkID: ["networkid", "network id"],
  EndpointID: ["endpoint"],
  GlobalIPv6Address: ["ipv6", "globalipv6address"],
  GlobalIPv6PrefixLen: ["ipv6", "globalipv6prefixlen"],
  MacAddress: ["mac"],
  IPAddress: ["ipaddress", "address"],
};

function ofContainers({ containers, lists }: Snapshot, borneOut: BorneOut): Deviation[] {
  return containers.flatMap((container) => {
    const { name, inspected } = container;
    const listed = lists.containers.find(({ Id }) => Id === container.id);
    if (listed === undefined) return [];
    const found: Deviation[] = [];
    const say = (
      topics: readonly string[],
      what: string,
      inList: string,
      byInspect: string,
      concerns: readonly string[] = [name],
    ): void => {
      if (inList !== byInspect)
        found.push(
          keyed(
            `${name} ${what}`,
            concerns,
            ["inspect", ...topics],
            `The engine contradicts itself about ${what} of ${name}: its list of containers (GET /containers/json, \`docker ps\`) says ${inList || "none"}, \`container inspect\` ${byInspect || "none"}. ${verdict(borneOut)}`,
          ),
        );
    };
    say(
      ["network mode", "networkmode", "mode", "join"],
      "the network mode (NetworkMode)",
      modeOf(listed.HostConfig.NetworkMode),
      modeOf(inspected.HostConfig.NetworkMode),
    );
    const inList: Readonly<Record<string, unknown>> = listed.NetworkSettings?.Networks ?? {};
    say(
      ["networks", "attach", "network"],
      "the networks that it is attached to",
      Object.keys(inList).toSorted().join(", "),
      endpointsOf(container)
        .map((endpoint) => endpoint.name)
        .toSorted()
        .join(", "),
    );
    for (const { name: network, settings } of endpointsOf(container)) {
      const other = listed.NetworkSettings?.Networks[network];
      if (other === undefined) continue;
      for (const field of OF_AN_ATTACHMENT)
        say(
          WORDS[field] ?? [field.toLowerCase()],
          `${field} on ${network}`,
          text(other[field]),
          text(settings[field]),
          [name, network],
        );
    }
    say(["port", "publish", "binding"], "the published ports", portsListed(listed), portsInspected(container));
    return found;
  });
}

function portsListed({ Ports }: Pick<ListedContainer, "Ports">): string {
  return (Ports ?? [])
    .flatMap(({ IP = "", PrivatePort, PublicPort, Type }) =>
      PublicPort === undefined || PublicPort === 0 ? [] : [`${IP}:${PublicPort}->${PrivatePort}/${Type}`],
    )
    .toSorted()
    .join(", ");
}

function portsInspected({ inspected }: ContainerState): string {
  return Object.entries(inspected.NetworkSettings.Ports ?? {})
    .flatMap(([port, bindings]) => (bindings ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}->${port}`))
    .toSorted()
    .join(", ");
}

/** Which of the two is borne out may change from look to look, and which networks there are as well; the contradiction stays. */
function keyed(key: string, concerns: readonly string[], topics: readonly string[], what: string): Deviation {
  return { ...finding("engine", "differs", concerns, topics, what), key: `engine lists ${key}` };
}

function verdict(borneOut: BorneOut): string {
  const who = "altered by somebody between here and the engine, kept from before, or a defect of the engine";
  if (borneOut === null) return `One of the two answers is wrong: ${who}.`;
  return `The host bears out the ${borneOut}: the other answer is wrong (${who}).`;
}

function same(one: unknown, other: unknown): boolean {
  return (isBlank(one) && isBlank(other)) || isDeepStrictEqual(one, other);
}

function text(value: unknown): string {
  return isBlank(value) ? "" : String(value);
}

/** Of two records only what differs. */
function differingPart(value: unknown, other: unknown): string {
  if (!isRecord(value) || !isRecord(other)) return JSON.stringify(value) ?? "nothing";
  return JSON.stringify(Object.fromEntries(Object.entries(value).filter(([key, part]) => !same(part, other[key]))));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
