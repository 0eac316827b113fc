import type { Vitest } from "vitest/node";
import type { Connection } from "../engine/connect.ts";
import type { Disturbance, EngineHang } from "../model/disturbance.ts";
import type { Facts, HostStanding } from "../model/facts.ts";
import type { HostState } from "../model/host-state.ts";
import type { LivingMap } from "../model/living-map.ts";
import type { Note } from "../model/note.ts";
import type { ImageReport, Residue } from "../model/results.ts";
import type { Waiver } from "../report/waivers.ts";
import type { ProvidedRun } from "../requirement/provided.ts";

/** An opened run as its main process knows it. */
export interface RunState {
  readonly runId: string;
  readonly startedAt: Date;
  readonly connection: Connection;
  readonly facts: Facts;
  /** Null where the host could not be looked at. */
  readonly standing: HostStanding | null;
  /** As it was before the run had anything of its own there; null where the host could not be looked at. */
  readonly hostState: HostState | null;
  /** What runs here already, as it was judged; null where it was not looked at. */
  readonly livingMap: LivingMap | null;
  readonly images: readonly ImageReport[];
  readonly waivers: readonly Waiver[];
  /** What the run itself found worth knowing of the host when it began. */
  readonly notes: readonly Note[];
  /** What others, or the engine's end, did to the run so far. */
  disturbances(): Promise<readonly Disturbance[]>;
  /** Removes everything of this run from the engine and says what stayed on the host. Done once, however often it is called; never rejects. */
  cleanUp(): Promise<CleanedUp>;
}

/** What the end of a run found. */
export interface CleanedUp {
  readonly residue: Residue;
  /** Why the engine could not be cleaned or looked at; null when it could. */
  readonly problem: string | null;
}

/** The part of a run that has to be ended when it is cut short, as far as it has come. */
interface Running {
  readonly vitest: Pick<Vitest, "cancelCurrentRun">;
  /** Cleans the engine, writes the reports, sets the exit code; done once, however often it is called. */
  readonly finish: () => Promise<void>;
}

/**
 * Shared between vitest's global setup, which vitest loads in a module world of its own, and the reporter, which node
 * loads. Hence a place on `globalThis` instead of a module variable.
 */
interface Shared {
  /** The opening of the run, from its first moment on. */
  opening?: Promise<ProvidedRun>;
  run?: RunState;
  /** Counts the keys that let go of what is kept; null where nothing is. */
  presses?: Int32Array | null;
  /** The signal that ended the run. */
  interruptedBy?: NodeJS.Signals;
  /** The engine went away: whatever is still asked has no answer, so nothing more is begun. */
  engineGone?: true;
  /** A request that the engine left without an answer: the run is over with it. */
  hang?: EngineHang;
  /** There as soon as vitest is. */
  running?: Running;
  /** What the verdict says that the process ends with, once there is one. */
  exitCode?: number;
}

const KEY = Symbol.for("docker-network-conformance.run");

/** What all parts of the main process know of the run. */
export function shared(): Shared {
  const holder = globalThis as { [KEY]?: Shared };
  holder[KEY] ??= {};
  return holder[KEY];
}

/** The run, once it is open. */
export function runState(): RunState | undefined {
  return shared().run;
}
