import { EXIT, UserError } from "../engine/errors.ts";
import { printUserError } from "../run/close-run.ts";

/** Runs a command with its words; what it throws becomes one message and its exit code, never a stack trace. */
export async function runCommand(main: (words: readonly string[]) => Promise<void>): Promise<void> {
  // Whoever reads has enough (`npm run list | head`): nothing more is to be said.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    printUserError(error);
    process.exitCode = error instanceof UserError ? error.exitCode : EXIT.notJudged;
  }
}
