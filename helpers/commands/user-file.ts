import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { EXIT, UserError } from "../engine/errors.ts";

/** What a file has to be, for whoever gave another one. */
export interface WantedFile {
  /** Bytes; far more than the largest of its kind comes to. */
  readonly atMost: number;
  /** What to give instead, as a sentence. */
  readonly todo: string;
}

/** A path as a user means it, from where the user stands: npm runs its scripts in the project's folder. */
export function userPath(path: string): string {
  return resolve(process.env.INIT_CWD ?? ".", path);
}

/**
 * Reads a file that a user names, as bytes.
 * @param path from where the user stands; a pipe (`/dev/stdin`, `<(…)`) is read as well
 * @throws UserError (exit code 64) when there is no such file, or one that is far too large
 */
export async function readUserFile(path: string, { atMost, todo }: WantedFile): Promise<Buffer> {
  const refuse = (seen: string) => new UserError({ tried: `Reading ${path}`, seen, todo, exitCode: EXIT.usage });
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    await using file = await open(userPath(path), "r");
    // The size of a device or a pipe is told as 0, and some of them never end.
    for await (const piece of file.createReadStream() as AsyncIterable<Buffer>) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > atMost) break;
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw refuse(WHY[code] ?? `it can't be read (${code})`);
  }
  if (bytes > atMost) throw refuse(`it has more than ${Math.round(atMost / 1024)} KiB`);
  return Buffer.concat(pieces);
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "this user may not read it",
};
