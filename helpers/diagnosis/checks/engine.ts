import type { Deviation } from "../../audits/deviation.ts";
import { cidr, isIpv4Cidr } from "../../model/cidr.ts";
import { has } from "../../model/version-switches.ts";
import { sharesNetwork } from "../../snapshot/nic.ts";
import { bridgesOf, type ContainerState, endpointsOf, type Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";

/** Where the engine contradicts itself: container inspect against network inspect, and fields against each other. */
export function checkEngine(snapshot: Snapshot): Deviation[] {
  return snapshot.containers.flatMap((container) =>
    sharesNetwork(container) ? [] : [...attachments(snapshot, container), ...topLevel(snapshot, container)],
  );
}

function attachments(snapshot: Snapshot, container: ContainerState): Deviation[] {
  const { name, id } = container;
  const found: Deviation[] = [];
  for (const { name: network, settings } of endpointsOf(container)) {
    const say = (topics: readonly string[], what: string): void => {
      found.push(finding("engine", "differs", [name, network], ["inspect", ...topics], what));
    };
    const record = snapshot.networks.find((candidate) => candidate.Name === network);
    if (record === undefined || settings.EndpointID === "") continue;
    if (settings.NetworkID !== "" && settings.NetworkID !== record.Id)
      say(
        ["network id", "networkid"],
        `The engine's inspect of ${name} says network ${network} has the id ${settings.NetworkID.slice(0, 12)}; the network's own inspect says ${record.Id.slice(0, 12)}. The engine's answer is wrong.`,
      );
    if (record.Driver === "null" || record.Driver === "host" || record.Scope === "swarm") continue;
    const listed = record.Containers?.[id];
    if (listed === undefined)
      say(
        ["containers", "network inspect"],
        `The engine's inspect of network ${network} does not list ${name}, whose own inspect says it is attached (${settings.IPAddress}). One of the engine's answers is wrong.`,
      );
    else {
      for (const [other, own] of [
        [listed.IPv4Address, `${settings.IPAddress}/${settings.IPPrefixLen}`],
        [listed.IPv6Address, `${settings.GlobalIPv6Address}/${settings.GlobalIPv6PrefixLen}`],
      ] as const)
        if (other !== "" && other !== own)
          say(
            ["address", "containers"],
            `The engine contradicts itself: network inspect of ${network} gives ${name} the address ${other}, container inspect ${own}.`,
          );
      if (listed.MacAddress !== "" && listed.MacAddress !== settings.MacAddress)
        say(
          ["mac", "containers"],
          `The engine contradicts itself: network inspect of ${network} gives ${name} the MAC ${listed.MacAddress}, container inspect ${settings.MacAddress}.`,
        );
      if (listed.EndpointID !== "" && listed.EndpointID !== settings.EndpointID)
        say(
          ["endpoint"],
          `The engine contradicts itself: network inspect of ${network} gives ${name} the endpoint ${listed.EndpointID.slice(0, 12)}, container inspect ${settings.EndpointID.slice(0, 12)}.`,
        );
      if (listed.Name !== name)
        say(
          ["containers"],
          `The engine contradicts itself: network inspect of ${network} gives the container the name ${listed.Name}, container inspect ${name}.`,
        );
    }
    const bridge = bridgesOf(snapshot).find((candidate) => candidate.network === record);
    if (bridge === undefined || !isIpv4Cidr(bridge.subnet) || settings.IPAddress === "") continue;
    const subnet = cidr(bridge.subnet);
    if (!subnet.contains(settings.IPAddress))
      say(
        ["address", "subnet"],
        `The engine's inspect gives ${name} the address ${settings.IPAddress}, which is not in subnet ${bridge.subnet} of its network ${network}.`,
      );
    else if (settings.IPPrefixLen !== subnet.prefix)
      say(
        ["prefix", "ipprefixlen"],
        `The engine's inspect gives ${name} the prefix length ${settings.IPPrefixLen} on ${network}, whose subnet is ${bridge.subnet}.`,
      );
    const gateway =
      bridge.gateway !== ""
        ? bridge.gateway
        : network === "bridge"
          ? (snapshot.facts.defaultBridge?.gateway ?? "")
          : "";
    if (settings.Gateway !== "" && gateway !== "" && settings.Gateway !== gateway)
      say(
        ["gateway"],
        `The engine's inspect of ${name} names the gateway ${settings.Gateway} on ${network}, the network's own inspect ${gateway}.`,
      );
  }
  return found;
}

/** Before API 1.52 the top of NetworkSettings repeats the default bridge's values, and is empty for who is not on it. */
function topLevel({ facts }: Snapshot, { name, inspected }: ContainerState): Deviation[] {
  if (has(facts, "no-top-level-network-settings")) return [];
  const settings = inspected.NetworkSettings.Networks?.bridge;
  const top: Readonly<Record<string, unknown>> = inspected.NetworkSettings;
  const wrong = (field: string, what: string): Deviation =>
    finding(
      "engine",
      "differs",
      [name],
      ["inspect", field.toLowerCase(), "top"],
      `The engine's inspect of ${name} says NetworkSettings.${field} ${JSON.stringify(top[field])} at the top${what}`,
    );
  if (settings === undefined)
    return ["IPAddress", "Gateway"]
      .filter((field) => (top[field] ?? "") !== "")
      .map((field) =>
        wrong(field, ", which is the default bridge's, and the container is not on it: the engine's answer is wrong."),
      );
  if (settings.EndpointID === "") return [];
  return (["IPAddress", "Gateway", "MacAddress", "IPPrefixLen", "EndpointID"] as const)
    .filter((field) => top[field] !== undefined && top[field] !== settings[field])
    .map((field) =>
      wrong(field, ` and ${JSON.stringify(settings[field])} under Networks.bridge: one of the two is wrong.`),
    );
}
