import { messageOf } from "../engine/docker-error.ts";
import { UserError } from "../engine/errors.ts";

/** What was tried, what was seen, what to do: three lines, never a stack trace. */
export function printUserError(error: unknown): void {
  if (error instanceof UserError) process.stderr.write(`\n${error.tried}\n  ${error.seen}\n  → ${error.todo}\n`);
  else process.stderr.write(`\n${messageOf(error)}\n`);
}
