import type { Does } from "../../audits/bearings.ts";
import type { Deviation } from "../../audits/deviation.ts";
import { usesProxy } from "../../expectations/firewall.ts";
import { nicOf, sharesNetwork } from "../../snapshot/nic.ts";
import { bridgesOf, type ContainerState, endpointsOf, type HostState, type Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";

/** What somebody changed at either end of containers' veth pairs, or at the bridge port that the host's end is. */
export function checkPairs(snapshot: Snapshot): Deviation[] {
  const { host, containers } = snapshot;
  return host === null ? [] : containers.flatMap((container) => ofPairs(snapshot, host, container));
}

/** The host's end of each veth pair of a container on bridges. */
function ofPairs(snapshot: Snapshot, host: HostState, container: ContainerState): Deviation[] {
  const { inside, name } = container;
  if (inside === null || sharesNetwork(container)) return [];
  const hairpin = !usesProxy(snapshot.facts);
  const bridges = bridgesOf(snapshot);
  return endpointsOf(container).flatMap(({ name: network, settings }) => {
    const bridge = bridges.find((candidate) => candidate.name === network);
    const nic = nicOf(container, settings);
    if (bridge === undefined || nic === undefined) return [];
    const found: Deviation[] = [];
    const say = (effect: Does, topics: readonly string[], what: string): void => {
      found.push(finding("links", effect, [name], topics, what));
    };
    if (nic.queueLength !== 0)
      say(
        "differs",
        ["queue"],
        `${nic.name} of ${name} has a transmit queue of ${nic.queueLength} packets, Docker makes it without one: a tuning script or a person set it. \`ip link set ${nic.name} txqueuelen 0\` in its namespace.`,
      );
    const port = host.links.find(({ index, peerIndex }) => index === nic.peerIndex && peerIndex === nic.index);
    if (port === undefined) return found;
    // One that takes less than the interface does is told by the claim about it.
    if (port.mtu !== bridge.mtu && port.mtu >= nic.mtu)
      say(
        "blocks",
        ["mtu", "fragment"],
        `The host's end ${port.name} of ${name}'s ${nic.name} has MTU ${port.mtu}, network ${network} has ${bridge.mtu}. \`ip link set ${port.name} mtu ${bridge.mtu}\``,
      );
    if (!/^veth[0-9a-f]{7}$/.test(port.name))
      say(
        "differs",
        ["veth", "index"],
        `The host's end of ${name}'s ${nic.name} is called ${port.name}, Docker names it veth and seven hexadecimal digits: something renamed it (a rule of udev), or put a veth pair of its own in the place of Docker's.`,
      );
    if (port.queueLength !== 0)
      say(
        "differs",
        ["queue"],
        `The host's end ${port.name} of ${name}'s ${nic.name} has a transmit queue of ${port.queueLength} packets, Docker makes it without one: a tuning script or a person set it. \`ip link set ${port.name} txqueuelen 0\``,
      );
    if (port.mac.toLowerCase() === nic.mac.toLowerCase())
      say(
        "differs",
        ["mac"],
        `Both ends of a veth pair have the same MAC ${nic.mac}: ${nic.name} of ${name} and ${port.name} on the host. Somebody set it.`,
      );
    const shown = host.addresses.find((link) => link.name === port.name);
    const given = (shown?.addresses ?? []).filter(({ family }) => family === 4);
    if (given.length > 0)
      say(
        "differs",
        ["address", "veth"],
        `The host's end ${port.name} of ${name}'s ${nic.name} has an address of its own (${given.map(({ address }) => address).join(", ")}): a DHCP client or network manager configures it. Tell it to ignore veth*.`,
      );
    const flags = host.ports.find((candidate) => candidate.name === port.name);
    if (flags === undefined) return found;
    if (flags.hairpin && !hairpin)
      say(
        "differs",
        ["hairpin"],
        `hairpin_mode is on at ${port.name}, the bridge port of ${name}, though docker-proxy is used: its own broadcasts come back to it. \`bridge link set dev ${port.name} hairpin off\``,
      );
    if (!flags.hairpin && hairpin && container.ports.length === 0)
      say(
        "blocks",
        ["hairpin"],
        `hairpin_mode is off at ${port.name}, the bridge port of ${name}, though the userland proxy is off: it does not reach its own published ports. \`bridge link set dev ${port.name} hairpin on\``,
      );
    if (!flags.learning)
      say(
        "differs",
        ["learning", "flood"],
        `${port.name}, the bridge port of ${name}, does not learn addresses: what is sent to it is flooded to every container. \`bridge link set dev ${port.name} learning on\``,
      );
    if (!flags.flood)
      say(
        "blocks",
        ["flood"],
        `${port.name}, the bridge port of ${name}, has flooding off. \`bridge link set dev ${port.name} flood on\``,
      );
    return found;
  });
}
