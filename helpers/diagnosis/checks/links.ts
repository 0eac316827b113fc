import type { Deviation, Does } from "../../audits/deviation.ts";
import { RESTART_ENGINE } from "../../cause/mend.ts";
import { isFallbackTunnel } from "../../expectations/fallback-tunnels.ts";
import { usesProxy } from "../../expectations/firewall.ts";
import { cidr, isIpv4Cidr } from "../../model/cidr.ts";
import { isLocallyAdministeredUnicast } from "../../model/mac.ts";
import type { IpLink } from "../../probes/parse/parse-ip-address.ts";
import { nicOf, sharesNetwork } from "../../snapshot/nic.ts";
import {
  type BridgeNetwork,
  bridgesOf,
  type ContainerState,
  endpointsOf,
  type HostState,
  type Snapshot,
} from "../../snapshot/snapshot.ts";
import { byHand, finding } from "../finding.ts";

/** What `ip` shows only where somebody said `promisc on`: a capture, which may be this suite's own, it does not show. */
const SWITCHED_PROMISCUOUS = "PROMISC";
const DEFAULT_MTU = 1500;
/** The kernel's, for every loopback. */
const LOOPBACK_MTU = 65_536;
const LOOPBACK_QUEUE = 1000;

/** The bridges on the host, their ports, and both ends of the containers' veth pairs. */
export function checkLinks(snapshot: Snapshot): Deviation[] {
  const { host, containers } = snapshot;
  return [
    ...(host === null ? [] : ofBridges(snapshot, host)),
    ...(host === null ? [] : duplicates(snapshot)),
    ...containers.flatMap((container) => [
      ...ofLoopback(container),
      ...ofInside(container),
      ...(host === null ? [] : ofPairs(snapshot, host, container)),
    ]),
  ];
}

function ofBridges(snapshot: Snapshot, host: HostState): Deviation[] {
  const bridges = bridgesOf(snapshot);
  const hostEnds = hostEndsOf(snapshot);
  return bridges.flatMap((bridge) => ofBridge(host, bridge, hostEnds));
}

/** `172.17.0.1/16, …` of a device, for a sentence. */
function ipv4Text(link: IpLink | undefined): string {
  const ipv4 = (link?.addresses ?? []).filter(({ family }) => family === 4);
  return ipv4.map(({ address, prefix }) => `${address}/${prefix}`).join(", ") || "no IPv4 address";
}

/** Indexes of the devices on the host that containers' interfaces name as their other end. */
function hostEndsOf({ containers }: Snapshot): ReadonlySet<number> {
  return new Set(containers.flatMap(({ inside }) => inside?.links.map(({ peerIndex }) => peerIndex) ?? []));
}

function ofBridge(
  host: HostState,
  { name, device, gateway, subnet, internal, mtu }: BridgeNetwork,
  hostEnds: ReadonlySet<number>,
): Deviation[] {
  const found: Deviation[] = [];
  const say = (
    effect: Does,
    topics: readonly string[],
    what: string,
    mend?: string,
    group = `bridge ${device} ${topics.join(" ")}`,
  ): void => {
    const about = {
      group,
      mends: [
        ...(mend === undefined
          ? []
          : (byHand(`mend ${device} alone`, mend, `ip address show dev ${device}`).mends ?? [])),
        RESTART_ENGINE,
      ],
    };
    found.push(finding("links", effect, [name], topics, what, about));
  };
  const link = host.links.find((candidate) => candidate.name === device);
  // One that is not there or no bridge is told by the claim about it.
  if (link === undefined || link.bridge === null) return found;
  const shown = host.addresses.find((candidate) => candidate.name === device);
  const ipv4 = (shown?.addresses ?? []).filter(({ family }) => family === 4);
  const prefix = isIpv4Cidr(subnet) ? Number(subnet.split("/")[1]) : null;
  if (prefix !== null && ipv4.some(({ address, prefix: length }) => address === gateway && length !== prefix))
    say(
      "differs",
      ["gateway", "address", "prefix"],
      `The gateway address on ${device} has another prefix length than network ${name} (subnet ${subnet}): the device has ${ipv4Text(shown)}.`,
    );
  // In another range an operator's address does no harm; in this one the engine may give it to a container as well.
  const range = isIpv4Cidr(subnet) ? cidr(subnet) : null;
  const extra = ipv4.filter(({ address }) => gateway !== "" && address !== gateway && range?.contains(address));
  if (extra.length > 0)
    say(
      "differs",
      ["address"],
      `The bridge ${device} of network ${name} carries addresses of its subnet that are not Docker's: ${extra.map(({ address, prefix: length }) => `${address}/${length}`).join(", ")} beside the gateway ${gateway}. The engine does not know them, and may give a container the same.`,
      extra.map(({ address, prefix: length }) => `ip addr del ${address}/${length} dev ${device}`).join("; "),
    );
  if (link.bridge?.stp)
    say(
      "differs",
      ["stp", "spanning"],
      `Spanning tree (STP) is on at the bridge ${device} of network ${name}: each new port waits for the forward delay before it passes anything.`,
      `ip link set ${device} type bridge stp_state 0`,
    );
  if (host.vlanFiltering.includes(device))
    say(
      "blocks",
      ["vlan"],
      `VLAN filtering is on at the bridge ${device} of network ${name}: ports of other VLANs don't hear each other.`,
      `ip link set ${device} type bridge vlan_filtering 0`,
    );
  if (shown?.flags.includes(SWITCHED_PROMISCUOUS))
    say(
      "differs",
      ["promisc"],
      `The bridge device ${device} of network ${name} was switched to promiscuous mode.`,
      `ip link set ${device} promisc off`,
    );
  if (shown?.flags.includes("NOARP"))
    say("blocks", ["arp"], `ARP is off at the bridge ${device} of network ${name}.`, `ip link set ${device} arp on`);
  // A bridge that nobody set follows the smallest of its ports; none is smaller than the network and the default are.
  if (link.mtu < Math.min(mtu, DEFAULT_MTU))
    say(
      "blocks",
      ["mtu"],
      `The bridge ${device} has MTU ${link.mtu}, its network ${name} has ${mtu}: it was changed after dockerd's start.`,
      `ip link set ${device} mtu ${mtu}`,
    );
  if (/^(docker0|br-[0-9a-f]{12})$/.test(device) && !isLocallyAdministeredUnicast(link.mac))
    say(
      "differs",
      ["mac"],
      `The bridge ${device} of network ${name} has the MAC ${link.mac}, which is not of Docker's making (locally administered): somebody set it, or it follows a foreign port. Restart dockerd after \`ip link del ${device}\`.`,
    );
  if (host.agelessBridges.includes(device))
    say(
      "differs",
      ["ageing", "flood", "forwarding table", "hardware address", "see what"],
      `The bridge ${device} of network ${name} has an ageing time of 0: its forwarding table forgets every MAC at once, and it floods.`,
      `ip link set ${device} type bridge ageing_time 30000`,
    );
  const foreign = host.links.filter(
    ({ master, name: port, index }) => master === device && !/^(veth|vxlan)/.test(port) && !hostEnds.has(index),
  );
  if (foreign.length > 0 && (internal || !/^d[r0-9]/.test(foreign[0]?.name ?? "")))
    say(
      "differs",
      ["port", "ports of", "plugged"],
      `The bridge ${device} of network ${name} has a port that is not a container's: ${foreign.map(({ name: port }) => port).join(", ")}. Take it out (\`ip link set … nomaster\`).`,
    );
  return found;
}

/** The loopback of a namespace of the container's own, or of one that it joined: whose it is may be gone. */
function ofLoopback({ inside, name, inspected }: ContainerState): Deviation[] {
  if (inside === null || inspected.HostConfig.NetworkMode === "host") return [];
  const say = (topics: readonly string[], what: string): Deviation[] => [
    finding("links", "blocks", [name], ["lo", "loopback", ...topics], what),
  ];
  const lo = inside.addresses.find((link) => link.name === "lo");
  if (lo === undefined) return [];
  if (!lo.flags.includes("UP"))
    return say(
      [],
      `The loopback interface lo is down in ${name}: 127.0.0.1 answers nobody there. \`ip link set lo up\` in its namespace, or restart it.`,
    );
  if (lo.addresses.some(({ address }) => address === "127.0.0.1")) return [];
  return say(["127.0.0.1"], `lo in ${name} has no address 127.0.0.1: somebody removed it.`);
}

/** Interfaces, addresses and MACs inside one container. */
function ofInside(container: ContainerState): Deviation[] {
  const { inside, name, inspected } = container;
  if (inside === null || inside.links.length === 0 || sharesNetwork(container)) return [];
  const found: Deviation[] = [];
  const say = (effect: Does, topics: readonly string[], what: string): void => {
    found.push(finding("links", effect, [name], topics, what));
  };
  found.push(...alteredLoopback(container));
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
        ["interface", "eth0", "name"],
        `The interface of ${name} on network ${network} is called ${nic.name}, not eth0 or the like: something renamed it (a rule of udev, a person).`,
      );
    const shown = inside.addresses.find((link) => link.name === nic.name);
    const ipv4 = (shown?.addresses ?? []).filter(({ family }) => family === 4);
    const carried = ipv4.map(({ address, prefix }) => `${address}/${prefix}`);
    const own = ipv4.find(({ address }) => address === settings.IPAddress);
    if (own !== undefined && own.prefix !== settings.IPPrefixLen)
      say(
        "blocks",
        ["address", "inspect", "ip"],
        `The engine's inspect says that ${name} has the address with prefix length ${settings.IPAddress}/${settings.IPPrefixLen} on ${network}; the container's ${nic.name} has ${carried.join(", ")}. It was changed after the start, or the engine's answer is wrong.`,
      );
    else if (ipv4.length > 1)
      say(
        "differs",
        ["address", "route"],
        `${nic.name} of ${name} carries more addresses than the engine gave it: ${carried.join(", ")} instead of ${settings.IPAddress}/${settings.IPPrefixLen} alone.`,
      );
    if (shown?.flags.includes(SWITCHED_PROMISCUOUS))
      say("differs", ["promisc"], `${nic.name} of ${name} was switched to promiscuous mode inside the container.`);
    if (shown?.flags.includes("NOARP"))
      say(
        "blocks",
        ["arp"],
        `ARP is off at ${nic.name} of ${name}. \`ip link set ${nic.name} arp on\` in its namespace.`,
      );
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

/** What somebody changed at a container's loopback, which every kernel makes alike. */
function alteredLoopback({ name, inside, inspected }: ContainerState): Deviation[] {
  const lo = inside?.links.find((link) => link.name === "lo");
  const shown = inside?.addresses.find((link) => link.name === "lo");
  // The engine itself puts the addresses of swarm services there.
  const ofSwarm = inspected.Config.Labels?.["com.docker.swarm.service.id"] !== undefined;
  const more = (shown?.addresses ?? []).filter(({ address, family }) => family === 4 && address !== "127.0.0.1");
  const changed = [
    ...(lo !== undefined && lo.mtu !== LOOPBACK_MTU ? [`MTU ${lo.mtu} instead of ${LOOPBACK_MTU}`] : []),
    ...(lo !== undefined && lo.queueLength > 1 && lo.queueLength !== LOOPBACK_QUEUE
      ? [`a queue of ${lo.queueLength} instead of ${LOOPBACK_QUEUE} packets`]
      : []),
    ...(lo !== undefined && lo.mac !== "00:00:00:00:00:00" ? [`the MAC ${lo.mac}`] : []),
    ...(more.length === 0 || ofSwarm
      ? []
      : [`the address ${more.map(({ address, prefix }) => `${address}/${prefix}`).join(", ")} beside 127.0.0.1`]),
  ];
  if (changed.length === 0) return [];
  return [
    finding(
      "links",
      "differs",
      [name],
      ["loopback"],
      `The loopback interface lo of ${name} has ${changed.join(", ")}: an entry point or a person changed it inside the container.`,
    ),
  ];
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
    if (nic.mtu !== bridge.mtu)
      say(
        "blocks",
        ["mtu", "fragment"],
        `${nic.name} of ${name} has MTU ${nic.mtu}, network ${network} has ${bridge.mtu}: it was changed after the start. \`ip link set ${nic.name} mtu ${bridge.mtu}\` in its namespace.`,
      );
    if (nic.queueLength !== 0)
      say(
        "differs",
        ["queue"],
        `${nic.name} of ${name} has a transmit queue of ${nic.queueLength} packets, Docker makes it without one: a tuning script or a person set it. \`ip link set ${nic.name} txqueuelen 0\` in its namespace.`,
      );
    const port = host.links.find(({ index, peerIndex }) => index === nic.peerIndex && peerIndex === nic.index);
    if (port === undefined) return found;
    if (port.mtu !== bridge.mtu)
      say(
        "blocks",
        ["mtu", "fragment"],
        `The host's end ${port.name} of ${name}'s ${nic.name} has MTU ${port.mtu}, network ${network} has ${bridge.mtu}. \`ip link set ${port.name} mtu ${bridge.mtu}\``,
      );
    if (!/^veth[0-9a-f]{7}$/.test(port.name))
      say(
        "differs",
        ["name", "veth", "index", "port"],
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
    if (!flags.hairpin && hairpin)
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
    if (!flags.broadcastFlood)
      say(
        "blocks",
        ["flood", "broadcast", "arp"],
        `${port.name}, the bridge port of ${name}, gets no broadcasts (bcast_flood off), so no ARP question reaches the container. \`bridge link set dev ${port.name} bcast_flood on\``,
      );
    return found;
  });
}

/** Containers of one network that have the same address or MAC. */
function duplicates({ containers, networks }: Snapshot): Deviation[] {
  const owners = Map.groupBy(
    containers
      .filter((container) => !sharesNetwork(container))
      .flatMap((container) => marksOf(container, networks).map((mark) => ({ ...mark, name: container.name }))),
    ({ network, what, value }) => `${what} ${value} on network ${network}`,
  );
  return [...owners].flatMap(([mark, all]) => {
    const names = [...new Set(all.map(({ name }) => name))];
    if (names.length === 1) return [];
    const shown = all.map(({ name, nic }) => `${name} (${nic})`).join(", ");
    return [
      {
        ...finding(
          "links",
          "blocks",
          names,
          ["mac", "address", "duplicate", "conflict", "same"],
          `${names.length} containers have the same ${mark}: ${shown}. It was changed by hand, or the engine gave it twice; restart all but one.`,
        ),
        // Who has it changes with the containers that come and go; that several have it is the same deviation.
        key: `links same ${mark}`,
      },
    ];
  });
}

/** What must be a container's own on each of its networks. */
function marksOf(container: ContainerState, networks: Snapshot["networks"]) {
  return endpointsOf(container).flatMap(({ name: network, settings }) => {
    const nic = nicOf(container, settings);
    if (nic === undefined || !networks.some(({ Name }) => Name === network)) return [];
    const shown = container.inside?.addresses.find((link) => link.name === nic.name);
    const ipv4 = (shown?.addresses ?? []).filter(({ family }) => family === 4);
    return [
      { network, nic: nic.name, what: "MAC address", value: nic.mac },
      ...ipv4.map(({ address }) => ({ network, nic: nic.name, what: "IPv4 address", value: address })),
    ];
  });
}
