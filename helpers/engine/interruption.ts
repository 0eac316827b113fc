import { messageOf } from "./docker-error.ts";
import { EXIT, type ExitCode } from "./errors.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How long one thing may take to be removed before the next one's turn. */
const PATIENCE_MS = 60_000;
/** The same for an engine that has left something else without an answer. */
const SPENT_MS = 5_000;

const registered: (() => Promise<void>)[] = [];
let exitCode: ExitCode = EXIT.notJudged;
let going = false;

/**
 * Has something removed when a signal ends the command: a lab, a process, a run's objects. What was registered last goes
 * first. Then the process ends; whatever else it was doing ends with it (see {@link unlessInterrupted}).
 * @param cleanUp may be called while what it removes is still being made
 * @returns disposed of when there is nothing to remove any more
 */
export function onInterruption(cleanUp: () => Promise<void>): Disposable {
  if (registered.length === 0) for (const signal of SIGNALS) process.on(signal, interrupt);
  registered.push(cleanUp);
  return {
    [Symbol.dispose]() {
      // While it goes on, another signal must not end the process before the rest is removed.
      if (going) return;
      registered.splice(registered.indexOf(cleanUp), 1);
      if (registered.length === 0) for (const signal of SIGNALS) process.off(signal, interrupt);
    },
  };
}

/** For a command that runs until somebody ends it: a signal is then no failure. */
export function interruptionIsTheEnd(): void {
  exitCode = EXIT.conformant;
}

/** Resolves at once; after a signal never: the process is about to end, and nothing new is to be started or told. */
export async function unlessInterrupted(): Promise<void> {
  if (going) await new Promise<never>(() => undefined);
}

function interrupt(signal: NodeJS.Signals): void {
  if (going) return;
  process.stderr.write(`\n${signal}: removing what was started…\n`);
  void remove(PATIENCE_MS);
}

/** Ends the process as a signal does, where the engine does nothing any more: what can't be removed soon is told. */
export async function endAfterRemoval(code: ExitCode): Promise<void> {
  if (going) return;
  exitCode = code;
  await remove(SPENT_MS);
}

async function remove(patience: number): Promise<void> {
  going = true;
  await removeAll(patience);
  process.exit(exitCode);
}

async function removeAll(patience: number): Promise<void> {
  for (const cleanUp of registered.toReversed()) {
    try {
      await Promise.race([
        cleanUp(),
        new Promise((_, reject) => setTimeout(() => reject(new Error("it took too long")), patience)),
      ]);
    } catch (error) {
      exitCode = EXIT.notJudged;
      process.stderr.write(`something may be left, which npm run clean removes: ${messageOf(error)}\n`);
    }
  }
}
