import type { HostAspect } from "./host-state.ts";
import type { RunVerdict } from "./run-verdict.ts";

/** Why something is another way than in the earlier run. */
export interface ChangeExplanation {
  readonly by: "key" | "version" | "host" | "cause" | "nothing";
  /** The keys, switches of behaviour or facts of the host that explain it, or what the cause of the failure is. */
  readonly names: readonly string[];
}

/** What a host has otherwise than at an earlier run, of one aspect. */
export interface HostChange {
  readonly aspect: HostAspect;
  readonly gone: readonly string[];
  readonly came: readonly string[];
  /** Whether only rules of single containers differ: they come and go with the containers. */
  readonly ofContainers: boolean;
}

/** Something with another value than before. */
export interface Setting {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

/** A change between two runs, with what explains it. */
export interface Change extends Setting {
  readonly kind: "verdict" | "fact" | "observed";
  /** The requirements that show it; empty for a fact. */
  readonly ids: readonly string[];
  /** A requirement fails now or can't be measured any more, or is no longer judged and nothing explains that. */
  readonly worse: boolean;
  /** Why the verdict is what it is now; empty on pass, and for facts. */
  readonly reason: string;
  readonly explanation: ChangeExplanation;
}

/** What one of the two runs was. */
export interface RunIdentity {
  readonly startedAt: string;
  readonly engine: string;
  readonly hostname: string;
  readonly verdict: RunVerdict;
}

/** Two runs compared. */
export interface RunDiff {
  readonly before: RunIdentity;
  readonly after: RunIdentity;
  /** What makes the comparison less than whole, in words: another engine, a selection, facts that one run lacks. */
  readonly remarks: readonly string[];
  readonly sameEngine: boolean;
  /** Networking keys with another value, and whether dockerd runs with them. */
  readonly configuration: readonly Setting[];
  /** What the host has otherwise: links, addresses, routes, firewall rules, sysctls. */
  readonly host: readonly HostChange[];
  /** Engine, kernel and the suite itself, where they are others. */
  readonly versions: readonly Setting[];
  /** Unexplained ones first, and of these the ones that got worse first. */
  readonly changes: readonly Change[];
  /** Ids that only the later run has; empty when either run was given a selection, since absence then says nothing. */
  readonly added: readonly string[];
  /** Ids that only the earlier run has; empty as above. */
  readonly removed: readonly string[];
}
