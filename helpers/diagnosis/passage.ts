import type { AskedQuestion } from "../model/question.ts";
import {
  type Evaluation,
  evaluate,
  type Firewall,
  type Hook,
  type Packet,
  type Place,
} from "../snapshot/firewall/index.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { endAt, type Sent, sentBy } from "./packets.ts";

/** Where the host's packet filters end what a question sends. */
export interface Stop {
  readonly place: Place;
  readonly how: "drop" | "reject" | "queue";
  /** Queue that packets are handed to; null for what is dropped or rejected. */
  readonly queue: number | null;
  /** Whether every such packet ends there; else a part, or what the rule asks for can't be told. */
  readonly surely: boolean;
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
  if (there.stop?.surely === true) return there.stop;
  const back = backAgain(filters, there.sent, snapshot);
  return (back?.surely === true ? back : (there.stop ?? back)) ?? (filters.unread.length === 0 ? "open" : null);
}

interface Forth {
  readonly stop: Stop | null;
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
  return {
    stop: stopOf(entered) ?? throughHooks(filters, arrives, snapshot),
    sent: arrives,
  };
}

/** Behind the first hook: to the host itself, from it, through it, or over a bridge. */
function throughHooks(filters: Firewall, { from, to, packet }: Sent, snapshot: Snapshot): Stop | null {
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
function backAgain(filters: Firewall, { from, to, packet }: Sent, snapshot: Snapshot): Stop | null {
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

function stopOf(evaluation: Evaluation | null): Stop | null {
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
