import { usesNftables } from "../expectations/firewall.ts";
import { noIpv6Rules } from "../expectations/ipv6-rules.ts";
import type { AskedQuestion } from "../model/question.ts";
import {
  answerTo,
  diversionsText,
  evaluate,
  type Firewall,
  type Hook,
  isDiversion,
  isEngines,
  type Packet,
  type Place,
} from "../snapshot/firewall/index.ts";
import { type BridgeNetwork, bridgesOf, type Snapshot } from "../snapshot/snapshot.ts";
import { type Ending, type Stop, stopOf } from "./ending.ts";
import { bridgedIsFiltered, unasked } from "./neighbour-packets.ts";
import { endAt, isBridged, returnOf, type Sent, senderOf, sentBy } from "./packets.ts";
import { foreignSource, hasMasquerade, isTranslated, keeperFrom, sourceBeyond } from "./source-address.ts";

/**
 * What becomes of a question's packets and of their answers in every packet filter of the host, without sending anything.
 * @returns `open`: nothing stops them; null: can't be told
 */
export function passageOf(snapshot: Snapshot, question: AskedQuestion): Stop | "open" | null {
  const filters = snapshot.host?.filters;
  if (question.kind === "reach" && question.protocol === "arp") return passageOfArp(snapshot, question);
  const sent = sentBy(snapshot, question);
  if (filters == null || sent === null) return null;
  const there = forth(snapshot, filters, sent);
  if (there.stop?.surely === true) return { ...there.stop, way: "there" };
  const back = backAgain(filters, there.sent, snapshot);
  // What ends the packet, or its answer, is nearer than what has led it there.
  const stop =
    back?.surely === true
      ? back
      : (there.diverted ??
        there.stop ??
        misaddressed(snapshot, filters, there.sent) ??
        unasked(snapshot, filters, there.sent) ??
        back);
  if (stop !== null) return { ...stop, way: stop === back ? "back" : "there" };
  return filters.unread.length === 0 ? "open" : null;
}

/** Asked by ARP alone, there is nothing behind the answer: its ends are those of a ping. */
function passageOfArp(snapshot: Snapshot, question: AskedQuestion & { readonly kind: "reach" }): Stop | "open" | null {
  const filters = snapshot.host?.filters;
  const sent = sentBy(snapshot, { ...question, protocol: "icmp" });
  if (filters == null || sent === null) return null;
  const stop = unasked(snapshot, filters, sent);
  if (stop !== null) return { ...stop, way: "there" };
  return filters.unread.length === 0 ? "open" : null;
}

/** Whether what a question sends comes to the host itself, wherever the first hook leads it; false where that can't be told. */
export function comesToHost(snapshot: Snapshot, question: AskedQuestion): boolean {
  const filters = snapshot.host?.filters;
  const sent = sentBy(snapshot, question);
  return filters != null && sent !== null && forth(snapshot, filters, sent).sent.to.device === null;
}

/** The rule, not the engine's, that surely gives what a question sends another destination; null where none does. */
export function diversionOf(snapshot: Snapshot, question: AskedQuestion): Stop | null {
  const filters = snapshot.host?.filters;
  const sent = sentBy(snapshot, question);
  const diverted = filters == null || sent === null ? null : forth(snapshot, filters, sent).diverted;
  return diverted === null ? null : { ...diverted, way: "there" };
}

/** A bridge network whose containers' packets leave the host, in one family, with their own addresses. */
export interface Unmasqueraded {
  readonly network: string;
  readonly subnet: string;
  readonly device: string;
  readonly family: 4 | 6;
  /** The rule that keeps it from Docker's own; null where that one is missing. */
  readonly by: Place | null;
}

/**
 * Whether a question's packet leaves the host with its container's address, although Docker masquerades its network:
 * answers to that address find no way back, or are dropped as direct access.
 */
export function unmasquerades(snapshot: Snapshot, question: AskedQuestion): Unmasqueraded | null {
  const filters = snapshot.host?.filters;
  const sent = sentBy(snapshot, question);
  if (filters == null || sent === null) return null;
  const { from, to, packet } = forth(snapshot, filters, sent).sent;
  // A rule that has it not tracked is the cause then.
  if (packet.state === "untracked") return null;
  const bridges = bridgesOf(snapshot);
  const bridge = bridges.find(({ device }) => device === from.device);
  if (bridge === undefined || to.device === null || bridges.some(({ device }) => device === to.device)) return null;
  const family = packet.family === "ip6" ? 6 : 4;
  const subnet = subnetOf(bridge.network, family);
  if (bridge.internal || subnet === null || !isMasqueraded(snapshot, bridge, family)) return null;
  const leaves = { from, to, packet };
  if (isTranslated(filters, leaves)) return null;
  const by = hasMasquerade(filters, subnet, bridge.device) ? keeperFrom(filters, leaves) : null;
  if (by === null && hasMasquerade(filters, subnet, bridge.device)) return null;
  return { network: bridge.name, subnet, device: bridge.device, family, by };
}

function subnetOf({ IPAM }: BridgeNetwork["network"], family: 4 | 6): string | null {
  const config = (IPAM.Config ?? []).find(({ Subnet }) => Subnet?.includes(":") === (family === 6));
  return config?.Subnet ?? null;
}

/** Whether Docker makes a masquerade rule of iptables for a network. */
function isMasqueraded({ facts }: Snapshot, { network, name, masquerade }: BridgeNetwork, family: 4 | 6): boolean {
  const { configuration } = facts;
  if (usesNftables(facts) || (name === "bridge" && configuration["ip-masq"] === false)) return false;
  if (family === 4) return masquerade && configuration.iptables !== false;
  const options = network.Options ?? {};
  const mode = options["com.docker.network.bridge.gateway_mode_ipv6"] ?? "nat";
  return (
    noIpv6Rules(facts) === null &&
    mode.startsWith("nat") &&
    options["com.docker.network.bridge.enable_ip_masquerade"] !== "false"
  );
}

interface Arrival {
  /** What a question sends as it is led on. */
  readonly sent: Sent;
  readonly translations: readonly { readonly what: string; readonly by: string }[];
}

/** Whereto a question's packet is led, whatever ends it on the way; null where that can't be told. */
export function arrivalOf(snapshot: Snapshot, question: AskedQuestion): Arrival | null {
  const filters = snapshot.host?.filters;
  const sent = sentBy(snapshot, question);
  if (filters == null || sent === null) return null;
  const { sent: arrives, translations } = forth(snapshot, filters, sent);
  return { sent: arrives, translations };
}

interface Forth {
  readonly stop: Ending | null;
  /** A rule that is not the engine's gives it another destination. */
  readonly diverted: Ending | null;
  /** Translated as it arrives. */
  readonly sent: Sent;
  readonly translations: Arrival["translations"];
}

function forth(snapshot: Snapshot, filters: Firewall, sent: Sent): Forth {
  const { from } = sent;
  const first: Hook = from.device === null ? "output" : "prerouting";
  const bridged = isBridged(sent.from, sent.to);
  const start: Packet = {
    ...sent.packet,
    bridged,
    inDevice: from.device,
    ...(from.device === null ? { outDevice: sent.to.device ?? "lo" } : {}),
  };
  const early = arriving(filters, snapshot, start, bridged);
  const entered = bridged && !bridgedIsFiltered(snapshot, start.family) ? null : evaluate(filters, start, first);
  const host = snapshot.host;
  const { destination = sent.packet.destination ?? "" } = entered?.packet ?? {};
  const to = host === null ? sent.to : (endAt(snapshot, host, destination) ?? sent.to);
  const arrives: Sent = { ...sent, to, packet: entered?.packet ?? sent.packet };
  const diversion = entered?.changes.find((change) => isDiversion(change) && !isEngines(change.place));
  return {
    diverted: diversion === undefined ? null : { place: diversion.place, how: "divert", queue: null, surely: true },
    stop: early ?? stopOf(entered) ?? throughHooks(filters, arrives, snapshot),
    sent: arrives,
    translations: entered === null ? [] : diversionsText(start, entered),
  };
}

/** Before the rules of IP: those of the device that it comes in by, and of the bridge that this is a port of. */
function arriving(filters: Firewall, snapshot: Snapshot, packet: Packet, bridged: boolean): Ending | null {
  if (packet.inDevice == null) return null;
  const { inDevice: device, ...frame } = packet;
  const bridge = bridgesOf(snapshot).some((one) => one.device === device);
  const over = bridge ? stopOf(evaluate(filters, frame, "prerouting", "bridge")) : null;
  if (over !== null || bridged) return over;
  const up = bridge ? stopOf(evaluate(filters, frame, "input", "bridge")) : null;
  return up ?? stopOf(evaluate(filters, packet, "ingress", "device"));
}

/** Behind the rules of IP: those of the device that it leaves by, and of the bridge that this is. */
function leaving(filters: Firewall, snapshot: Snapshot, packet: Packet): Ending | null {
  if (packet.outDevice == null) return null;
  const { inDevice: _in, outDevice: device, ...frame } = packet;
  const out = stopOf(evaluate(filters, packet, "egress", "device"));
  if (out !== null || !bridgesOf(snapshot).some((one) => one.device === device)) return out;
  return (
    stopOf(evaluate(filters, frame, "output", "bridge")) ?? stopOf(evaluate(filters, frame, "postrouting", "bridge"))
  );
}

/** What the host sends itself leaves by the loopback, and comes in by it. */
function overLoopback(filters: Firewall, packet: Packet): Ending | null {
  const leaving: Packet = { ...packet, inDevice: null, outDevice: "lo" };
  const entering: Packet = { ...packet, inDevice: "lo", outDevice: null, sourceType: "local" };
  return (
    stopOf(evaluate(filters, leaving, "postrouting")) ??
    stopOf(evaluate(filters, entering, "prerouting")) ??
    stopOf(evaluate(filters, entering, "input"))
  );
}

/** Behind the first hook: to the host itself, from it, through it, or over a bridge. */
function throughHooks(filters: Firewall, { from, to, packet }: Sent, snapshot: Snapshot): Ending | null {
  const bridged = isBridged(from, to);
  const moving: Packet = { ...packet, bridged, inDevice: from.device, outDevice: to.device };
  if (bridged) {
    const { inDevice: _in, outDevice: _out, ...frame } = moving;
    const over =
      stopOf(evaluate(filters, frame, "forward", "bridge")) ??
      stopOf(evaluate(filters, frame, "postrouting", "bridge"));
    if (over !== null || !bridgedIsFiltered(snapshot, packet.family)) return over;
  }
  if (to.device === null)
    return from.device === null ? overLoopback(filters, packet) : stopOf(evaluate(filters, moving, "input"));
  const forwarded = from.device === null ? null : evaluate(filters, moving, "forward");
  const ends = stopOf(forwarded);
  if (ends !== null) return ends;
  const on = { ...(forwarded?.packet ?? moving), inDevice: from.device, outDevice: to.device };
  const sent = evaluate(filters, on, "postrouting");
  return stopOf(sent) ?? (bridged ? null : leaving(filters, snapshot, { ...sent.packet, outDevice: to.device }));
}

/** The answer: of the same connection, the other way round, untranslated. */
function backAgain(filters: Firewall, { from, to, packet }: Sent, snapshot: Snapshot): Ending | null {
  const answer: Packet = {
    ...answerTo(packet),
    source: to.address,
    destination: from.address,
    sourceType: "unicast",
    destinationType: from.device === null ? "local" : "unicast",
    ...senderOf(to),
    ...(snapshot.host === null ? {} : returnOf(snapshot.host, to)),
    status: [...(packet.status ?? []), ...(isTranslated(filters, { from, to, packet }) ? (["snat"] as const) : [])],
    bridged: isBridged(from, to),
    inDevice: to.device,
    ...(to.device === null ? { outDevice: from.device ?? "lo" } : {}),
  };
  // What was masqueraded is answered to the host's own address: the hooks before the translation see that one.
  const { destination: _own, ...addressless } = answer;
  const comesTo = sourceBeyond(filters, { from, to, packet }, snapshot);
  const entering: Packet = { ...addressless, ...(comesTo === null ? {} : { destination: comesTo }) };
  const early = arriving(filters, snapshot, entering, isBridged(from, to));
  const onBridge = isBridged(from, to) && !bridgedIsFiltered(snapshot, packet.family);
  const entered = onBridge ? null : evaluate(filters, entering, to.device === null ? "output" : "prerouting");
  const onward: Packet = { ...answer, ...(entered === null ? {} : alteredIn(entered.packet)) };
  return early ?? stopOf(entered) ?? throughHooks(filters, { from: to, to: from, packet: onward }, snapshot);
}

function misaddressed(snapshot: Snapshot, filters: Firewall, sent: Sent): Ending | null {
  const place = isBridged(sent.from, sent.to) ? null : foreignSource(snapshot, filters, sent);
  return place === null ? null : { place, how: "misaddress", queue: null, surely: true };
}

/** What the first hook has done to an answer beside translating it. */
function alteredIn({ ttl, state, alteredBy, zone }: Packet): Partial<Packet> {
  return {
    ...(ttl === undefined ? {} : { ttl }),
    ...(state === undefined ? {} : { state }),
    ...(zone === undefined ? {} : { zone }),
    ...(alteredBy === undefined ? {} : { alteredBy }),
  };
}
