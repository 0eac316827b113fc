import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { getSystemErrorMessage } from "node:util";
import { UserError } from "../engine/errors.ts";

/**
 * Fails before the run rather than after it: creates `folder` and writes a file there.
 * @throws UserError naming folder and reason
 */
export async function assertWritable(folder: string): Promise<void> {
  const probe = join(folder, `.writable.${process.pid}.tmp`);
  try {
    await makeFolder(folder);
    await writeFile(probe, "");
    await rm(probe);
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/**
 * Writes files by their paths in a folder, each whole or not at all. None is put in its place before all are written.
 * @throws UserError naming folder and reason
 */
export async function writeWhole(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const temporary = (path: string) => join(folder, dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await makeFolder(folder);
    for (const [path, text] of Object.entries(files)) {
      await makeFolder(join(folder, dirname(path)));
      await writeFile(temporary(path), text);
    }
    for (const name of Object.keys(files)) await rename(temporary(name), join(folder, name));
  } catch (error) {
    throw unwritable(folder, error);
  } finally {
    const leftovers = Object.keys(files).map(temporary);
    // A folder that can't be written to can't be tidied either; the error above says what matters.
    await Promise.allSettled(leftovers.map((file) => rm(file, { force: true })));
  }
}

/** With its parents. Not by node's `recursive`, which tries for ever where a parent is there and takes no entry (/proc). */
async function makeFolder(folder: string, parents = true): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === "EEXIST") return;
    if (error.code !== "ENOENT" || !parents || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await makeFolder(folder, false);
  }
}

/** Renames a file; where there is none, nothing. */
export async function renameIfPresent(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isSystemError(error) || error.code !== "ENOENT") throw error;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}

/** The folder may be written to; there is no room in it. */
const NO_ROOM: readonly string[] = ["ENOSPC", "EDQUOT"];

/** What is said of a folder that reports can't be written to. */
export function unwritable(folder: string, error: unknown): UserError {
  const full = isSystemError(error) && NO_ROOM.includes(error.code ?? "");
  return new UserError({
    tried: `Writing the reports to ${folder}`,
    seen: reason(error),
    todo: full
      ? "Make room on that file system (`df -h` and `df -i` show it), or name a folder on another one in DNC_REPORTS"
      : "Make that folder writable for this user, or name another folder in DNC_REPORTS",
  });
}

function reason(error: unknown): string {
  if (!isSystemError(error) || error.errno === undefined) return String(error);
  return `${getSystemErrorMessage(error.errno)} (${error.code})`;
}
