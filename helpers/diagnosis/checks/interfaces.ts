import type { Does } from "../../audits/bearings.ts";
import type { Deviation } from "../../audits/deviation.ts";
import { isFallbackTunnel } from "../../expectations/fallback-tunnels.ts";
import { nicOf, sharesNetwork } from "../../snapshot/nic.ts";
import { type ContainerState, endpointsOf, type Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";
import { SWITCHED_PROMISCUOUS } from "./promiscuous.ts";

/** What somebody changed at the interfaces inside containers, or put there. */
export function checkInterfaces({ containers }: Snapshot): Deviation[] {
  return containers.flatMap(ofInside);
}

/** Interfaces, addresses and MACs inside one container. */
function ofInside(container: ContainerState): Deviation[] {
  const { inside, name, inspected } = container;
  if (inside === null || inside.links.length === 0 || sharesNetwork(container)) return [];
  const found: Deviation[] = [];
  const say = (effect: Does, topics: readonly string[], what: string): void => {
    found.push(finding("links", effect, [name], topics, what));
  };
  const nics = inside.links.filter((link) => link.name !== "lo" && !isFallbackTunnel(link.name));
  const endpoints = endpointsOf(container).filter(({ settings }) => settings.EndpointID !== "");
  if (inspected.HostConfig.NetworkMode === "none") {
    if (nics.length > 0)
      say(
        "opens",
        ["none", "interface"],
        `${name} is on network none and yet has the interface ${nics.map((nic) => nic.name).join(", ")} beside lo: somebody put it into its namespace, or it was connected by hand.`,
      );
    return found;
  }
  for (const { name: network, settings } of endpoints) {
    const nic = nicOf(container, settings);
    if (nic === undefined) continue;
    if (!/^eth\d+$/.test(nic.name))
      say(
        "differs",
        ["interface", "eth0"],
        `The interface of ${name} on network ${network} is called ${nic.name}, not eth0 or the like: something renamed it (a rule of udev, a person).`,
      );
    const shown = inside.addresses.find((link) => link.name === nic.name);
    const ipv4 = (shown?.addresses ?? []).filter(({ family }) => family === 4);
    const carried = ipv4.map(({ address, prefix }) => `${address}/${prefix}`);
    if (ipv4.length > 1)
      say(
        "differs",
        ["address", "route"],
        `${nic.name} of ${name} carries more addresses than the engine gave it: ${carried.join(", ")} instead of ${settings.IPAddress}/${settings.IPPrefixLen} alone.`,
      );
    if (shown?.flags.includes(SWITCHED_PROMISCUOUS))
      say("differs", ["promisc"], `${nic.name} of ${name} was switched to promiscuous mode inside the container.`);
  }
  if (nics.length > endpoints.length && endpoints.every(({ settings }) => nicOf(container, settings) !== undefined)) {
    const known = new Set(endpoints.map(({ settings }) => nicOf(container, settings)?.name));
    const extra = nics.filter((nic) => !known.has(nic.name));
    say(
      "opens",
      ["interface", "network"],
      `${name} has an interface that no network of its own accounts for: ${extra.map((nic) => nic.name).join(", ")}. Somebody moved it into the container's namespace.`,
    );
  }
  return found;
}
