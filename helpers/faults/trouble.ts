import { UserError } from "../engine/errors.ts";

/** What went wrong, in one line, for a proof that shows nothing. */
export function troubleOf(error: unknown): string {
  if (error instanceof UserError) return `${error.tried}: ${error.seen}`;
  return error instanceof Error ? error.message : String(error);
}
