import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Results } from "../model/results.ts";
import type { RunDiff } from "../model/run-diff.ts";
import { renderCompact } from "./compact.ts";
import { comparedRun } from "./compared-run.ts";
import { changesSince } from "./diff.ts";
import { renderCtrf } from "./exports/ctrf.ts";
import { renderMetrics } from "./exports/metrics.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdownSummary } from "./markdown-summary.ts";
import { readResults } from "./read-results.ts";
import { SCRIPTS, WALKS } from "./report-paths.ts";
import { renameIfPresent, unwritable, writeWhole } from "./write-files.ts";

const RESULTS = "results.json";
/** Every report that is made out of the results, by its name. */
const REPORTS: Readonly<Record<string, (results: Results, changes: RunDiff | null) => string | Promise<string>>> = {
  // Loaded when it is written: with its map and its walks it is more than half of what a run would load to begin with.
  "index.html": async (results, changes) => (await import("./page/page.ts")).renderPage(results, changes),
  "summary.md": renderMarkdownSummary,
  "junit.xml": renderJunit,
  "ctrf.json": renderCtrf,
  "metrics.prom": renderMetrics,
  "compact.json": renderCompact,
};
/** Beside `results.json`, as the console names them. */
export const REPORT_NAMES: readonly string[] = Object.keys(REPORTS);

const PREVIOUS = "results.previous.json";

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
  const reports = Object.entries(REPORTS).map(
    async ([name, render]) => [name, await render(results, changes)] as const,
  );
  await writeWhole(folder, {
    ...Object.fromEntries(beside),
    ...Object.fromEntries(await Promise.all(reports)),
    [RESULTS]: `${JSON.stringify(results, null, 2)}\n`,
  });
  return changes;
}
