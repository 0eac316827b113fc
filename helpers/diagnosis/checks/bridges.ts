import type { Does } from "../../audits/bearings.ts";
import type { Deviation } from "../../audits/deviation.ts";
import { RESTART_ENGINE } from "../../cause/mend.ts";
import { cidr, isIpv4Cidr } from "../../model/cidr.ts";
import { isLocallyAdministeredUnicast } from "../../model/mac.ts";
import type { IpLink } from "../../probes/parse/parse-ip-address.ts";
import { type BridgeNetwork, bridgesOf, type HostState, type Snapshot } from "../../snapshot/snapshot.ts";
import { byHand, finding } from "../finding.ts";
import { SWITCHED_PROMISCUOUS } from "./promiscuous.ts";

/** What somebody changed at the bridges: none of it is a bridge that is gone, down or without its gateway. */
export function checkBridges(snapshot: Snapshot): Deviation[] {
  const { host } = snapshot;
  if (host === null) return [];
  const hostEnds = hostEndsOf(snapshot);
  return bridgesOf(snapshot).flatMap((bridge) => ofBridge(host, bridge, hostEnds));
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

/** States of a bridge's port before it forwards: listening and learning. */
const WAITING: ReadonlySet<number> = new Set([1, 2]);

function ofBridge(
  host: HostState,
  { name, device, gateway, subnet, internal }: BridgeNetwork,
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
  const ports = host.links.filter(({ master }) => master === device).map((port) => port.name);
  if (link.bridge?.stp)
    say(
      // Seconds later they all forward: then it keeps back nothing but what comes up next.
      host.ports.some(({ name: port, state }) => ports.includes(port) && WAITING.has(state)) ? "blocks" : "differs",
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
      // Of a bridge: what is published is called a port too.
      ["ports of", "plugged"],
      `The bridge ${device} of network ${name} has a port that is not a container's: ${foreign.map(({ name: port }) => port).join(", ")}.`,
      foreign.map(({ name: port }) => `ip link set dev ${port} nomaster`).join("; "),
    );
  return found;
}
