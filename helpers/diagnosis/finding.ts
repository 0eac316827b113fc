import type { Place } from "../model/question.ts";

/** The part of a host's networking that a deviation lies in. */
export type FindingKind = "nat" | "filter" | "links" | "routes" | "names" | "ports" | "namespaces" | "engine";

/**
 * What a deviation does to packets: `blocks` keeps them from arriving, `opens` lets through what must stay out. `any`: what
 * stands there is another thing than was asked for, and whatever fails at it is explained.
 */
export type FindingEffect = "blocks" | "opens" | "differs" | "any";

/** One deviation of the host from what its engine says, or from what Docker makes, as it was seen. */
export interface Finding {
  readonly kind: FindingKind;
  readonly effect: FindingEffect;
  /** One or two sentences for an operator: what was seen, what should be there, what to do. */
  readonly what: string;
  /** Names of the containers and networks that it is about; empty when it is the whole host's. */
  readonly concerns: readonly string[];
  /** What a question has to be about for this to explain it, where the kind alone does not tell: `mtu`, `masquerade`. */
  readonly topics: readonly string[];
  /** True for what many healthy hosts have as well: told only where it explains the failure and nothing better does. */
  readonly weak: boolean;
  /** The kind of place that it is about: it explains only what was asked from there. Null for every other deviation. */
  readonly vantage: Place["kind"] | null;
  /** The program of the host's that it is about: it explains only what was done with that. Null for every other deviation. */
  readonly program: string | null;
  /** Same key = the same deviation in a later look, whatever counters and times say by then. */
  readonly key: string;
}

/** Puts a finding together; its key is made of what doesn't change from look to look. */
export function finding(
  kind: FindingKind,
  effect: FindingEffect,
  concerns: readonly string[],
  topics: readonly string[],
  what: string,
): Finding {
  return {
    kind,
    effect,
    concerns,
    topics,
    what,
    weak: false,
    vantage: null,
    program: null,
    key: `${kind} ${what.replaceAll(/\d+ packets?/g, "")}`,
  };
}

/** The same for what many healthy hosts have as well. */
export function weakly(found: Finding): Finding {
  return { ...found, weak: true };
}
