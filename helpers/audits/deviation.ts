import type { Mend } from "../cause/mend.ts";
import type { Certainty } from "../model/cause.ts";
import type { Note } from "../model/note.ts";
import { type Subject, subjectKey } from "../model/subject.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { BEARINGS, type Bearing, PLAIN } from "./bearings.ts";
import type { ClaimId } from "./claims.ts";

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
