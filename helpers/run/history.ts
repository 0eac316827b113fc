import { resolve } from "node:path";
import { messageOf } from "../engine/docker-error.ts";
import { DISPOSABLE_VARIABLE } from "../engine/second-engine.ts";
import type { Results } from "../model/results.ts";
import { withHistory } from "../report/history/fold.ts";
import { recordOf } from "../report/history/record.ts";
import { keepRun, recentHistory } from "../report/history/store.ts";
import { reportsFolder } from "./reports-folder.ts";

/** Names the folder of all histories, where the reports' folder is another one each time. */
export const HISTORY_VARIABLE = "DNC_HISTORY";
/** Set for runs that are parts of another command: of hosts that exist for it alone there is no history. */
export const NO_HISTORY_VARIABLE = "DNC_NO_HISTORY";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where histories lie: `DNC_HISTORY`, else `history/` in the reports' folder. */
export function historyFolder(env: Environment = process.env): string {
  return resolve(env[HISTORY_VARIABLE]?.trim() || resolve(reportsFolder(env), "history"));
}

function isKept(env: Environment = process.env): boolean {
  return env[NO_HISTORY_VARIABLE] !== "1" && env[DISPOSABLE_VARIABLE] !== "1";
}

/**
 * Adds a run to its engine's history, and the history to the run. A folder that can't be written to or read costs the
 * history, never the reports: it is said on standard error.
 */
export async function foldHistory(results: Results): Promise<Results> {
  const record = recordOf(results);
  if (record === null || !isKept()) return results;
  try {
    const folded = withHistory(results, await recentHistory(historyFolder(), record.engine?.id ?? ""), record);
    await keepRun(historyFolder(), record).catch((error: unknown) =>
      process.stderr.write(`\nThis run could not be added to its engine's history: ${messageOf(error)}\n`),
    );
    return folded;
  } catch (error) {
    process.stderr.write(`\nThe history of this engine could not be read: ${messageOf(error)}\n`);
    return results;
  }
}
