import { filtersBridged } from "../expectations/kernel-values.ts";
import { isLoopback } from "../model/address.ts";
import type { Hook } from "../snapshot/firewall/model.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import type { LivingContainer, LivingEndpoint, LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { runs } from "../snapshot/living.ts";
import { holds } from "./addresses.ts";
import { senderBeyond, senderOn, sendersElsewhere, type Who } from "./askers.ts";
import { type Bridge, bridgesOf } from "./bridges.ts";
import { DATAGRAM, packetOf } from "./network-view.ts";
import { pass } from "./passage.ts";
import { type Expected, insideOf, mostOpen, plainly, stopped, unknown } from "./standing.ts";
import { takes } from "./takers.ts";

/** A port on which somebody in a container waits, asked for at the container's own address. */
export interface Listener extends OpenPort {
  readonly container: LivingContainer;
  readonly family: 4 | 6;
  readonly address: string;
  readonly endpoint: LivingEndpoint;
  /** Its network's device and rules; null for a network that has none on this host (macvlan, ipvlan). */
  readonly bridge: Bridge | null;
}

export interface OpenPort {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

/** From here up the kernel gives ports to those who ask for none: a UDP socket there waits for an answer. */
const EPHEMERAL = 32_768;

/** Ports that containers on bridge, macvlan and ipvlan networks listen on, at each of their addresses. */
export function listenersOf(snapshot: LivingSnapshot): Listener[] {
  const bridges = new Map(bridgesOf(snapshot).map((bridge) => [bridge.network.Id, bridge]));
  const bare = new Set(snapshot.networks.filter(({ Driver }) => /^(mac|ip)vlan$/.test(Driver)).map(({ Id }) => Id));
  return snapshot.containers.filter(runs).flatMap((container) =>
    container.endpoints.flatMap((endpoint) => {
      const bridge = bridges.get(endpoint.networkId) ?? null;
      if (bridge === null && !bare.has(endpoint.networkId)) return [];
      return ([4, 6] as const).flatMap((family) => {
        const address = family === 4 ? endpoint.address : endpoint.address6;
        if (address === "") return [];
        const open = openPorts(container.inside?.sockets ?? [], address);
        return open.map((port) => ({ container, ...port, family, address, endpoint, bridge }));
      });
    }),
  );
}

/** Ports that somebody beyond a namespace may ask for at an address, each once. */
export function openPorts(sockets: LivingHost["sockets"], address: string): OpenPort[] {
  const waiting = sockets.filter(
    (socket) =>
      socket.local.port > 0 &&
      !isLoopback(socket.local.address) &&
      (socket.protocol === "tcp" || socket.local.port < EPHEMERAL) &&
      takes(socket, address),
  );
  return [
    ...new Map(
      waiting.map(({ protocol, local: { port } }) => [`${port}/${protocol}`, { protocol, port }] as const),
    ).values(),
  ].toSorted((one, other) => one.port - other.port);
}

/** What a connection to a container's own address comes to; null where nobody is there who could ask. */
export function standingAt(snapshot: LivingSnapshot, host: LivingHost, listener: Listener, who: Who): Expected | null {
  const { bridge, container, family } = listener;
  if (bridge === null) return withoutBridge(snapshot, listener, who);
  switch (who) {
    case "thisHost": {
      const own = ownAddress(host, bridge, family);
      if (own === null) return plainly("blocked", "this host has no address on the network");
      const sent = { source: own, sourceType: "local", inDevice: null, outDevice: bridge.device };
      return arriving(host, listener, sent, ["output", "postrouting"]);
    }
    case "sameNetwork": {
      const sender = senderOn(bridge, family);
      if (sender === null) return null;
      const frame = { source: sender.from, inDevice: sender.device, outDevice: null, bridged: true };
      // From port to port of one bridge packets pass the packet filter only where the kernel is told so.
      const hooks: readonly Hook[] = filtersBridged(host.sysctls, family)
        ? ["prerouting", "forward", "postrouting"]
        : [];
      return arriving(host, listener, frame, hooks);
    }
    case "otherNetworks": {
      const own = container.endpoints.map(({ network }) => network);
      return mostOpen(
        sendersElsewhere(snapshot, own, family).map(({ device, from }) =>
          arriving(host, listener, { source: from, inDevice: device, outDevice: null }, ["prerouting", "forward"]),
        ),
      );
    }
    case "otherMachines": {
      const sender = senderBeyond(host, family);
      if (sender === null) return null;
      const sent = { source: sender.from, inDevice: sender.device, outDevice: null };
      return arriving(host, listener, sent, ["prerouting", "forward"]);
    }
  }
}

/** Of macvlan and ipvlan nothing passes this host's packet filter, and the kernel keeps it from the host itself. */
function withoutBridge(
  { networks }: LivingSnapshot,
  { endpoint, container, port, protocol, address, family }: Listener,
  who: Who,
): Expected | null {
  const network = networks.find(({ Id }) => Id === endpoint.networkId);
  const driver = network?.Driver ?? "";
  if (who === "thisHost") return plainly("blocked", `${driver} keeps it from its own host`);
  if (who === "otherNetworks" || (who === "otherMachines" && network?.Internal === true)) return null;
  const asked = packetOf(
    { family },
    { ...(protocol === "udp" ? DATAGRAM : {}), destination: address, destinationPort: port, outDevice: null },
  );
  const taken = insideOf(container, asked);
  return taken.outcome === "shut" ? stopped(taken) : plainly("connects", driver);
}

function arriving(
  { filters: firewall }: LivingHost,
  { container, bridge, family, address, port, protocol }: Listener,
  from: Partial<Packet>,
  hooks: readonly Hook[],
): Expected {
  if (firewall === null || firewall.tables.length === 0) return unknown("the rules were not read");
  const asked = packetOf(
    { family },
    { ...(protocol === "udp" ? DATAGRAM : {}), destination: address, destinationPort: port, ...from },
  );
  const passage = pass(firewall, asked, hooks, () => bridge?.device ?? null);
  if (passage.outcome !== "open") return stopped(passage);
  const taken = insideOf(container, passage.packet);
  if (taken.outcome === "shut") return stopped(taken);
  return { ...plainly("connects", from.bridged === true ? "its bridge" : "routing"), accepts: passage.accepts };
}

/** The address by which this host is on a network; null where it has none there. */
function ownAddress({ addresses }: LivingHost, { device, ranges }: Bridge, family: 4 | 6): string | null {
  const range = ranges.find((one) => one.family === family);
  const own = addresses.find(({ name }) => name === device)?.addresses ?? [];
  return own.find(({ address }) => range !== undefined && holds(range.subnet, address))?.address ?? null;
}
