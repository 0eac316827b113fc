import type { Vitest } from "vitest/node";
import { EXIT } from "../engine/errors.ts";
import type { RunState } from "./state.ts";

/** How long running checks may take to notice that the run was cancelled, before the engine is cleaned regardless. */
const PATIENCE_MS = 3000;

/**
 * Ctrl-C and SIGTERM end the run in order: no new checks, everything of ours off the engine, reports written. Vitest
 * itself would leave the process at once and clean nothing. A second signal does not hurry it: what is under way is
 * the cleanup.
 */
export function onSignal(vitest: Vitest, state: () => RunState | undefined): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => {
      const run = state();
      if (run === undefined || run.interruptedBy !== undefined) return;
      run.interruptedBy = signal;
      process.stderr.write(`\n${signal}: cleaning up…\n`);
      void vitest.cancelCurrentRun("keyboard-input");
      // Checks that hang in an engine call never notice; then cleanup and reports go on without them.
      setTimeout(() => {
        void run.cleanUp().then(() => setTimeout(() => process.exit(EXIT.notJudged), PATIENCE_MS).unref());
      }, PATIENCE_MS).unref();
    });
  }
}
