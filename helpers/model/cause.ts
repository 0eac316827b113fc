import type { Subject } from "./subject.ts";

/** What mends a deviation. */
export interface Remedy {
  /** What it does, in a few words: `put the rule back for this container alone`. */
  readonly what: string;
  /** Lines of shell to type on the engine's host, in this order. Never a comment, never a placeholder. */
  readonly commands: readonly string[];
  /** What it costs on this host, one sentence; empty when it costs nothing. */
  readonly cost: string;
  /** A line of shell that shows that it helped. */
  readonly check: string;
  /** What is interrupted on the way; missing for nothing. */
  readonly restarts?: "container" | "engine";
}

/**
 * How a cause is known: `seen` stands there as it was read, `concluded` follows from what was read, `guessed` has no
 * evidence beside the failure itself and is told last, as a guess.
 */
export type Certainty = "seen" | "concluded" | "guessed";

/** One thing that explains failures. Data: sentences about several causes are made where they are shown. */
export interface Cause {
  /** Same key = the same cause, whatever counters, times and names of the run's own containers say. */
  readonly key: string;
  /** What is broken, one sentence that names the thing. */
  readonly what: string;
  /** What likely did it, one sentence; null when nothing tells. */
  readonly act: string | null;
  readonly certainty: Certainty;
  readonly subjects: readonly Subject[];
  /** What was read that shows it: a rule, a route, a line of a file, each as it stands. */
  readonly evidence: readonly string[];
  /** The narrowest first. */
  readonly remedies: readonly Remedy[];
}

/** A cause with what it did: all failures of one cause are one card. */
export interface Card extends Cause {
  /** Who is cut off from what, or what stands open, one sentence. */
  readonly effect: string;
  /** Ids of the requirements that it explains. */
  readonly explains: readonly string[];
}
