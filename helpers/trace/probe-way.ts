import type { Leg } from "../model/walk.ts";
import type { Packet } from "../snapshot/firewall/index.ts";
import { spacesOf } from "./ends.ts";
import type { Examination } from "./examination.ts";
import type { Place } from "./passages.ts";
import { masterOf, peerOf, type Space } from "./spaces.ts";

/** One way of the probe, with the packet that takes it. */
export interface Way {
  readonly leg: Leg;
  readonly sender: Space;
  readonly target: Space | null;
  readonly packet: Packet;
  /** Named in sentences: `ICMP echo from web to 10.0.0.1`. */
  readonly what: string;
}

/** The way of the packet that was sent. */
export function wayThere(examination: Examination): Way {
  const { walk, ends, opening } = examination;
  return { leg: walk.there, sender: ends.from, target: ends.to, packet: opening, what: whatOf(examination, false) };
}

/** That of the answer. */
export function wayBack(examination: Examination): Way {
  const { ends, walk, opening } = examination;
  const { address, port } = ends.translated;
  const { destinationPort: _port, icmpType: _type, tcpFlags: _flags, ...rest } = opening;
  const packet: Packet = {
    ...rest,
    source: address,
    destination: ends.source,
    state: "established",
    ...(port === null ? {} : { sourcePort: port }),
    ...(opening.protocol === "tcp" ? { tcpFlags: ["syn", "ack"] } : {}),
    ...(opening.protocol === "icmp" ? { icmpType: 0 } : opening.protocol === "icmpv6" ? { icmpType: 129 } : {}),
  };
  const sender = ends.to ?? ends.host;
  return {
    leg: walk.back ?? { hops: [], end: { kind: "not sent" } },
    sender,
    target: ends.from,
    packet,
    what: whatOf(examination, true),
  };
}

function whatOf({ ends, probe }: Examination, back: boolean): string {
  const name = {
    icmp: "pings",
    tcp: `TCP connections to port ${probe.port}`,
    udp: `UDP datagrams to port ${probe.port}`,
  }[probe.protocol];
  return back
    ? `the answers to ${name} of ${ends.source} from ${ends.destination}`
    : `${name} from ${ends.source} to ${ends.destination}`;
}

/** Where events tell nothing: every place on the way that routes and cables give. */
export function allPlaces({ ends }: Examination, { sender, target }: Way): Place[] {
  const spaces = spacesOf(ends);
  const places: Place[] = [{ space: sender, device: null, direction: null }];
  const uplink = (space: Space): { readonly port: string; readonly bridge: string } | null => {
    for (const { name } of space.links) {
      const peer = space === ends.host ? null : peerOf(spaces, space, name);
      if (peer !== null && peer.space === ends.host)
        return { port: peer.device, bridge: masterOf(peer.space, peer.device) ?? peer.device };
    }
    return null;
  };
  const up = uplink(sender);
  if (up !== null)
    places.push(
      { space: ends.host, device: up.port, direction: "received" },
      { space: ends.host, device: up.bridge, direction: "received" },
    );
  const down = target === null ? null : uplink(target);
  if (down !== null)
    places.push(
      { space: ends.host, device: down.bridge, direction: "sent" },
      { space: ends.host, device: down.port, direction: "sent" },
    );
  if (target !== null && target !== sender && target !== ends.host)
    places.push({
      space: target,
      device: target.links.find(({ name }) => name !== "lo")?.name ?? null,
      direction: "received",
    });
  return places;
}

/** The packet as it is in a namespace: translated where the way there has passed the host's rules. */
export function translatedAt({ ends }: Examination, way: Way, { space }: Place): Packet {
  const there = way.sender === ends.from;
  if (!there || space !== ends.to || space === ends.host) return way.packet;
  const { address, port } = ends.translated;
  return { ...way.packet, destination: address, ...(port === null ? {} : { destinationPort: port }) };
}

/** Whether an address is one of a namespace's own. */
export function isOwn(space: Space, address: string | undefined): boolean {
  return space.links.some(({ addresses }) => addresses.some((each) => each.address === address));
}
