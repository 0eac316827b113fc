/** Exit codes of every command of this project. */
export const EXIT = { conformant: 0, nonconformant: 1, notJudged: 2, usage: 64 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * An error for the person at the keyboard: what was tried, what was seen, what to do.
 * Printed as these three lines, never as a stack trace; ends the command with `exitCode`.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly tried: string;
  readonly seen: string;
  readonly todo: string;
  readonly exitCode: ExitCode;
  constructor(parts: { tried: string; seen: string; todo: string; exitCode?: ExitCode }) {
    super(`${parts.tried}: ${parts.seen}. ${parts.todo}`);
    this.tried = parts.tried;
    this.seen = parts.seen;
    this.todo = parts.todo;
    this.exitCode = parts.exitCode ?? EXIT.notJudged;
  }
}
