import { managerOf } from "./managers.ts";
import type { Action, Place } from "./model.ts";
import type { Packet } from "./packet.ts";

/**
 * How a packet leaves a hook. `expire`: its hops are used up; `bare`: what would have translated it does not, since its
 * connection is not tracked, or not where it is looked for; `take`: a program of the host's or another device has it;
 * `unknown`: a rule does something with it that this evaluator does not know.
 */
export type Verdict = "accept" | "drop" | "reject" | "queue" | "expire" | "bare" | "take" | "unknown";

/** Whether a verdict keeps a packet, or its answer, from where it is to go. */
export function isStop(verdict: Verdict): verdict is Exclude<Verdict, "accept" | "unknown"> {
  return verdict !== "accept" && verdict !== "unknown";
}

/** One way in which a packet may leave a hook. */
export interface End {
  readonly verdict: Verdict;
  /** The rule or the policy that decides; null when it passed all of them. */
  readonly place: Place | null;
  /** The rule that sent the packet to a chain which ends whatever comes (`LOGDROP`); null where the rule itself chooses. */
  readonly sender: Place | null;
  /** What the rule does; null for a policy and for what passed. */
  readonly action: Action | null;
  /** The chains by which the packet came to the rule, from the base chain to the rule's own; none where no rule decides. */
  readonly through: readonly string[];
}

/**
 * Where somebody said what becomes of such packets. A chain that ends whatever comes says nothing about them, and to take
 * its rule away would let pass what all others send there; those that a program keeps are that program's.
 */
export function decisionOf({ place, sender }: End): Place | null {
  return place === null || sender === null || managerOf(place) !== null ? place : sender;
}

/** A rule that changed the packet on its way. */
export interface Change {
  readonly place: Place;
  readonly action: Action;
}

/** Whether a change gives the packet another destination. */
export function isDiversion({ action }: Change): boolean {
  return action.kind === "dnat" || action.kind === "redirect";
}

export interface Evaluation {
  /** Every way in which the packet may leave; one entry when all is known, the likeliest last otherwise. */
  readonly ends: readonly End[];
  /** The packet behind the hook, if it passes; what is no longer known is left out. */
  readonly packet: Packet;
  /** Translations and marks that were surely done. */
  readonly changes: readonly Change[];
  /** The rules that surely let it pass the rest of their base chain: they accept it, or return it to the chain's policy. */
  readonly accepts: readonly Place[];
}

/** Which packets a hook sees: those of the IP stack, frames on a bridge, or what one device takes in or sends. */
export type Layer = "network" | "bridge" | "device";
