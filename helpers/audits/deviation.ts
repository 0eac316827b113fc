import type { Mend } from "../cause/mend.ts";
import type { Certainty } from "../model/cause.ts";
import type { Note } from "../model/note.ts";
import type { Place } from "../model/question.ts";
import { type Subject, subjectKey } from "../model/subject.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { BEARINGS, PLAIN } from "./bearings.ts";

/** The claims about a living host, by the ids of the requirements that they are. */
export const CLAIMS = {
  "LIVE-01":
    "A running container MUST have its loopback and the interface of each network that it is attached to, up, with the addresses that the engine gave it, and alone there; on a bridge with the hardware address and the MTU as well",
  "LIVE-02":
    "The host's end of a container's veth pair MUST be a forwarding port of its network's bridge, the one that the bridge sends the container's frames to",
  "LIVE-03": "A running container MUST have a route to each of its networks, and a default route by a gateway of them",
  "LIVE-04": "A container that joins another's network MUST share that one's network namespace",
  "LIVE-05": "A bridge network MUST have its device, up and with the gateway's addresses",
  "LIVE-06": "The host MUST send what is for a bridge network's containers by that network's bridge",
  "LIVE-07": "What the containers of a bridge network send beyond the host, and the answers, MUST be forwarded",
  "LIVE-08": "What the containers of a bridge network send beyond the host MUST be masqueraded",
  "LIVE-09":
    "Containers of one bridge network MUST reach each other where inter-container communication is on, and MUST NOT where it is off",
  "LIVE-10":
    "A bridge network MUST be closed to the containers of other networks, since Engine 28 to other machines at its containers' own addresses, and an internal one to the world",
  "LIVE-11":
    "What is sent to a published port MUST be translated to its container; without docker-proxy also what this host or the container itself sends there",
  "LIVE-12": "What was translated for a published port MUST be forwarded to its container",
  "LIVE-13": "The docker-proxy of a published port MUST run, listen on the host address and lead to the container",
  "LIVE-14": "The engine's resolver MUST listen in a container that is told to ask it, and its rules MUST lead there",
  "LIVE-15": "The kernel MUST forward packets while containers are on bridge networks",
  "LIVE-16": "No rule and no docker-proxy of the engine's MUST lead to an address that no container has",
  "LIVE-17": "A container MUST NOT be kept from running by its network",
  "LIVE-18": "The parent interface of a macvlan or ipvlan network MUST exist and be up",
  "LIVE-19":
    "An overlay network with running containers MUST have its bridge and its VXLAN device, up, with the containers' interfaces on the bridge",
  "LIVE-20":
    "In the network namespace of a container that may not administer it, no rule, route or neighbour MUST stop or divert what the container sends and gets",
} as const;

export type ClaimId = keyof typeof CLAIMS;

export const CLAIM_IDS = Object.keys(CLAIMS) as readonly ClaimId[];

/** The part of a host's networking that a deviation lies in. */
export type Layer = "nat" | "filter" | "links" | "routes" | "names" | "ports" | "namespaces" | "engine";

/**
 * What a deviation does to packets: `blocks` keeps them from arriving, `opens` lets through what must stay out. `any`: what
 * stands there is another thing than was asked for, and whatever fails at it is explained.
 */
export type Does = "blocks" | "opens" | "differs" | "any";

/** Which failures a deviation can explain. */
export interface Bearing {
  readonly kind: Layer;
  readonly does: Does;
  /** What a question has to be about for this to explain it, where the kind alone does not tell: `mtu`, `masquerade`. */
  readonly topics: readonly string[];
  /** True for what many healthy hosts have as well: told only where it explains the failure and nothing better does. */
  readonly weak: boolean;
  /** The one family of addresses that it is about; null for both, or where it is about none. */
  readonly family: 4 | 6 | null;
  /** The kind of place that it is about: it explains only what was asked from there. Null for every other deviation. */
  readonly vantage: Place["kind"] | null;
  /** The program of the host's that it is about: it explains only what was done with that. Null for every other deviation. */
  readonly program: string | null;
}

/** Why something deviates. Several deviations of one key are one cause. */
export interface Reason {
  readonly key: string;
  /** What is broken, one sentence that names the thing. */
  readonly what: string;
  /** What likely did it; null when nothing tells. */
  readonly act: string | null;
  readonly certainty: Certainty;
  readonly evidence: readonly string[];
  /** The narrowest first. */
  readonly remedies: readonly Mend[];
}

/** One place where the host is not as its engine says, or as Docker makes it. */
export interface Deviation extends Bearing {
  /** Same key = the same deviation at another look, whatever counters and times say by then. */
  readonly key: string;
  /** Names of containers and networks, or {@link THE_GONE}: while the engine changes one of them, nothing is concluded. */
  readonly concerns: readonly string[];
  readonly reason: Reason;
}

/** A deviation from what a requirement says of everybody's containers. */
export interface Breach extends Deviation {
  readonly claim: ClaimId;
  readonly subject: Subject;
  readonly expected: string;
  readonly observed: string;
  /** Who is cut off from what, or what stands open. */
  readonly effect: string;
}

/** A breach as its audit tells it. What its claim's bearing says is left out. */
export type Found = Omit<Breach, keyof Bearing | "key"> & Partial<Bearing>;

/** A deviation's concern where it may be what a container that is gone by now has just left. No name has blanks. */
export const THE_GONE = "the gone";

/** What an operator may have meant, with its facts. Never a verdict. */
export interface LivingNote extends Note {
  /** As a deviation's: where it is there, a second look has to find the same. */
  readonly concerns?: readonly string[];
}

/** What an audit finds in a snapshot. */
export interface Findings {
  readonly deviations: readonly Breach[];
  readonly notes: readonly LivingNote[];
}

/** A pure function over one look. */
export type Audit = (snapshot: LivingSnapshot) => Findings;

export const NOTHING: Findings = { deviations: [], notes: [] };

export function together(all: readonly Findings[]): Findings {
  return { deviations: all.flatMap(({ deviations }) => deviations), notes: all.flatMap(({ notes }) => notes) };
}

export function deviates(found: Found): Findings {
  const { claim, subject, reason } = found;
  const key = `${claim} ${subjectKey(subject)} ${reason.key}`;
  return { deviations: [{ ...PLAIN, ...BEARINGS[claim], ...found, key }], notes: [] };
}

export function notes(note: LivingNote): Findings {
  return { deviations: [], notes: [note] };
}

/**
 * A deviation inside a namespace that its container may administer is a note: the container may have meant it.
 * @param administers whether it may
 * @param byOthers whether it takes more than a fault to make it: then somebody else may have meant it
 */
export function unlessMeant(found: Found, administers: boolean, byOthers = false): Findings {
  const { deviations } = deviates(found);
  if (!administers && !byOthers) return { deviations, notes: [] };
  const who = administers
    ? "The container may administer its network itself (NET_ADMIN), so this may be meant."
    : "The container itself may not change that: somebody who wires it from outside may have meant it.";
  return notes({
    key: deviations.map(({ key }) => key).join(),
    what: `${found.reason.what} ${who}`,
    todo: "",
    subjects: [found.subject],
  });
}
