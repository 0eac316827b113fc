import type { Hop, Leg, LegEnd, Where } from "../model/walk.ts";
import type { TraceEvent } from "./parse-trace.ts";
import { peerOf, type Space } from "./spaces.ts";

/** What is looked for among the events. */
export interface Wanted {
  readonly from: Space;
  /** The device that the sender's routes choose; null without a route. */
  readonly device: string | null;
  /** null for another machine. */
  readonly to: Space | null;
  readonly spaces: readonly Space[];
  /** Length at a device that sends it, with the Ethernet header; at one that receives it 14 less. */
  readonly lengths: readonly number[];
  /** What an answer may have, where it is sent; first what it has where the packet was taken. */
  readonly answers: readonly number[];
  /** The program that sends it, as the kernel may call it: a drop before any device is known by it. */
  readonly tasks: readonly string[];
}

const ETHERNET = 14;
/** Longest time between two hops of one packet that does not wait for anything, in seconds. */
const APART = 0.5;
/**
 * What takes a packet at its end frees it there and then. What is freed later, in seconds, is another one that got its
 * memory: the kernel knows packets by their address alone.
 */
const AT_ITS_END = 0.002;

interface Cursor {
  space: Space | null;
  event: TraceEvent & { readonly kind: "sent" | "received" };
}

/**
 * Follows the first packet that the sender sent from device to device, and the answer that follows it.
 * @param events in the order of time
 */
export function follow(
  events: readonly TraceEvent[],
  wanted: Wanted,
): { readonly there: Leg; readonly back: Leg | null } {
  const at = startOf(events, wanted);
  if (at < 0) return { there: { hops: [], end: unsentEnd(events, wanted) }, back: null };
  const there = walkFrom(events, at, wanted.from, wanted, wanted.to);
  const turned = there.end.kind === "arrived" || there.end.kind === "left";
  if (!turned) return { there: legOf(there), back: null };
  const answer = answerAfter(events, there.last, wanted);
  if (answer === null) return { there: legOf(there), back: null };
  const back = walkFrom(events, answer.at, answer.space, wanted, wanted.from);
  // A packet of that length that goes no further than one device of this host was for somebody else.
  const isOthers = wanted.to === null && back.end.kind === "vanished" && back.hops.length <= 1;
  return { there: legOf(there), back: isOthers ? null : legOf(back) };
}

/**
 * The event with which the packet leaves its sender: by the sender's program, on its device, and received at once at the
 * cable's other end. A program's first packet is sent before its system call returns, so the kernel names the program.
 */
function startOf(events: readonly TraceEvent[], wanted: Wanted): number {
  const own = (index: number): boolean => {
    const event = events[index];
    if (event?.kind !== "sent" || event.device !== wanted.device || !wanted.lengths.includes(wholeOf(event)))
      return false;
    const peer = peerOf(wanted.spaces, wanted.from, event.device);
    if (!isBy(event, wanted.tasks)) return false;
    if (peer === null) return true;
    const next = events.slice(index + 1).find((each) => each.packet === event.packet);
    // Dropped on the cable, or received at its end; the same device of another container has another cable.
    return next === undefined || next.kind === "dropped" || next.device === peer.device;
  };
  return events.findIndex((_, index) => own(index));
}

/** Whether a program did it, or one whose name the kernel no longer remembers. */
function isBy(event: TraceEvent, tasks: readonly string[]): boolean {
  return tasks.includes(event.task) || event.task === "<...>";
}

/** Bytes with the Ethernet header, whichever way the event counts. */
function wholeOf(event: { readonly kind: string; readonly length: number }): number {
  return event.kind === "sent" ? event.length : event.length + ETHERNET;
}

/** The packet was freed before a device had it: by a rule or a route of the sender's own. */
function unsentEnd(events: readonly TraceEvent[], { tasks }: Wanted): LegEnd {
  const seen = new Set(events.flatMap((event) => (event.kind === "dropped" ? [] : [event.packet])));
  const drop = events.find(
    (event) => event.kind === "dropped" && tasks.includes(event.task) && !seen.has(event.packet),
  );
  return drop?.kind === "dropped" ? { kind: "dropped", at: drop.at ?? "", reason: drop.reason } : { kind: "not sent" };
}

interface Followed extends Leg {
  /** Index of the last event that belongs to it. */
  readonly last: number;
}

/** The leg alone, as reports hold it. */
function legOf({ hops, end }: Followed): Leg {
  return { hops, end };
}

function walkFrom(
  events: readonly TraceEvent[],
  start: number,
  space: Space,
  wanted: Wanted,
  target: Space | null,
): Followed {
  const first = events[start];
  if (first === undefined || first.kind === "dropped") return { hops: [], end: { kind: "vanished" }, last: start };
  const hops: Hop[] = [hopOf(first, space.where, first.seconds)];
  const cursor: Cursor = { space, event: first };
  let last = start;
  for (let index = start + 1; index < events.length; index++) {
    const event = events[index];
    if (event === undefined || event.packet !== cursor.event.packet) continue;
    if (event.kind === "dropped") {
      if (hasArrived(cursor, target) && (isLate(event, cursor) || isAnswered(events, last, index, wanted))) break;
      // Freed where it had arrived, by what takes it there: the end's own matter, told by its reason.
      return { hops, end: { kind: "dropped", at: event.at ?? "", reason: event.reason }, last: index };
    }
    if (wholeOf(event) !== wholeOf(first) || event.seconds - cursor.event.seconds > APART) break;
    if (hasArrived(cursor, target) && event.kind === "sent") break;
    cursor.space = spaceAfter(cursor, event, wanted.spaces);
    cursor.event = event;
    last = index;
    hops.push(hopOf(event, cursor.space?.where ?? { kind: "beyond" }, first.seconds));
    if (cursor.space === null) break;
  }
  return { hops: withoutBeyond(hops), end: endOf(cursor, target), last };
}

function isLate(event: TraceEvent, { event: arrival }: Cursor): boolean {
  return event.seconds - arrival.seconds > AT_ITS_END;
}

/** Whether its end has sent what it sends to a packet that it takes: what is freed then is no loss of that one. */
function isAnswered(events: readonly TraceEvent[], from: number, until: number, { to, answers }: Wanted): boolean {
  const devices = (to?.links ?? []).map(({ name }) => name);
  return events
    .slice(from + 1, until)
    .some((each) => each.kind === "sent" && devices.includes(each.device) && wholeOf(each) === answers[0]);
}

function hopOf(event: Cursor["event"], where: Where, since: number): Hop {
  const { device, kind, length, seconds } = event;
  return { device, where, direction: kind, length, ms: Math.round((seconds - since) * 1_000_000) / 1000 };
}

/** The namespace in which an event happened: the cable's other one, or the same as before. */
function spaceAfter({ space, event: before }: Cursor, event: Cursor["event"], spaces: readonly Space[]): Space | null {
  if (space === null) return null;
  if (before.kind === "sent" && event.kind === "received") {
    const peer = peerOf(spaces, space, before.device);
    if (peer !== null && peer.device === event.device) return peer.space;
    // A bridge's own packet comes back up, a loopback's too.
    if (event.device === before.device) return space;
    return null;
  }
  return space.links.some(({ name }) => name === event.device) ? space : null;
}

/** Whether the packet is in the namespace that it was sent to. */
function hasArrived({ space, event }: Cursor, target: Space | null): boolean {
  return target !== null && space === target && event.kind === "received";
}

function endOf(cursor: Cursor, target: Space | null): LegEnd {
  if (cursor.space === null) return { kind: "left" };
  if (hasArrived(cursor, target)) return { kind: "arrived" };
  const isPort = cursor.event.kind === "sent" && target === null && cursor.space.where.kind === "host";
  return isPort ? { kind: "left" } : { kind: "vanished" };
}

/** What other machines' namespaces on the same kernel see of it is no part of the way. */
function withoutBeyond(hops: readonly Hop[]): Hop[] {
  const at = hops.findIndex(({ where }) => where.kind === "beyond");
  return at < 0 ? [...hops] : hops.slice(0, at);
}

/** The first packet of the same length that the target sends, or that another machine sends to the host. */
function answerAfter(
  events: readonly TraceEvent[],
  last: number,
  wanted: Wanted,
): { readonly at: number; readonly space: Space } | null {
  const space = wanted.to ?? wanted.spaces.find(({ where }) => where.kind === "host") ?? null;
  if (space === null) return null;
  // An answer from another machine comes in by a device, never by the loopback.
  const devices = new Set(space.links.map(({ name }) => name).filter((name) => wanted.to !== null || name !== "lo"));
  const kind = wanted.to === null ? "received" : "sent";
  for (let index = last + 1; index < events.length; index++) {
    const event = events[index];
    if (event === undefined || event.kind !== kind || !devices.has(event.device)) continue;
    if (!wanted.answers.includes(wholeOf(event))) continue;
    // Of several machines on one kernel: the answer's next hop is on a device of this namespace.
    const next = events.slice(index + 1).find((each) => each.packet === event.packet);
    const plausible =
      next === undefined ||
      next.kind === "dropped" ||
      space.links.some(({ name }) => name === next.device) ||
      peerOf(wanted.spaces, space, event.device)?.device === next.device;
    if (plausible) return { at: index, space };
  }
  return null;
}
