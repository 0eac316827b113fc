import { withoutCredentials } from "../model/credentials.ts";

/** Exit codes of every command of this project. */
export const EXIT = { conformant: 0, nonconformant: 1, notJudged: 2, usage: 64 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * An error for the person at the keyboard: what was tried, what was seen, what to do.
 * Printed as these three lines, never as a stack trace; ends the command with `exitCode`. What it quotes (an address, a
 * file, another program's words) may hold credentials: they are hidden here, so that no output has them.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly tried: string;
  readonly seen: string;
  readonly todo: string;
  readonly exitCode: ExitCode;
  constructor(parts: { tried: string; seen: string; todo: string; exitCode?: ExitCode }) {
    const [tried = "", seen = "", todo = ""] = [parts.tried, parts.seen, parts.todo].map(withoutCredentials);
    super(`${tried}: ${seen}. ${todo}`);
    this.tried = tried;
    this.seen = seen;
    this.todo = todo;
    this.exitCode = parts.exitCode ?? EXIT.notJudged;
  }
}
