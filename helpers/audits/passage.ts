import { evaluate } from "../snapshot/firewall/evaluate.ts";
import { decisionOf, type End, type Evaluation, isStop, type Layer } from "../snapshot/firewall/evaluation.ts";
import type { Firewall, Hook, Place } from "../snapshot/firewall/model.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";

/** What becomes of a packet: `open` and `shut` are certain; `unsure` where a rule lets some pass or can't be read. */
export interface Passage {
  readonly outcome: "open" | "shut" | "unsure";
  /** What decides where it is shut; null where nothing does. */
  readonly place: Place | null;
  /** The chains by which it came there. */
  readonly through: readonly string[];
  /** As it leaves. */
  readonly packet: Packet;
  /** Where it was translated. */
  readonly translatedBy: readonly Place[];
  /** The rules that surely let it pass the rest of their base chain. */
  readonly accepts: readonly Place[];
  /** A rule that drops some of such packets by a number that it draws; null where none does. */
  readonly lossy: Place | null;
  /** Rules that may stop it by a condition that nobody here can decide. */
  readonly doubtful: readonly Place[];
}

const ENDS = ["source", "destination"] as const;
const TRANSLATIONS = ["dnat", "snat", "masquerade", "redirect"];

/**
 * Sends a packet through hooks, one after another, without sending anything.
 * @param layer `bridge` for frames between the ports of one
 * @param leaves the device that it is routed to, once it is translated; null where it is this host's own
 */
export function pass(
  firewall: Firewall,
  packet: Packet,
  hooks: readonly Hook[],
  leaves?: (packet: Packet) => string | null,
  layer: Layer = "network",
): Passage {
  let current = packet;
  const translatedBy: Place[] = [];
  const accepts: Place[] = [];
  let unsure = false;
  let lossy: Place | null = null;
  const doubtful: Place[] = [];
  for (const hook of hooks) {
    if (hook === "forward" && leaves !== undefined) current = { ...current, outDevice: leaves(current) };
    const evaluation = evaluate(firewall, current, hook, layer);
    accepts.push(...evaluation.accepts);
    const decided = shutBy(evaluation, firewall.readQueues ?? []);
    if (decided !== null)
      return {
        outcome: "shut",
        place: decisionOf(decided),
        through: decided.through,
        packet: current,
        translatedBy,
        accepts,
        lossy,
        doubtful,
      };
    unsure ||= evaluation.ends.some(({ verdict }) => verdict !== "accept");
    lossy ??= evaluation.ends.find(isDrawn)?.place ?? null;
    doubtful.push(...evaluation.ends.filter(isDoubtful).flatMap(({ place }) => place ?? []));
    const translations = evaluation.changes.filter(({ action }) => TRANSLATIONS.includes(action.kind));
    translatedBy.push(...translations.map(({ place }) => place));
    // A rule that takes some packets by chance may have translated it.
    unsure ||=
      translations.length === 0 &&
      ENDS.some((end) => current[end] !== undefined && evaluation.packet[end] === undefined);
    current = evaluation.packet;
  }
  const outcome = unsure ? "unsure" : "open";
  return { outcome, place: null, through: [], packet: current, translatedBy, accepts, lossy, doubtful };
}

/** What this namespace sends: to the device that it leaves by. */
export function leave(firewall: Firewall, packet: Packet): Passage {
  const sent = pass(firewall, packet, ["output", "postrouting"]);
  if (sent.outcome === "shut") return sent;
  const left = pass(firewall, sent.packet, ["egress"], undefined, "device");
  return left.outcome === "shut" ? left : sent;
}

/** What this namespace takes for its own. */
export function take(firewall: Firewall, packet: Packet): Passage {
  const came = arrive(firewall, packet);
  if (came.outcome === "shut") return came;
  const taken = pass(firewall, came.packet, ["input"]);
  const { translatedBy } = came;
  return taken.outcome === "open" ? { ...taken, outcome: came.outcome, translatedBy } : taken;
}

/** As far as the hook that may translate it: by the chains of the device that it comes in by; what this host sends passes one hook. */
export function arrive(firewall: Firewall, packet: Packet): Passage {
  if (packet.inDevice === null) return pass(firewall, packet, ["output"]);
  const taken = pass(firewall, packet, ["ingress"], undefined, "device");
  return taken.outcome === "shut" ? taken : pass(firewall, packet, ["prerouting"]);
}

/**
 * What stops it for certain: no end lets it pass. About what a program reads from a queue, or is handed (a transparent
 * proxy), that program decides.
 */
function shutBy({ ends }: Evaluation, readQueues: readonly number[]): End | null {
  const isDecided = ({ action }: End): boolean =>
    action?.kind === "queue" && readQueues.some((queue) => queue >= action.first && queue <= action.last);
  const stopping = ends.filter((end) => isStop(end.verdict) && end.verdict !== "take" && !isDecided(end));
  return stopping.length > 0 && stopping.length === ends.length ? (stopping[0] ?? null) : null;
}

/** Whether a rule stops some packets by nothing but a number that it draws. */
function isDrawn({ verdict, place }: End): boolean {
  if (!isStop(verdict) || verdict === "take" || verdict === "queue") return false;
  const left = (place?.rule?.steps ?? []).filter(({ kind }) => kind === "some" || kind === "unknown");
  return left.length > 0 && left.every((step) => step.kind === "some" && step.drawn);
}

/** Whether a rule stops what a condition means that this reader does not know. What it does by time and number protects. */
function isDoubtful({ verdict, place }: End): boolean {
  if (verdict !== "drop" && verdict !== "reject") return false;
  return (place?.rule?.steps ?? []).some(({ kind }) => kind === "unknown");
}

/** The family as packets have it. */
export function ipFamily(family: 4 | 6): "ip" | "ip6" {
  return family === 4 ? "ip" : "ip6";
}
