import { UserError } from "../engine/errors.ts";
import { ALLOW_FORWARDING_VARIABLE } from "../engine/second-engine.ts";
import {
  COMPLETE_VARIABLE,
  isQuickWanted,
  JSON_VARIABLE,
  KEEP_VARIABLE,
  QUICK_VARIABLE,
  SELECTED_IDS_VARIABLE,
  SELECTION_VARIABLE,
} from "../model/selection.ts";
import { PROJECT_ROOT } from "../project-root.ts";
import { understandSelection, usage } from "../run/arguments.ts";
import { endEarly } from "../run/close-run.ts";
import { onlyVerdictsEndWell } from "../run/exit-code.ts";
import { endWithNpm } from "../run/parent.ts";
import { readQuickSet } from "../run/quick-index.ts";
import { onSignal } from "../run/signals.ts";
import { shared } from "../run/state.ts";
import { defineCommand } from "./command.ts";

const ABOUT = `Judges the networking of the Docker host that DOCKER_HOST, the docker context or the default socket names.
Without words: everything. --changed compares an earlier daemon.json with the one that the engine's dockerd reads, judges
what the changed keys can influence, and says what that leaves out. --quick: what runs on the host already, and the
fewest containers that see 95 % of the known faults of a whole host: for after an edit, in seconds. --complete: a partial run, which lacks something
that this host could show, ends with 2. --keep: the containers and networks of a failure stand until a key is pressed, for
looking into them; needs a terminal. --allow-forwarding: make networks also where dockerd then turns IPv4 or IPv6
forwarding on, which the host had off. --json: standard output is results.json and nothing else (npm run with --silent).
Reports: reports/results.json and what docs/guide/report.md lists.
Exit codes: 0 conformant or partial, 1 a requirement failed, 2 could not be judged, 64 wrong usage.`;

/** Imported only when asked for: it reaches the engine, and a wrong word is told before anything is loaded. */
async function influencedSince(earlier: string, rest: readonly string[]): Promise<readonly string[]> {
  understandSelection(rest);
  return await (await import("./changed.ts")).influencedSince(earlier);
}

/** @throws UserError (64) where nobody could press a key */
function keepOnTerminal(): "1" {
  if (process.stdin.isTTY) return "1";
  throw usage(
    "--keep waits for a key, and standard input is no terminal",
    "Run it in a terminal, or take the script that a failure leaves in reports/reproduce",
  );
}

async function judge(earlier: string | undefined, rest: readonly string[]): Promise<void> {
  const words = earlier === undefined ? rest : [...new Set([...rest, ...(await influencedSince(earlier, rest))])];
  const isQuick = isQuickWanted();
  const { ids, files } = understandSelection(isQuick ? [...words, ...readQuickSet().ids] : words);
  process.env[SELECTION_VARIABLE] = [...(isQuick ? ["--quick"] : []), ...words].join(" ");
  if (ids !== null) process.env[SELECTED_IDS_VARIABLE] = ids.join(" ");
  onlyVerdictsEndWell();
  process.once("uncaughtException", (error) => void endEarly(error));
  onSignal();
  endWithNpm();
  // Only now, so that a wrong word is told at once; and vitest is loaded while the engine is asked.
  const { openRun } = await import("../run/open-run.ts");
  const opening = openRun();
  const { startVitest } = await import("vitest/node");
  const vitest = await startVitest("test", [...files], {
    root: PROJECT_ROOT,
    watch: false,
    run: true,
    configLoader: "native",
  });
  if (shared().exitCode === undefined) {
    await opening;
    await endEarly(
      new UserError({
        tried: "Running the checks",
        seen: "the test runner ended without a verdict; what it said stands above",
        todo: "Give it what it lacks, then run it again",
      }),
    );
  }
  // Ends the process: nothing that still hangs on the engine may keep it.
  await vitest.exit(true);
}

/** `npm test`: vitest over the suites, with words understood and exit codes kept. Ends the process. */
export const command = defineCommand({
  usage:
    "npm test -- [--quick] [--changed daemon.json.bak] [--complete] [--keep] [--allow-forwarding] [--json] [suite | requirement id | tag]…",
  about: ABOUT,
  options: {
    quick: { type: "boolean" },
    changed: { type: "string" },
    complete: { type: "boolean" },
    keep: { type: "boolean" },
    "allow-forwarding": { type: "boolean" },
    json: { type: "boolean" },
  },
  takesWords: true,
  run: async ({ quick, changed, complete, keep, "allow-forwarding": allowsForwarding, json }, words) => {
    if (complete === true) process.env[COMPLETE_VARIABLE] = "1";
    if (keep === true) process.env[KEEP_VARIABLE] = keepOnTerminal();
    if (allowsForwarding === true) process.env[ALLOW_FORWARDING_VARIABLE] = "1";
    if (json === true) process.env[JSON_VARIABLE] = "1";
    if (quick === true) process.env[QUICK_VARIABLE] = "1";
    await judge(changed, words);
  },
});
