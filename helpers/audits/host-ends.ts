import { hostEndKey } from "../cause/keys.ts";
import { usesProxy } from "../expectations/firewall.ts";
import { type LivingSnapshot, sharesNetwork } from "../snapshot/living.ts";
import type { Attachment } from "./bridges.ts";
import { deviates, type Findings, NOTHING } from "./deviation.ts";
import { about, nicOf } from "./endpoint.ts";
import { byHand, ofContainer } from "./remedies.ts";

/** What a question has to be about for some of these to explain it. */
const TOPICS: Readonly<Record<string, readonly string[]>> = {
  "host-end-mtu": ["mtu", "fragment"],
  "port-not-flooded": ["arp"],
};

function onOff(value: boolean): string {
  return value ? "on" : "off";
}

/** The host's end of a veth pair, and the bridge port that it is. */
export function auditHostEnd(snapshot: LivingSnapshot, { container, endpoint, bridge }: Attachment): Findings {
  const { host } = snapshot;
  const { inside, name } = container;
  if (host === null || inside === null || sharesNetwork(container)) return NOTHING;
  const nic = nicOf(inside, endpoint);
  // An interface that is down takes its port along: that is told of the interface.
  if (nic?.peerIndex === undefined || !nic.flags.includes("UP")) return NOTHING;
  const veth = host.links.find(({ index, peerIndex }) => index === nic.peerIndex && peerIndex === nic.index);
  const device = host.links.find((link) => link.name === bridge.device);
  const cut = `${name} reaches nobody on network ${bridge.name} and nothing beyond it${container.ports.length === 0 ? "" : ", and its published ports are not served"}.`;
  const say = (key: string, expected: string, observed: string, what: string, commands: readonly string[]) =>
    deviates(
      about(container, endpoint, "LIVE-02", {
        topics: TOPICS[key] ?? [],
        expected,
        observed,
        effect: cut,
        reason: {
          key: hostEndKey(key, name, bridge.name),
          what,
          act: null,
          certainty: "seen",
          evidence: [observed],
          remedies: ofContainer(
            snapshot,
            container,
            commands.length === 0
              ? []
              : [byHand("put the link right", commands, `bridge link show dev ${veth?.name ?? ""}`)],
          ),
        },
      }),
    );
  if (veth === undefined)
    return say(
      "no-host-end",
      `the host's end of ${nic.name} on ${bridge.device}`,
      `the host has no interface ${nic.peerIndex}`,
      `The host's end of the veth pair of container ${name} (${nic.name}, network ${bridge.name}) is not on the host: it was moved to another network namespace.`,
      [],
    );
  // Without its bridge nothing can be a port of it: that is told of the network.
  if (device === undefined) return NOTHING;
  if (veth.master !== bridge.device)
    return say(
      "off-its-bridge",
      `${veth.name} is a port of ${bridge.device}`,
      veth.master === null ? `${veth.name} is a port of no bridge` : `${veth.name} is a port of ${veth.master}`,
      `${veth.name}, the host's end of container ${name} on network ${bridge.name}, was taken off the bridge ${bridge.device}${veth.master === null ? "" : ` and is on ${veth.master}`}.`,
      [`ip link set ${veth.name} master ${bridge.device}`],
    );
  if (!veth.up)
    return say(
      "host-end-down",
      `${veth.name} up`,
      `${veth.name} is down`,
      `${veth.name}, the host's end of container ${name} on network ${bridge.name}, was switched off.`,
      [`ip link set ${veth.name} up`],
    );
  const port = host.ports.find((one) => one.name === veth.name);
  if (port === undefined) return NOTHING;
  // Learning and listening are states on the way to forwarding, with the spanning tree protocol.
  if (device.up && device.bridge?.stp !== true && port.state !== 3)
    return say(
      "port-not-forwarding",
      `${veth.name} forwards`,
      `state ${port.state} of the bridge port ${veth.name} (3 = forwarding)`,
      `The bridge port ${veth.name} of container ${name} on network ${bridge.name} does not forward.`,
      [`bridge link set dev ${veth.name} state 3`],
    );
  if (!port.broadcastFlood || (!port.flood && !port.learning))
    return say(
      "port-not-flooded",
      `${veth.name} gets what is for everybody`,
      `learning ${onOff(port.learning)}, flood ${onOff(port.flood)}, bcast_flood ${onOff(port.broadcastFlood)} on ${veth.name}`,
      `The bridge port ${veth.name} of container ${name} on network ${bridge.name} does not get what is sent to everybody (flood ${onOff(port.flood)}, bcast_flood ${onOff(port.broadcastFlood)}): its address is not found.`,
      [`bridge link set dev ${veth.name} learning on flood on bcast_flood on`],
    );
  const known = host.forwarding.some(
    ({ mac, port: at, local }) => !local && at === port.number && mac === nic.mac?.toLowerCase(),
  );
  if (host.lockedPorts.includes(veth.name) && !known)
    return say(
      "port-locked",
      `${veth.name} takes what ${name} sends`,
      `the bridge port ${veth.name} is locked, and nobody wrote ${nic.mac ?? "its address"} into the forwarding table`,
      `The bridge port ${veth.name} of container ${name} on network ${bridge.name} is locked: it takes frames of senders alone that somebody wrote into the forwarding table, and the container is none.`,
      [`bridge link set dev ${veth.name} locked off`],
    );
  if (veth.mtu < nic.mtu)
    return say(
      "host-end-mtu",
      `${veth.name} with MTU ${nic.mtu}`,
      `${veth.name} with MTU ${veth.mtu}`,
      `${veth.name}, the host's end of container ${name} on network ${bridge.name}, has MTU ${veth.mtu}, and the container's end ${nic.mtu}: larger packets to it are lost without a word.`,
      [`ip link set dev ${veth.name} mtu ${nic.mtu}`],
    );
  if (!usesProxy(snapshot.facts) && !port.hairpin && container.ports.length > 0)
    return say(
      "port-no-hairpin",
      `hairpin mode on ${veth.name}`,
      `hairpin mode is off on ${veth.name}`,
      `The bridge port ${veth.name} of container ${name} on network ${bridge.name} does not send back by itself (hairpin): the container does not reach its own published ports, and without docker-proxy nothing else leads there.`,
      [`bridge link set dev ${veth.name} hairpin on`],
    );
  if (port.isolated)
    return say(
      "port-isolated",
      `${veth.name} is not isolated`,
      `the bridge port ${veth.name} is isolated`,
      `The bridge port ${veth.name} of container ${name} on network ${bridge.name} is isolated: it exchanges nothing with other isolated ports.`,
      [`bridge link set dev ${veth.name} isolated off`],
    );
  return NOTHING;
}
