import { usesNftables } from "../expectations/firewall.ts";
import { noIpv6Rules } from "../expectations/ipv6-rules.ts";
import type { AskedQuestion } from "../model/question.ts";
import {
  type Evaluation,
  evaluate,
  type Firewall,
  type Hook,
  isDiversion,
  isEngines,
  type Packet,
  type Place,
} from "../snapshot/firewall/index.ts";
import { type BridgeNetwork, bridgesOf, type Snapshot } from "../snapshot/snapshot.ts";
import { endAt, type Sent, sentBy } from "./packets.ts";

/** Where the host's packet filters end what a question sends. */
export interface Stop {
  readonly place: Place;
  /** `divert`: it passes, to another destination than was asked. */
  readonly how: "drop" | "reject" | "queue" | "divert";
  /** Queue that packets are handed to; null for what is dropped or rejected. */
  readonly queue: number | null;
  /** Whether every such packet ends there; else a part, or what the rule asks for can't be told. */
  readonly surely: boolean;
  /** On the way of the question's packets, or on that of the answers. */
  readonly way: "there" | "back";
}

/**
 * What becomes of a question's packets and of their answers in every packet filter of the host, without sending anything.
 * @returns `open`: nothing stops them; null: can't be told
 */
export function passageOf(snapshot: Snapshot, question: AskedQuestion): Stop | "open" | null {
  const filters = snapshot.host?.filters;
  const sent = sentBy(snapshot, question);
  if (filters == null || sent === null) return null;
  const there = forth(snapshot, filters, sent);
  if (there.stop?.surely === true) return { ...there.stop, way: "there" };
  const back = backAgain(filters, there.sent, snapshot);
  // What ends the packet, or its answer, is nearer than what has led it there.
  const stop = back?.surely === true ? back : (there.diverted ?? there.stop ?? back);
  if (stop !== null) return { ...stop, way: stop === back ? "back" : "there" };
  return filters.unread.length === 0 ? "open" : null;
}

/** A bridge network whose containers' packets leave the host, in one family, with their own addresses. */
export interface Unmasqueraded {
  readonly network: string;
  readonly subnet: string;
  readonly device: string;
  readonly family: 4 | 6;
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
  const bridges = bridgesOf(snapshot);
  const bridge = bridges.find(({ device }) => device === from.device);
  if (bridge === undefined || to.device === null || bridges.some(({ device }) => device === to.device)) return null;
  const family = packet.family === "ip6" ? 6 : 4;
  const subnet = subnetOf(bridge.network, family);
  if (bridge.internal || subnet === null || !isMasqueraded(snapshot, bridge, family)) return null;
  const missing = !isTranslated(filters, { from, to, packet }) && !hasMasquerade(filters, subnet, bridge.device);
  return missing ? { network: bridge.name, subnet, device: bridge.device, family } : null;
}

/** Whether Docker's own rule is there, and something before it keeps packets from it. */
function hasMasquerade({ tables }: Firewall, subnet: string, device: string): boolean {
  const rule = `-A POSTROUTING -s ${subnet} ! -o ${device} -j MASQUERADE`;
  return tables.some(({ chains }) => chains.some(({ rules }) => rules.some(({ text }) => text === rule)));
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

type Ending = Omit<Stop, "way">;

interface Forth {
  readonly stop: Ending | null;
  /** A rule that is not the engine's gives it another destination. */
  readonly diverted: Ending | null;
  /** Translated as it arrives. */
  readonly sent: Sent;
}

function forth(snapshot: Snapshot, filters: Firewall, sent: Sent): Forth {
  const { from } = sent;
  const first: Hook = from.device === null ? "output" : "prerouting";
  const start: Packet = {
    ...sent.packet,
    inDevice: from.device,
    ...(from.device === null ? { outDevice: sent.to.device ?? "lo" } : {}),
  };
  const entered =
    from.device === sent.to.device && !bridgedIsFiltered(snapshot) ? null : evaluate(filters, start, first);
  const host = snapshot.host;
  const { destination = sent.packet.destination ?? "" } = entered?.packet ?? {};
  const to = host === null ? sent.to : (endAt(snapshot, host, destination) ?? sent.to);
  const arrives: Sent = { ...sent, to, packet: entered?.packet ?? sent.packet };
  const diversion = entered?.changes.find((change) => isDiversion(change) && !isEngines(change.place));
  return {
    diverted: diversion === undefined ? null : { place: diversion.place, how: "divert", queue: null, surely: true },
    stop: stopOf(entered) ?? throughHooks(filters, arrives, snapshot),
    sent: arrives,
  };
}

/** Behind the first hook: to the host itself, from it, through it, or over a bridge. */
function throughHooks(filters: Firewall, { from, to, packet }: Sent, snapshot: Snapshot): Ending | null {
  const moving: Packet = { ...packet, inDevice: from.device, outDevice: to.device };
  if (from.device !== null && from.device === to.device) {
    const over = stopOf(evaluate(filters, { ...packet }, "forward", "bridge"));
    if (over !== null || !bridgedIsFiltered(snapshot)) return over;
  }
  if (to.device === null) return from.device === null ? null : stopOf(evaluate(filters, moving, "input"));
  const forwarded = from.device === null ? null : stopOf(evaluate(filters, moving, "forward"));
  return forwarded ?? stopOf(evaluate(filters, moving, "postrouting"));
}

/** The answer: of the same connection, the other way round, untranslated. */
function backAgain(filters: Firewall, { from, to, packet }: Sent, snapshot: Snapshot): Ending | null {
  const { tcpFlags: _, icmpType, ...rest } = packet;
  const answer: Packet = {
    ...rest,
    source: to.address,
    destination: from.address,
    state: "established",
    sourceType: "unicast",
    destinationType: from.device === null ? "local" : "unicast",
    ...(icmpType === undefined
      ? { sourcePort: packet.destinationPort ?? null, destinationPort: packet.sourcePort ?? null }
      : { icmpType: packet.family === "ip6" ? 129 : 0 }),
    ...(packet.protocol === "tcp" ? { tcpFlags: ["syn", "ack"] } : {}),
    inDevice: to.device,
    ...(to.device === null ? { outDevice: from.device ?? "lo" } : {}),
  };
  // What was masqueraded is answered to the host's own address: the hooks before the translation see that one.
  const arriving = { ...answer, destination: sourceBeyond(filters, { from, to, packet }, snapshot) };
  const onBridge = from.device !== null && from.device === to.device && !bridgedIsFiltered(snapshot);
  const first = onBridge ? null : stopOf(evaluate(filters, arriving, to.device === null ? "output" : "prerouting"));
  return first ?? throughHooks(filters, { from: to, to: from, packet: answer }, snapshot);
}

function isTranslated(filters: Firewall, { from, to, packet }: Sent): boolean {
  const { changes } = evaluate(filters, { ...packet, inDevice: from.device, outDevice: to.device }, "postrouting");
  return changes.some(({ action }) => action.kind === "masquerade" || action.kind === "snat");
}

/** The source address that whoever is reached sees. */
function sourceBeyond(filters: Firewall, { from, to, packet }: Sent, { host }: Snapshot): string {
  if (from.device === null || to.device === null || from.device === to.device) return from.address;
  const { changes, packet: left } = evaluate(
    filters,
    { ...packet, inDevice: from.device, outDevice: to.device },
    "postrouting",
  );
  if (!changes.some(({ action }) => action.kind === "masquerade" || action.kind === "snat")) return from.address;
  if (left.source !== undefined && left.source !== packet.source) return left.source;
  const own = host?.addresses
    .filter(({ name }) => name === to.device)
    .flatMap(({ addresses }) => addresses)
    .find(({ family }) => (family === 4) === (packet.family === "ip"));
  return own?.address ?? from.address;
}

/** Whether what a bridge carries passes the filters of IP. */
function bridgedIsFiltered({ host }: Snapshot): boolean {
  return host?.sysctls["bridge/bridge-nf-call-iptables"] === "1";
}

const STOPS = ["drop", "reject", "queue"] as const;

function stopOf(evaluation: Evaluation | null): Ending | null {
  const ends = evaluation?.ends ?? [];
  const stopping = ends.flatMap(({ verdict, place, action }) => {
    const how = STOPS.find((one) => one === verdict);
    return how === undefined || place === null
      ? []
      : [{ how, place, queue: action?.kind === "queue" ? action.first : null }];
  });
  const [first] = stopping;
  return first === undefined ? null : { ...first, surely: stopping.length === ends.length };
}
