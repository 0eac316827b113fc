import { join } from "node:path";
import { EXIT } from "../engine/errors.ts";
import { wantsColour } from "../report/colour.ts";
import { compareRuns } from "../report/diff.ts";
import { renderDiff } from "../report/diff-markdown.ts";
import { formatDiff } from "../report/diff-text.ts";
import { usage } from "../run/arguments.ts";
import { reportsFolder } from "../run/reports-folder.ts";
import { defineCommand } from "./command.ts";
import { readRun } from "./read-run.ts";

const USAGE = "npm run diff -- [before.json after.json] [--json | --markdown]";

const ABOUT = `Compares two results.json: the configuration change between the runs, the requirements whose verdict changed, the facts
of the host that changed, and what containers saw that they had not seen before. Each change is explained by a key of
daemon.json, by the Engine's version, by the host, or stands first as unexplained.
Without files: reports/results.previous.json and reports/results.json.
Exit codes: 0 nothing got worse, 1 a requirement got worse (it fails, can't be measured, or is no longer judged for no
known reason), 2 the files can't be compared, 64 wrong usage.`;

/** `npm run diff`. */
async function diffRuns(files: readonly string[], as: "json" | "markdown" | "text"): Promise<void> {
  const [first, second] = files.length === 0 ? lastTwo() : files;
  if (first === undefined || second === undefined || files.length > 2)
    throw usage(`npm run diff compares two files, not ${files.length}`, USAGE);
  const diff = compareRuns(await readRun(first), await readRun(second));
  if (as === "json") process.stdout.write(`${JSON.stringify(diff, null, 2)}\n`);
  else if (as === "markdown") process.stdout.write(renderDiff(diff));
  else {
    const colour = wantsColour(process.stdout, process.env);
    process.stdout.write(formatDiff(diff, { width: process.stdout.columns ?? 100, colour }));
  }
  process.exitCode = diff.changes.some(({ worse }) => worse) ? EXIT.nonconformant : EXIT.conformant;
}

function lastTwo(): readonly string[] {
  return ["results.previous.json", "results.json"].map((name) => join(reportsFolder(), name));
}

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: { json: { type: "boolean" }, markdown: { type: "boolean" } },
  takesWords: true,
  async run({ json, markdown }, files) {
    if (json && markdown) throw usage("--json and --markdown exclude each other", USAGE);
    await diffRuns(files, json ? "json" : markdown ? "markdown" : "text");
  },
});
