import { EXIT, UserError } from "../engine/errors.ts";
import { printUserError } from "../run/close-run.ts";
import { SELECTED_IDS_VARIABLE, SELECTION_VARIABLE } from "../run/selection.ts";
import { onSignal } from "../run/signals.ts";
import { runState } from "../run/state.ts";
import { ROOT, understandSelection } from "./arguments.ts";

const HELP = `npm test -- [suite | requirement id | tag]…

Judges the networking of the Docker host that DOCKER_HOST, the docker context or the default socket names.
Without words: everything. Reports: reports/results.json, junit.xml, summary.md.
Exit codes: 0 conformant, 1 a requirement failed, 2 could not be judged, 64 wrong usage.`;

/** `npm test`: vitest over the suites, with words understood and exit codes kept. Ends the process. */
export async function runSuites(words: readonly string[]): Promise<void> {
  try {
    await judge(words);
  } catch (error) {
    printUserError(error);
    process.exitCode = error instanceof UserError ? error.exitCode : EXIT.notJudged;
  }
}

async function judge(words: readonly string[]): Promise<void> {
  if (words.includes("--help") || words.includes("-h")) return console.log(HELP);
  const { ids, files } = understandSelection(words);
  process.env[SELECTION_VARIABLE] = words.join(" ");
  if (ids !== null) process.env[SELECTED_IDS_VARIABLE] = ids.join(" ");
  onSignal();
  // Only now, so that a wrong word is told at once; and vitest is loaded while the engine is asked.
  const { openRun } = await import("../run/open-run.ts");
  void openRun();
  const { startVitest } = await import("vitest/node");
  const vitest = await startVitest("test", [...files], { root: ROOT, watch: false, run: true });
  // Nothing was opened: no file matched, or vitest itself could not start.
  if (runState() === undefined) process.exitCode = EXIT.notJudged;
  // Ends the process: nothing that still hangs on the engine may keep it.
  await vitest.exit(true);
}
