import { basename, dirname, join } from "node:path";
import { comparedRun } from "../report/compared-run.ts";
import { compareRuns } from "../report/diff.ts";
import { writeWhole } from "../report/write-files.ts";
import { usage } from "../run/arguments.ts";
import { reportsFolder } from "../run/reports-folder.ts";
import { defineCommand } from "./command.ts";
import { readRun } from "./read-run.ts";
import { userPath } from "./user-file.ts";

const USAGE = "npm run report -- [results.json] [--since earlier.json] [--to page.html]";

const ABOUT = `Makes the page of a run out of its results.json, an old one as well. Every run writes the page itself; this is for files
that were kept.
  --since FILE   the results of an earlier run: the page says what changed since then
  --to FILE      where the page goes; without, index.html beside the results
Without a file: reports/results.json.
Exit codes: 0 the page was written, 2 the file is no results of a run or the page can't be written, 64 wrong usage.`;

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: { since: { type: "string" }, to: { type: "string" } },
  takesWords: true,
  async run({ since, to }, files) {
    if (files.length > 1) throw usage(`npm run report takes one file, not ${files.length}`, USAGE);
    const file = files[0] ?? join(reportsFolder(), "results.json");
    const results = await readRun(file);
    const changes = since === undefined ? null : compareRuns(comparedRun(await readRun(since)), comparedRun(results));
    const { renderPage } = await import("../report/page/page.ts");
    const page = to === undefined ? join(dirname(userPath(file)), "index.html") : userPath(to);
    await writeWhole(dirname(page), { [basename(page)]: renderPage(results, changes) });
    process.stdout.write(`${page}\n`);
  },
});
