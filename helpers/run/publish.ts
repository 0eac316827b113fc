import { UserError } from "../engine/errors.ts";
import type { Results } from "../model/results.ts";
import type { RunDiff } from "../model/run-diff.ts";
import { renderMetrics } from "../report/exports/metrics.ts";
import { writeWhole } from "../report/write-files.ts";
import { writeReports } from "../report/write-results.ts";
import { foldHistory } from "./history.ts";
import { METRICS_VARIABLE, metricsFile } from "./metrics-file.ts";
import { reportsFolder } from "./reports-folder.ts";

/**
 * Brings the results of a run to the history of its engine, the reports' folder and node_exporter.
 * @param beside further files of the reports, by their paths in their folder
 * Returns the results with the engine's history, and what changed since the run before: null when there was none of the same engine.
 * @throws UserError naming folder and reason
 */
export async function publish(
  results: Results,
  beside: ReadonlyMap<string, string> = new Map(),
): Promise<{ readonly results: Results; readonly changes: RunDiff | null }> {
  const folded = await foldHistory(results);
  const changes = await writeReports(folded, reportsFolder(), beside);
  const metrics = metricsFile();
  if (metrics !== null) await writeMetrics(metrics, results);
  return { results: folded, changes };
}

async function writeMetrics({ folder, name }: { folder: string; name: string }, results: Results): Promise<void> {
  try {
    await writeWhole(folder, { [name]: renderMetrics(results) });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError({
      tried: `Writing the metrics to ${folder}/${name} (${METRICS_VARIABLE})`,
      seen: error.seen,
      todo: `Make that folder writable for this user, with room in it, or unset ${METRICS_VARIABLE}; the reports are written`,
    });
  }
}
