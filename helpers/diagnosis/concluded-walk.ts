import { isIP } from "node:net";
import type { Deviation } from "../audits/deviation.ts";
import { isMissingRules } from "../cause/keys.ts";
import type { Outcome } from "../model/outcome.ts";
import { type AskedQuestion, HOST } from "../model/question.ts";
import type { Hop, Leg, LegEnd, Walk, Where } from "../model/walk.ts";
import { type ContainerState, endpointsOf, type Snapshot } from "../snapshot/snapshot.ts";
import { passedOn } from "./by-address.ts";
import { type End, isBridged } from "./packets.ts";
import { arrivalOf } from "./passage.ts";
import { type Failure, isMet, outcomeOf } from "./relevance.ts";
import type { Stopped } from "./stopped.ts";

type Reach = AskedQuestion & { readonly kind: "reach" };

/** Where on its way a packet's cause ends it. `lost`: it goes its way, and no answer finds back. */
type Ended = "there" | "back" | "lost" | "sender's cable" | "target's cable" | "somewhere";

/** What ends a packet, and where; the cause alone where no place follows from it. */
interface Ending {
  readonly ended: Ended;
  /** Empty where nothing is known. */
  readonly by: string;
}

/**
 * The way of a failure's packet as it follows from a look, and where the first of its causes ends it: nothing is sent.
 * @param causes best fitting first
 * @returns null for what is not about reach, or of which no question came out wrong
 */
export function concludeWalk(
  snapshot: Snapshot,
  failure: Failure,
  causes: readonly Deviation[],
  { at }: Pick<Stopped, "at">,
): Walk | null {
  const { direction, questions, probes } = failure;
  if (direction === "differs") return null;
  const [first] = causes;
  const cause = first === undefined || first.reason.certainty === "guessed" ? null : first;
  const ways = questions.filter(isReach).flatMap((question) => {
    const outcome = outcomeOf(question, probes);
    const isWrong = outcome !== "probe failed" && (outcome === "replied") === (direction === "leaked");
    return isWrong && !isMet(question, probes) ? [{ question, outcome, ...ended(snapshot, question, cause, at) }] : [];
  });
  const way = ways.find(({ place }) => place.ended !== "somewhere") ?? ways[0];
  if (way === undefined) return null;
  const { question, outcome, onward, place } = way;
  if (outcome === "name not found") return unsent(question, outcome);
  const walk = walkOf(snapshot, question, outcome, onward === null ? place : null);
  return onward === null ? walk : { ...walk, relay: walkOf(snapshot, onward, null, place) };
}

function isReach(question: AskedQuestion): question is Reach {
  return question.kind === "reach";
}

/** What ends a question's packet by a cause, and the connection of docker-proxy's own where it ends that one. */
function ended(
  snapshot: Snapshot,
  question: Reach,
  cause: Deviation | null,
  at: Stopped["at"],
): { readonly place: Ending; readonly onward: Reach | null } {
  const by = cause?.reason.what ?? "";
  const onward = proxied(snapshot, question);
  const asked = [question, ...(onward === null ? [] : [onward])];
  for (const each of asked) {
    const stop = at.find((one) => isOf(one.found, cause) && JSON.stringify(one.question) === JSON.stringify(each));
    const cable = stop === undefined && cause !== null ? cableOf(snapshot, each, cause) : null;
    const found = stop?.ended ?? cable;
    if (found !== null)
      return {
        place: { ended: found, by: stop?.found.reason.what ?? by },
        onward: each === question ? null : onward,
      };
  }
  // What is about the port itself keeps the proxy from its work.
  return { place: { ended: "somewhere", by }, onward: cause?.kind === "ports" ? null : onward };
}

/** Whether what ends a packet is a cause, or a part of it: of the engine's rules one may be missing, or all of a table. */
function isOf({ reason: { key } }: Deviation, cause: Deviation | null): boolean {
  return cause !== null && (key === cause.reason.key || (isMissingRules(key) && isMissingRules(cause.reason.key)));
}

/** What docker-proxy asks the container for a question that comes to a port of the host; null where none runs for it. */
function proxied(snapshot: Snapshot, question: Reach): Reach | null {
  const runs = snapshot.host?.proxies.some(
    ({ protocol, hostPort }) => protocol === question.protocol && hostPort === question.port,
  );
  return runs === true ? (passedOn(snapshot, { questions: [question] }).find(isReach) ?? null) : null;
}

/** Which end's cable a cause is about, where it is one that nothing passes. */
function cableOf(snapshot: Snapshot, question: Reach, { kind, does, topics, concerns }: Deviation): Ended | null {
  const { from, to } = question;
  if (kind !== "links" || does !== "blocks" || topics.length > 0) return null;
  const [struck, ...others] = snapshot.containers.filter(({ name }) => concerns.includes(name));
  if (struck === undefined || others.length > 0) return null;
  if (from.kind === "container" && from.name === struck.name) return "sender's cable";
  return addressesOf(struck).includes(arrivalOf(snapshot, question)?.sent.to.address ?? to) ? "target's cable" : null;
}

function addressesOf(container: ContainerState): string[] {
  return endpointsOf(container).flatMap(({ settings }) => [settings.IPAddress, settings.GlobalIPv6Address]);
}

function unsent(question: Reach, outcome: Outcome): Walk {
  return { ...opening(question, outcome), there: { hops: [], end: { kind: "not sent" } }, back: null };
}

function opening({ from, to, protocol, port, size }: Reach, outcome: Outcome | null): Omit<Walk, "there" | "back"> {
  return {
    from: from.kind === "host" ? "host" : from.name || "another machine",
    to,
    protocol,
    port,
    size: protocol === "icmp" ? size : null,
    outcome: outcome ?? "no answer",
    arrived: outcome === "replied",
    burst: null,
    relay: null,
    followed: "concluded",
    translations: [],
    unread: [],
  };
}

/** @param ending what ends it; null for what docker-proxy takes */
function walkOf(snapshot: Snapshot, question: Reach, outcome: Outcome | null, ending: Ending | null): Walk {
  // What asks who has an address goes to where a ping of it goes.
  const asked: Reach = question.protocol === "arp" ? { ...question, protocol: "icmp" } : question;
  const arrival = isIP(question.to) === 0 ? null : arrivalOf(snapshot, asked);
  const { sender, entry, host, target } = spacesOf(snapshot, question, arrival?.sent ?? null);
  const told: Omit<Walk, "there" | "back"> = {
    ...opening(question, outcome),
    translations: arrival?.translations ?? [],
  };
  const arrives: LegEnd = { kind: target === null ? "left" : "arrived" };
  const whole: Leg = { hops: [...sender, ...host, ...(target ?? [])], end: arrives };
  if (ending === null || outcome === "replied") return { ...told, there: whole, back: null };
  const end: LegEnd = { kind: "stopped", by: ending.by, here: ending.ended !== "somewhere" };
  const [to] = host.slice(-1);
  switch (ending.ended) {
    case "sender's cable":
      return { ...told, there: { hops: sender, end }, back: null };
    case "there":
      return { ...told, there: { hops: [...sender, ...entry], end }, back: null };
    case "target's cable":
      return { ...told, there: { hops: [...sender, ...host], end }, back: null };
    case "back":
      return { ...told, there: whole, back: { hops: [...(target ?? []), ...(to === undefined ? [] : [to])], end } };
    case "lost":
      return { ...told, there: whole, back: { hops: [], end } };
    case "somewhere":
      return { ...told, there: { ...whole, end }, back: null };
  }
}

/** The devices of a packet's way. */
interface Spaces {
  readonly sender: readonly Hop[];
  /** Where it comes to the host. */
  readonly entry: readonly Hop[];
  /** All of the host's. */
  readonly host: readonly Hop[];
  /** Null for another machine, which is none of what was looked at. */
  readonly target: readonly Hop[] | null;
}

function spacesOf(
  snapshot: Snapshot,
  { from, to }: Reach,
  sent: { readonly from: End; readonly to: End } | null,
): Spaces {
  const onHost = (device: string, direction: Hop["direction"] = "received") => hop({ kind: "host" }, device, direction);
  const sender =
    from.kind === "container"
      ? [containerHop(snapshot, from.name, sent?.from ?? null, "sent")]
      : from.kind === "other machine"
        ? [hop({ kind: "beyond" }, "", "sent")]
        : [];
  const end = snapshot.containers.find((one) => addressesOf(one).includes(sent?.to.address ?? to));
  const target = end === undefined ? null : [containerHop(snapshot, end.name, sent?.to ?? null, "received")];
  if (sent === null) {
    // Not known from where to where on the host: over its loopback, or past it.
    const own = from.kind === HOST.kind ? [onHost(to.startsWith("127.") || to === "::1" ? "lo" : "", "sent")] : [];
    return { sender, entry: own, host: own, target: target ?? [] };
  }
  const entry = [onHost(sent.from.device ?? "", sent.from.device === null ? "sent" : "received")];
  const leaves = sent.to.device === null || isBridged(sent.from, sent.to) ? [] : [onHost(sent.to.device, "sent")];
  const host = [...(sent.from.device === null && leaves.length > 0 ? [] : entry), ...leaves];
  return { sender, entry, host, target: target ?? (sent.to.device === null ? [] : null) };
}

function containerHop({ containers }: Snapshot, name: string, end: End | null, direction: Hop["direction"]): Hop {
  const inside = containers.find((container) => container.name === name)?.inside;
  const device = inside?.links.find(({ mac }) => end?.mac !== undefined && mac.toLowerCase() === end.mac);
  return hop({ kind: "container", name }, device?.name ?? "", direction);
}

/** Of what was not sent, length and time are none. */
function hop(where: Where, device: string, direction: Hop["direction"]): Hop {
  return { where, device, direction, length: 0, ms: 0 };
}
