import type { Vitest } from "vitest/node";
import { endEarly, Interrupted } from "./close-run.ts";
import { shared } from "./state.ts";

/** How long the start of a run, or running checks and the removal of their topologies, may go on after a signal. */
const PATIENCE_MS = 5_000;

/** The part of a run that a signal has to end, as far as it has come. */
interface Running {
  readonly vitest: Pick<Vitest, "cancelCurrentRun">;
  /** Cleans the engine, writes the reports, sets the exit code; done once, however often it is called. */
  readonly finish: () => Promise<void>;
}

let running: Running | undefined;

/**
 * Ctrl-C, SIGTERM and SIGHUP end the run in order: no new checks, everything of ours off the engine, reports written,
 * exit code 2. Node and vitest would leave the process at once and clean nothing. A second signal does not hurry it:
 * what is under way is the cleanup. To be called as early as possible, and again once vitest is there.
 */
export function onSignal(part?: Running): void {
  running = part ?? running;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => void interrupt(signal));
  }
}

async function interrupt(signal: NodeJS.Signals): Promise<void> {
  const state = shared();
  if (state.interruptedBy !== undefined) return;
  state.interruptedBy = signal;
  process.stderr.write(`\n${signal}: cleaning up…\n`);
  if (state.run === undefined) {
    // While the run is being opened, its opening sees the signal and ends it (see `openRun`); the lease goes with us.
    if (state.opening !== undefined) await pause(PATIENCE_MS);
    return await endEarly(new Interrupted(signal));
  }
  const cancelled = running?.vitest.cancelCurrentRun("keyboard-input");
  // Checks that hang in an engine call never notice; then cleanup and reports go on without them.
  await Promise.race([cancelled, pause(PATIENCE_MS)]);
  await running?.finish();
  await pause(PATIENCE_MS);
  process.exit();
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
