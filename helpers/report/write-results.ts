import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { getSystemErrorMessage } from "node:util";
import { UserError } from "../engine/errors.ts";
import type { Results } from "../model/results.ts";
import type { RunDiff } from "../model/run-diff.ts";
import { renderCompact } from "./compact.ts";
import { comparedRun } from "./compared-run.ts";
import { changesSince } from "./diff.ts";
import { renderCtrf } from "./exports/ctrf.ts";
import { renderMetrics } from "./exports/metrics.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdownSummary } from "./markdown-summary.ts";
import { renderPage } from "./page/page.ts";
import { readResults } from "./read-results.ts";

const RESULTS = "results.json";
/** Every report that is made out of the results, by its name. */
const REPORTS: Readonly<Record<string, (results: Results, changes: RunDiff | null) => string>> = {
  "index.html": renderPage,
  "summary.md": renderMarkdownSummary,
  "junit.xml": renderJunit,
  "ctrf.json": renderCtrf,
  "metrics.prom": renderMetrics,
  "compact.json": renderCompact,
};
/** Beside `results.json`, as the console names them. */
export const REPORT_NAMES: readonly string[] = Object.keys(REPORTS);

const SCRIPTS = "reproduce";
const WALKS = "walks";
const PREVIOUS = "results.previous.json";

/** Where the script that shows a requirement without us lies, in the reports' folder. */
export function scriptPath(id: string): string {
  return `${SCRIPTS}/${id}.sh`;
}

/** Where the way of one of its packets lies, there too. */
export function walkPath(id: string): string {
  return `${WALKS}/${id}.json`;
}

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
 * Puts the reports of the run before out of the way: its `results.json` becomes `results.previous.json`, the others go.
 * From now on nothing in `folder` can be taken for what this run says, should it be killed or find the disk full.
 * @throws UserError naming folder and reason
 */
export async function setAside(folder: string): Promise<void> {
  try {
    await renameIfPresent(join(folder, RESULTS), join(folder, PREVIOUS));
    await Promise.all(
      [...REPORT_NAMES, SCRIPTS, WALKS].map((name) => rm(join(folder, name), { force: true, recursive: true })),
    );
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/**
 * Writes `results.json` and the {@link REPORTS} made out of it, each whole or not at all (temporary file, then rename).
 * Reports that are there already are set aside first.
 * @param beside further files, by their paths in the folder
 * Returns what changed since the run before: null when there was none of the same engine.
 * @throws UserError naming folder and reason; no report of this run is there then
 */
export async function writeReports(
  results: Results,
  folder: string,
  beside: ReadonlyMap<string, string> = new Map(),
): Promise<RunDiff | null> {
  await setAside(folder);
  const previous = await readResults(join(folder, PREVIOUS));
  const changes = changesSince(previous === null ? null : comparedRun(previous), comparedRun(results));
  await writeWhole(folder, {
    ...Object.fromEntries(beside),
    ...Object.fromEntries(Object.entries(REPORTS).map(([name, render]) => [name, render(results, changes)])),
    [RESULTS]: `${JSON.stringify(results, null, 2)}\n`,
  });
  return changes;
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

async function renameIfPresent(from: string, to: string): Promise<void> {
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

function unwritable(folder: string, error: unknown): UserError {
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
