import type { Facts, HostFacts } from "../../model/facts.ts";
import type { SwitchKey } from "../../model/version-switches.ts";
import type { Finding } from "../finding.ts";
import type { HostSituation, Step } from "../step.ts";
import type { Judge } from "./judge-value.ts";
import type { Answers } from "./told.ts";

/** What a networking key's value is in `daemon.json`. */
export type KeyKind = "text" | "boolean" | "list" | "number" | "pools" | "driver options";

/** Whose networking a key changes. */
export type KeyScope =
  /** Only `docker0` (or the bridge that stands for it) and its containers. */
  | "default bridge"
  /** Networks that are created from now on, never the default bridge or those that are there. */
  | "new networks"
  /** Every container of the engine. */
  | "every network"
  /** The engine itself: how it starts, restarts and filters. */
  | "engine";

/** The configuration that a key stands in, and the engine that reads it. */
export type Beside = Pick<Facts, "configuration" | "engine">;

/** All that is known of a networking key of `daemon.json`. */
export interface NetworkKey {
  readonly kind: KeyKind;
  readonly scope: KeyScope;
  /** dockerd's flag of the same option, without dashes; undefined where it is the key's own name. */
  readonly flag?: string;
  /** The switch of behaviour that brought it; undefined = every engine that is judged has it. */
  readonly since?: SwitchKey;
  /** What holds without it, in words. */
  readonly otherwise: string;
  /** What it does, in words. */
  readonly effect: string;
  /** What can show its effect, as words of `npm test -- …`: suites and requirement ids, the nearest first. */
  readonly influences: readonly string[];
  /** The requirements that judge it by devices, files and packets, not by what the engine says; none: nothing does on a working host. */
  readonly observedBy: readonly string[];
  /** The value that holds without it, where that is one for every host; null: none. Missing: the engine or the host chooses. */
  readonly default?: (beside: Beside) => unknown;
  /** Its default written down is not the same as the key left out. */
  readonly statedDiffers?: true;
  /** Without what it does nothing: IPv6 on the default bridge, dockerd's own rules. */
  readonly needs?: "IPv6" | "rules";
  /** Why other keys leave it without effect, beside {@link needs}; null where they don't. */
  readonly noEffect?: (beside: Beside) => string | null;
  /** What of its value does nothing though the key counts: a sentence each. */
  readonly idle?: (beside: Beside) => readonly string[];
  /** What dockerd has against a value of the right type. */
  readonly judge?: Judge;
  /** Its value as the engine's answers tell it; undefined where they don't, null where they say that there is none. */
  readonly told?: (answers: Answers) => unknown;
  /** What a value that dockerd takes cuts off on this host, whenever it came: one sentence; null for nothing. */
  readonly endangers?: (value: unknown, host: Pick<HostFacts, "addresses"> | null) => string | null;
  /** What an edit that sets, changes or takes it away cuts off or opens, or keeps dockerd from starting with on this host. */
  readonly dangers?: (step: Step, situation: HostSituation) => readonly Finding[];
  /** What such an edit moves on this host. */
  readonly changes?: (step: Step, situation: HostSituation) => readonly Finding[];
}
