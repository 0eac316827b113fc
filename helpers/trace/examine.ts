import type { Cause } from "../model/cause.ts";
import { cidr } from "../model/cidr.ts";
import { isIpv4 } from "../model/ipv4.ts";
import type { Leg } from "../model/walk.ts";
import { evaluate, type Firewall, gatherFirewall, type Packet } from "../snapshot/firewall/index.ts";
import type { HostView } from "../vantage/host-view.ts";
import { endCauses } from "./end-cause.ts";
import { spacesOf } from "./ends.ts";
import type { Examination } from "./examination.ts";
import { countedBy, diversionCauses, firewallCause, type Suspect, suspectsAt } from "./firewall-cause.ts";
import { ipsecCauses } from "./ipsec-cause.ts";
import { devicesAt, linkCauses, lookAtLink, neighbourCause } from "./link-cause.ts";
import { partOf } from "./part.ts";
import { type Passage, type Place, passagesBehind, placeBehind } from "./passages.ts";
import { chosenDevice, misrouted, readRouting, routeCauses } from "./route-cause.ts";
import { inSpace, masterOf, peerOf, type Space } from "./spaces.ts";
import { spaceText, subjectOf } from "./words.ts";

/** One way of the probe, with the packet that takes it. */
interface Way {
  readonly leg: Leg;
  readonly sender: Space;
  readonly target: Space | null;
  readonly packet: Packet;
  /** Named in sentences: `ICMP echo from web to 10.0.0.1`. */
  readonly what: string;
}

/** The causes of a probe that did not come through: nearest to where the packet ended first. */
export async function causesOf(host: HostView, examination: Examination): Promise<Cause[]> {
  const { walk, ends, probe } = examination;
  const there: Way = {
    leg: walk.there,
    sender: ends.from,
    target: ends.to,
    packet: examination.opening,
    what: whatOf(examination, false),
  };
  const whole = walk.there.end.kind === "arrived" || walk.there.end.kind === "left";
  const causes: Cause[] = [];
  if (walk.followed === "concluded" || !whole || (walk.arrived && walk.burst !== null))
    causes.push(...(await causesOnWay(host, examination, there)));
  if (walk.followed === "concluded" ? causes.length === 0 : whole && !walk.arrived) {
    if (ends.to !== null) {
      const { address, port } = ends.translated;
      causes.push(...(await endCauses(host, ends.to, probe.protocol, port, address)));
      if (causes.length === 0 && walk.outcome !== "refused")
        causes.push(...(await causesOnWay(host, examination, wayBack(examination))));
    } else if (walk.back !== null && walk.back.end.kind !== "arrived")
      causes.push(...(await causesOnWay(host, examination, wayBack(examination))));
  }
  if (causes.length === 0 && walk.outcome === "refused" && ends.to === null && whole)
    causes.push(refusedBeyond(examination));
  if (causes.length === 0) causes.push(...untranslated(examination));
  if (causes.length === 0) causes.push(...unnamed(examination));
  return causes;
}

/** It leaves the host with an address that nobody beyond knows the way to: no rule masquerades it. */
function untranslated({ walk, ends, firewall, opening }: Examination): Cause[] {
  const device = walk.there.hops.at(-1)?.device;
  if (walk.there.end.kind !== "left" || device === undefined || ends.from === ends.host || walk.back !== null)
    return [];
  const { changes } = evaluate(firewall, { ...opening, inDevice: null, outDevice: device }, "postrouting");
  if (changes.some(({ action }) => action.kind === "masquerade" || action.kind === "snat")) return [];
  const owner = ends.host.links.find(({ addresses }) =>
    addresses.some(({ family, address, prefix }) => family === 4 && sameNetwork(address, ends.source, prefix)),
  );
  const address = owner?.addresses.find(
    ({ family, address: own, prefix }) => family === 4 && sameNetwork(own, ends.source, prefix),
  );
  if (owner === undefined || address === undefined) return [];
  return [
    {
      key: `untranslated of this host ${owner.name}`,
      what: `Packets of ${ends.source} leave this host by ${device} with the container's own address: no rule masquerades them, so an answer comes only where the machines beyond have a route back.`,
      act: "The nat table was flushed, as a firewall's reload does, or masquerading is switched off for this network on purpose.",
      certainty: "concluded",
      subjects: [subjectOf(ends.host)],
      evidence: [
        `no rule of POSTROUTING translates ${ends.source} on ${device}`,
        "the packet left, and no answer came in",
      ],
      remedies: [
        {
          what: "let the engine write its rules anew",
          commands: ["systemctl restart docker"],
          cost: "Without live-restore every container stops; those without a restart policy stay down.",
          check: "iptables -t nat -S POSTROUTING",
        },
      ],
    },
  ];
}

function sameNetwork(one: string, other: string, prefix: number): boolean {
  return isIpv4(one) && isIpv4(other) && cidr(`${one}/${prefix}`).contains(other);
}

/** The other machine itself says no. */
function refusedBeyond({ walk, ends, probe }: Examination): Cause {
  const came = walk.back?.end.kind === "arrived";
  return {
    key: `refused beyond ${ends.destination} ${probe.port}`,
    what: `${ends.destination} refuses ${probe.protocol.toUpperCase()} port ${probe.port}: ${came ? "the refusal came in from another machine" : "the packet left this host, and a refusal came"}.`,
    act: "Nobody listens there, or a firewall there rejects it.",
    certainty: came ? "seen" : "concluded",
    subjects: [],
    evidence: [`outcome of the probe: ${walk.outcome}`],
    remedies: [],
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

function wayBack(examination: Examination): Way {
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

/** Asks everything that acts on a packet behind the place that it was last seen at. */
async function causesOnWay(host: HostView, examination: Examination, way: Way): Promise<Cause[]> {
  const { ends, walk } = examination;
  const spaces = spacesOf(ends);
  const part = partOf(way.leg.end);
  const reason = way.leg.end.kind === "dropped" ? way.leg.end.reason : null;
  const lossy = walk.burst !== null && walk.arrived;
  const places =
    walk.followed === "concluded" || lossy ? allPlaces(examination, way) : [placeBehind(way.leg, spaces, way.sender)];
  const causes: Cause[] = [];
  for (const place of places) {
    if (performance.now() > examination.until) break;
    const packet = translatedAt(examination, way, place);
    const inDevice = place.direction === "received" ? place.device : null;
    const isPort = inDevice !== null && masterOf(place.space, inDevice) !== null;
    const entered = enteredAt(examination, way, place, packet);
    const own = isOwn(place.space, entered.destination) || place.space === way.target;
    // A frame on a bridge port is routed only behind the bridge.
    const asks = place.direction !== "sent" && !isPort;
    const routing = asks ? await readRouting(host, place.space, entered, inDevice) : null;
    const out = routing === null ? null : chosenDevice(routing);
    // A rule that drops what takes a wrong way did its work.
    const astray = routing === null ? [] : misrouted(place.space, routing, entered, inDevice);
    if (part === "filter" && astray.length > 0) {
      causes.push(...astray);
      continue;
    }
    // Where it would be passed on, a packet ends whose hops a rule has used up.
    if (part === "filter" || part === "unknown" || (part === "routing" && reason === "IP_INHDR")) {
      const passages = passagesBehind(place, own, out ?? undefined);
      causes.push(...(await filterCauses(host, examination, packet, passages, way.what, part === "filter")));
    }
    if (routing !== null && (part === "routing" || part === "unknown") && !(own && inDevice === null))
      causes.push(...routeCauses(place.space, routing, entered, inDevice, inDevice !== null && !own, reason));
    if (asks && (part === "ipsec" || part === "unknown"))
      causes.push(...(await ipsecCauses(host, place.space, entered, part === "ipsec")));
    if (part === "link" || part === "unknown")
      causes.push(...(await linkLooks(host, examination, place, way, out, routing?.chosen ?? "")));
    // It came to somebody whose it is not: who listens there has nothing to do with it.
    if (part === "end" && !own)
      causes.push(...(await diversions(host, examination, packet, passagesBehind(place, true, undefined), way.what)));
    else if (part === "end")
      causes.push(
        ...(await endCauses(
          host,
          place.space,
          examination.probe.protocol,
          examination.ends.translated.port,
          examination.ends.translated.address,
        )),
      );
  }
  return unique(causes);
}

/** The packet as the host's routes see it: marked, and sent elsewhere, by the rules that stand before them. */
function enteredAt(
  { ends, firewall }: Examination,
  way: Way,
  { space, device, direction }: Place,
  packet: Packet,
): Packet {
  if (space !== ends.host || direction === "sent") return packet;
  const inDevice = direction === "received" && device !== null ? (masterOf(space, device) ?? device) : null;
  const destinationType = isOwn(space, packet.destination) ? "local" : "unicast";
  const { packet: after } = evaluate(
    firewall,
    { ...packet, inDevice, outDevice: null, destinationType },
    inDevice === null ? "output" : "prerouting",
  );
  const isThere = way.sender === ends.from;
  return {
    ...packet,
    ...(after.mark === undefined ? {} : { mark: after.mark }),
    ...(isThere && after.destination !== undefined ? { destination: after.destination } : {}),
    ...(isThere && after.destinationPort != null ? { destinationPort: after.destinationPort } : {}),
  };
}

/** Where events tell nothing: every place on the way that routes and cables give. */
function allPlaces({ ends }: Examination, { sender, target }: Way): Place[] {
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
function translatedAt({ ends }: Examination, way: Way, { space }: Place): Packet {
  const there = way.sender === ends.from;
  if (!there || space !== ends.to || space === ends.host) return way.packet;
  const { address, port } = ends.translated;
  return { ...way.packet, destination: address, ...(port === null ? {} : { destinationPort: port }) };
}

/** How many packets a counter is confirmed with. */
const BURST = 4;

async function filterCauses(
  host: HostView,
  examination: Examination,
  opening: Packet,
  passages: readonly Passage[],
  what: string,
  surely: boolean,
): Promise<Cause[]> {
  const [passage] = passages;
  if (passage === undefined) return [];
  const { space } = passage;
  const read = async (): Promise<Firewall> =>
    await (space === examination.ends.host ? gatherFirewall(host) : gatherFirewall(host, space.pid));
  const firewall = space === examination.ends.host ? examination.firewall : await read();
  const isLocal = passages.some(({ hook }) => hook === "input") && passages.every(({ hook }) => hook !== "forward");
  const packet: Packet = {
    ...opening,
    destinationType: isLocal || isOwn(space, opening.destination) ? "local" : "unicast",
  };
  const { suspects } = suspectsAt(firewall, packet, passages);
  // Without the kernel's word that a rule did it, only what surely ends the packet is told, and what its counter shows.
  if (suspects.length === 0) return [];
  const { counts, sent } = await counted(examination, suspects, space, firewall, read);
  const readers = suspects.some(({ end }) => end.verdict === "queue") ? await queueReaders(host, space) : null;
  const told = suspects.filter((suspect) => {
    const count = counts.get(suspect);
    if (count !== undefined) return count > 0;
    return suspect.certain || surely;
  });
  return told.map((suspect) => {
    const by = counts.get(suspect);
    return firewallCause(
      suspect,
      what,
      by === undefined ? null : { by, sent, some: examination.walk.arrived },
      readers,
      examination.ends.apart,
    );
  });
}

async function diversions(
  host: HostView,
  { firewall, ends }: Examination,
  packet: Packet,
  passages: readonly Passage[],
  what: string,
): Promise<Cause[]> {
  const [passage] = passages;
  if (passage === undefined) return [];
  const { space } = passage;
  const rules = space === ends.host ? firewall : await gatherFirewall(host, space.pid);
  return diversionCauses(rules, { ...packet, destinationType: "unicast" }, passages, what);
}

function isOwn(space: Space, address: string | undefined): boolean {
  return space.links.some(({ addresses }) => addresses.some((each) => each.address === address));
}

/**
 * By how much the counter of each suspect's rule rose while a known number of packets was sent: those of a burst that
 * has been sent already, or a few more. Without those that count nothing.
 */
async function counted(
  { send, probe, ends }: Examination,
  suspects: readonly Suspect[],
  space: Space,
  before: Firewall,
  read: () => Promise<Firewall>,
): Promise<{ readonly counts: ReadonlyMap<Suspect, number>; readonly sent: number }> {
  const counting = suspects.filter((suspect) => countedBy(before, suspect) !== null);
  if (counting.length === 0) return { counts: new Map(), sent: 0 };
  // The host's counters were read before the first probe.
  const already = space === ends.host ? probe.count : 0;
  const more = already >= BURST ? 0 : BURST;
  if (more > 0) {
    if (probe.protocol === "icmp") await send({ ...probe, count: more });
    else
      for (let sent = 0; sent < more; sent += 2)
        await Promise.all([send({ ...probe, count: 1 }), send({ ...probe, count: 1 })]);
  }
  const after = await read();
  const counts = new Map<Suspect, number>();
  for (const suspect of counting) {
    const [from, to] = [countedBy(before, suspect), countedBy(after, suspect)];
    if (from !== null && to !== null) counts.set(suspect, to - from);
  }
  return { counts, sent: already + more };
}

/** Queues that a program reads (proc's first column is the queue's number). */
async function queueReaders(host: HostView, space: Space): Promise<number[]> {
  const text = await inSpace(host, space.pid, "cat /proc/net/netfilter/nfnetlink_queue 2>/dev/null");
  return text.split("\n").flatMap((line) => (/^\s*\d/.test(line) ? [Number(line.trim().split(/\s+/)[0])] : []));
}

async function linkLooks(
  host: HostView,
  examination: Examination,
  place: Place,
  way: Way,
  out: string | null,
  chosen: string,
): Promise<Cause[]> {
  const spaces = spacesOf(examination.ends);
  const causes: Cause[] = [];
  const looked = new Set<string>();
  const lookAt = async (around: Place, device: string | null): Promise<void> => {
    for (const each of devicesAt(around, spaces, device)) {
      const key = `${each.space.pid} ${each.device}`;
      if (looked.has(key)) continue;
      looked.add(key);
      causes.push(
        ...linkCauses(each.space, await lookAtLink(host, each.space, each.device), way.packet.length ?? null),
      );
    }
  };
  await lookAt(place, out);
  // The kernel says that a link ended it, and this one is in order: it is another one of the way.
  if (causes.length === 0 && partOf(way.leg.end) === "link")
    for (const along of allPlaces(examination, way)) await lookAt(along, null);
  if (causes.length === 0) causes.push(...(await foreignAddress(host, spaces, place)));
  if (out === null) return causes;
  const [, gateway] = / via (\S+)/.exec(chosen) ?? [];
  const nextHop = gateway ?? way.packet.destination ?? "";
  const owner = spaces.find((each) => isOwn(each, nextHop));
  const macs =
    owner?.links
      .filter(({ addresses }) => addresses.some(({ address }) => address === nextHop))
      .flatMap(({ mac }) => mac ?? []) ?? [];
  const cause = neighbourCause(place.space, await lookAtLink(host, place.space, out), nextHop, macs);
  if (cause === null) return causes;
  // Where nobody answers, the question or its answer is lost between here and there: every device of that way is looked at.
  if (cause.unanswered) for (const along of allPlaces(examination, way)) await lookAt(along, null);
  if (cause.unanswered && causes.length === 0) causes.push(...(await unheard(host, examination, way, nextHop)));
  return cause.unanswered && causes.length > 0 ? causes : [...causes, cause.cause];
}

/** What on the way ends the question who has an address, or its answer: rules that see frames, not packets of IP. */
async function unheard(host: HostView, examination: Examination, way: Way, nextHop: string): Promise<Cause[]> {
  if (!isIpv4(nextHop)) return [];
  const arp: Packet = { family: "arp", protocol: "arp" };
  const passages = allPlaces(examination, way)
    .filter(({ space, device }) => space === examination.ends.host && device !== null)
    .flatMap((along) => passagesBehind(along, false, undefined))
    .filter(({ layer, hook }) => layer !== "network" || hook === "input" || hook === "output");
  const what = `the question who has ${nextHop} (ARP), or its answer`;
  return await filterCauses(host, examination, arp, passages, what, false);
}

/** Who holds a wrong hardware address for one of this namespace's addresses, and so sends what nobody takes. */
async function foreignAddress(host: HostView, spaces: readonly Space[], { space, device }: Place): Promise<Cause[]> {
  const link = space.links.find(({ name }) => name === device);
  if (link?.mac === undefined) return [];
  const causes: Cause[] = [];
  for (const other of spaces) {
    if (other === space) continue;
    for (const { name } of other.links.filter((each) => each.name !== "lo" && each.master === undefined)) {
      const look = await lookAtLink(host, other, name);
      for (const { address } of link.addresses) {
        const found = neighbourCause(other, look, address, [link.mac]);
        if (found !== null && !found.unanswered) causes.push(found.cause);
      }
    }
  }
  return causes;
}

function unique(causes: readonly Cause[]): Cause[] {
  const once = [...new Map(causes.map((cause) => [cause.key, cause])).values()];
  // A port of a bridge that is down does not forward: one fault, not two.
  const isDown = ({ key }: Cause): boolean => / down$/.test(key) && key.startsWith("link ");
  return once.some(isDown) ? once.filter((cause) => isDown(cause) || !/^link .* state$/.test(cause.key)) : once;
}

/** Nothing that was looked at explains it: the place alone, as the kernel told it. */
function unnamed({ walk, ends }: Examination): Cause[] {
  const back = walk.there.end.kind === "arrived" || walk.there.end.kind === "left";
  const leg = back ? walk.back : walk.there;
  if (walk.followed === "concluded" || leg === null) return [];
  const { space, device } = placeBehind(leg, spacesOf(ends), back ? (ends.to ?? ends.host) : ends.from);
  const at =
    device === null ? `${spaceText(space)}, before it came to a device` : `behind ${device} ${spaceText(space)}`;
  const { end } = leg;
  if (end.kind === "dropped")
    return [
      {
        key: `dropped ${spaceText(space)} ${end.at} ${end.reason ?? ""}`,
        what: `The kernel drops the ${back ? "answer" : "packet"} ${at}, in ${end.at === "" ? "a function that this kernel does not name" : end.at}${end.reason === null ? "" : ` (${end.reason})`}.`,
        act: null,
        certainty: "seen",
        subjects: [subjectOf(space)],
        evidence: [
          `kfree_skb at ${end.at}, reason ${end.reason ?? "not told"}`,
          ...walk.unread.map((thing) => `not read: ${thing}`),
        ],
        remedies: [],
      },
    ];
  if (end.kind !== "vanished") return [];
  return [
    {
      key: `vanished ${spaceText(space)} ${device ?? ""}`,
      what: `The ${back ? "answer" : "packet"} is last seen ${at}; the kernel drops it nowhere: it waits there, or a program took it.`,
      act: null,
      certainty: "seen",
      subjects: [subjectOf(space)],
      evidence: walk.unread.map((thing) => `not read: ${thing}`),
      remedies: [],
    },
  ];
}
