import type { Connection } from "../engine/connect.ts";
import type { Facts } from "../engine/facts.ts";
import type { ImageReport, Residue } from "../report/results.ts";
import type { Waiver } from "../report/waivers.ts";

/**
 * The run as its main process knows it: shared between vitest's global setup, which vitest loads in a module world of
 * its own, and the reporter, which node loads. Hence a place on `globalThis` instead of a module variable.
 */
export interface RunState {
  readonly runId: string;
  readonly startedAt: Date;
  readonly connection: Connection;
  readonly facts: Facts;
  readonly images: readonly ImageReport[];
  readonly waivers: readonly Waiver[];
  /** Removes everything of this run from the engine and says what stayed on the host. Safe to call twice. */
  cleanUp(): Promise<Residue>;
  /** What the host looks like when something failed: sentences for the report. */
  diagnose(): Promise<readonly string[]>;
  /** Set when the run was ended by a signal. */
  interruptedBy: string | undefined;
}

const KEY = Symbol.for("docker-network-conformance.run");

interface Holder {
  [KEY]?: RunState;
}

export function setRunState(state: RunState): void {
  (globalThis as Holder)[KEY] = state;
}

export function runState(): RunState | undefined {
  return (globalThis as Holder)[KEY];
}
