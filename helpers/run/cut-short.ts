import { shared } from "./state.ts";

/** How long the start of a run, or running checks and the removal of their topologies, may go on once it is cut short. */
const PATIENCE_MS = 5_000;

/** Begins no further check; what is under way goes on. */
export function beginNoMore(): void {
  void shared().running?.vitest.cancelCurrentRun("test-failure");
}

/**
 * Ends the run before its checks are through, in order: no new checks, everything of ours off the engine, reports
 * written, then the process ends. Checks that hang in an engine call never notice; cleanup and reports go on without them.
 */
export async function cutShort(): Promise<never> {
  const { running } = shared();
  const cancelled = running?.vitest.cancelCurrentRun("keyboard-input");
  await Promise.race([cancelled, pause(PATIENCE_MS)]);
  await running?.finish();
  await pause(PATIENCE_MS);
  process.exit();
}

/** Some time, for what ends by itself. */
export async function pause(milliseconds = PATIENCE_MS): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, milliseconds).unref());
}
