import { join } from "node:path";
import { EXIT, UserError } from "../engine/errors.ts";
import type { Results } from "../model/results.ts";
import { wantsColour } from "../report/colour.ts";
import { type ComparedRun, comparedRun } from "../report/compared-run.ts";
import { compareRuns } from "../report/diff.ts";
import { renderDiff } from "../report/diff-markdown.ts";
import { formatDiff } from "../report/diff-text.ts";
import { baselineFor, lastUntil } from "../report/history/baseline.ts";
import { allHistories, historyOf } from "../report/history/store.ts";
import { moment } from "../report/summary-lines.ts";
import { usage } from "../run/arguments.ts";
import { historyFolder } from "../run/history.ts";
import { reportsFolder } from "../run/reports-folder.ts";
import { defineCommand } from "./command.ts";
import { readRun } from "./read-run.ts";

const USAGE = "npm run diff -- [before.json [after.json] | --before 2026-11-20 | --host web-8] [--json | --markdown]";

const ABOUT = `Compares two runs: the configuration change between them, the requirements whose verdict changed, the facts of the host
that changed with its firewall rules, routes and links, and what containers saw that they had not seen before. Each change
is explained by a key of daemon.json, by the Engine's version, by the host, or stands first as unexplained.
Without words: the last run with the baseline of its engine, the last whole run before it that was conformant or partial.
  --before DATE  the last run with the last whole run of its engine on that day (UTC) or earlier
  --host NAME    the last whole run of another host that was judged from here, with the last run
With one file: that file with the last run. With two: the first with the second.
Exit codes: 0 nothing got worse, 1 a requirement got worse (it fails, can't be measured, or is no longer judged for no
known reason), 2 the runs can't be compared, 64 wrong usage.`;

/** What the last run, or a file, is compared with. */
interface Against {
  readonly files: readonly string[];
  readonly date: string | undefined;
  readonly host: string | undefined;
}

/** The two runs, the earlier one first. @throws UserError where one of them is not there */
async function chosenRuns({ files, date, host }: Against): Promise<readonly [ComparedRun, ComparedRun]> {
  const [first, second] = files;
  const last = await readJudged(second ?? join(reportsFolder(), "results.json"));
  if (first !== undefined) return [comparedRun(await readJudged(first)), comparedRun(last)];
  const root = historyFolder();
  if (host !== undefined) return [await runOfHost(root, host, last.engine?.id), comparedRun(last)];
  const history = last.engine === null ? [] : await historyOf(root, last.engine.id);
  if (date === undefined) {
    const baseline = baselineFor(last, history);
    if (baseline !== null) return [baseline, comparedRun(last)];
    throw missing("a baseline", "no whole run of this engine was kept before the last one", "npm test makes one");
  }
  const run = lastUntil(endOf(date), last, history);
  if (run !== null) return [run, comparedRun(last)];
  const oldest = history.find(({ runId }) => runId !== last.runId);
  throw oldest === undefined
    ? missing(`a run of ${date} or earlier`, "no run of this engine was kept before the last one", "npm test makes one")
    : missing(
        `a run of ${date} or earlier`,
        `there is no whole one of this engine; the oldest that is kept is of ${moment(oldest.startedAt)}`,
        "Give a later day",
      );
}

/** @throws UserError where it is no run, or one that judged nothing: with it nothing would be found changed */
async function readJudged(file: string): Promise<Results> {
  const results = await readRun(file);
  if (results.requirements.length > 0) return results;
  throw new UserError({
    tried: `Comparing ${file}`,
    seen: `that run judged nothing: ${results.summary}`,
    todo: "Run npm test again, or give two other files",
  });
}

/** @param own the engine of the run that is compared: of a host that was installed anew there may be two by one name */
async function runOfHost(root: string, name: string, own: string | undefined): Promise<ComparedRun> {
  const others = (await allHistories(root)).flat().filter(({ engine }) => engine?.id !== own);
  const run = others
    .filter(({ whole, engine }) => whole && engine?.hostname === name)
    .toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt))
    .at(-1);
  if (run !== undefined) return run;
  const known = [...new Set(others.map(({ engine }) => engine?.hostname ?? ""))].toSorted();
  throw missing(
    `a whole run of another host ${name}`,
    known.length === 0
      ? "no run of another host is kept"
      : `whole or not, runs of these hosts are kept: ${known.join(", ")}`,
    "Judge it from here, or give its results.json",
  );
}

function missing(what: string, seen: string, todo: string): UserError {
  return new UserError({ tried: `Finding ${what} in ${historyFolder()}`, seen, todo });
}

/** The end of a day. @throws UserError (64) for what is no day */
function endOf(date: string): Date {
  const start = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(start)) throw usage(`--before ${date} is no day such as 2026-11-20`, USAGE);
  return new Date(start + 24 * 3_600_000);
}

/** `npm run diff`. */
async function diffRuns(against: Against, as: "json" | "markdown" | "text"): Promise<void> {
  const [before, after] = await chosenRuns(against);
  const diff = compareRuns(before, after);
  if (as === "json") process.stdout.write(`${JSON.stringify(diff, null, 2)}\n`);
  else if (as === "markdown") process.stdout.write(renderDiff(diff));
  else {
    const colour = wantsColour(process.stdout, process.env);
    process.stdout.write(formatDiff(diff, { width: process.stdout.columns ?? 100, colour }));
  }
  process.exitCode = diff.changes.some(({ worse }) => worse) ? EXIT.nonconformant : EXIT.conformant;
}

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: {
    before: { type: "string" },
    host: { type: "string" },
    json: { type: "boolean" },
    markdown: { type: "boolean" },
  },
  takesWords: true,
  async run({ before, host, json, markdown }, files) {
    if (json && markdown) throw usage("--json and --markdown exclude each other", USAGE);
    if (files.length > 2) throw usage(`npm run diff compares two files, not ${files.length}`, USAGE);
    const ways = [files.length > 0, before !== undefined, host !== undefined].filter((given) => given);
    if (ways.length > 1) throw usage("files, --before and --host exclude each other", USAGE);
    await diffRuns({ files, date: before, host }, json ? "json" : markdown ? "markdown" : "text");
  },
});
