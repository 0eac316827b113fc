import { endEarly, Interrupted } from "./close-run.ts";
import { cutShort, pause } from "./cut-short.ts";
import { shared } from "./state.ts";

/**
 * Ctrl-C, SIGTERM and SIGHUP end the run in order, with exit code 2. Node and vitest would leave the process at once and
 * clean nothing. A second signal does not hurry it: what is under way is the cleanup. To be called as early as possible,
 * and again once vitest is there, which listens as well.
 */
export function onSignal(): void {
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
    if (state.opening !== undefined) await pause();
    return await endEarly(new Interrupted(signal));
  }
  await cutShort();
}
