import { availableParallelism } from "node:os";
import { join } from "node:path";
import { SECOND_HOST_VARIABLE } from "../engine/second-engine.ts";
import { fleetMarkdown } from "../fleet/fleet-markdown.ts";
import { renderFleetPage } from "../fleet/fleet-page.ts";
import { fleetText } from "../fleet/fleet-text.ts";
import { gather } from "../fleet/gather.ts";
import { eachOnce, isResultsFile, readFolder, readList, type Source } from "../fleet/sources.ts";
import { dataWithoutCredentials } from "../model/credentials.ts";
import { wantsColour } from "../report/colour.ts";
import { assertWritable, writeWhole } from "../report/write-files.ts";
import { usage } from "../run/arguments.ts";
import { judge } from "../run/judge-in-lab.ts";
import { METRICS_VARIABLE } from "../run/metrics-file.ts";
import { reportsFolder } from "../run/reports-folder.ts";
import { defineCommand } from "./command.ts";
import { readUserFile, userPath } from "./user-file.ts";

const USAGE =
  "npm run fleet -- [--at-once 4] [--quick] [--json] <hosts.txt | results.json | results.jsonl | folder of results>…";

const ABOUT = `Judges many hosts, or reads what others judged, and makes one report: host × cause, hosts that are alike, outliers first.
hosts.txt       one host a line: a docker context, a DOCKER_HOST (ssh://ops@web-7), or a file of results; # is a comment
results.json    of one host: a results.json or compact.json. results.jsonl: one compact.json a line
folder          every file in it whose name ends with .json or .jsonl
--at-once N     so many engines are judged at the same time; default 4, or as many as this machine has processors
--quick         the quick set instead of everything, as npm test -- --quick
--json          standard output is fleet.json and nothing else (npm run with --silent)
No host stops the others: one that can't be reached, or has no results, is told as not judged.
Reports: reports/fleet/index.html, fleet.md, fleet.json, and a folder for each engine that was judged.
Exit codes: 0 every host conformant or partial, 1 one is not conformant, 2 one could not be judged, 64 wrong usage.`;

const LARGEST_AT_ONCE = 64;

async function sourcesOf(words: readonly string[]): Promise<Source[]> {
  const sources: Source[] = [];
  for (const word of words) {
    const inFolder = await readFolder(userPath(word));
    if (inFolder !== null) {
      if (inFolder.length === 0) throw usage(`${word} is a folder without files of results`, USAGE);
      sources.push(...inFolder);
    } else if (isResultsFile(word)) sources.push({ kind: "file", path: userPath(word) });
    else {
      const todo = "Give a list with one host a line: a docker context, a DOCKER_HOST, or a file of results.";
      const listed = readList((await readUserFile(word, { atMost: 16 * 1024 * 1024, todo })).toString());
      if (listed.length === 0) throw usage(`${word} names no host`, USAGE);
      sources.push(...listed.map((one) => (one.kind === "file" ? { ...one, path: userPath(one.path) } : one)));
    }
  }
  return await eachOnce(sources);
}

function mostAtOnce(text: string | undefined): number {
  if (text === undefined) return Math.min(4, availableParallelism());
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > LARGEST_AT_ONCE)
    throw usage(`--at-once ${text} is no number from 1 to ${LARGEST_AT_ONCE}`, USAGE);
  return count;
}

/** An environment without what is meant for one engine: its neighbour, and the file that its metrics go to. */
function ofNoOther(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { [SECOND_HOST_VARIABLE]: _neighbour, [METRICS_VARIABLE]: _metrics, ...others } = env;
  return others;
}

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: { "at-once": { type: "string" }, quick: { type: "boolean" }, json: { type: "boolean" } },
  takesWords: true,
  async run({ "at-once": atOnce, quick, json }, words) {
    if (words.length === 0) throw usage("no host is named", USAGE);
    const limit = mostAtOnce(atOnce);
    const sources = await sourcesOf(words);
    const folder = join(reportsFolder(), "fleet");
    await assertWritable(folder);
    const { report, folders } = await gather(
      sources,
      async ({ env }, name) => await judge(quick ? ["--quick"] : [], join(folder, name), ofNoOther(env), "ignore"),
      { atOnce: limit, tell: (line) => process.stderr.write(`${line}\n`) },
    );
    const fleet = dataWithoutCredentials(report.finish());
    const data = `${JSON.stringify(fleet, null, 2)}\n`;
    process.stdout.write(
      json
        ? data
        : fleetText(fleet, {
            width: process.stdout.columns ?? 100,
            colour: wantsColour(process.stdout, process.env),
          }),
    );
    await writeWhole(folder, {
      "index.html": renderFleetPage(fleet, folders),
      "fleet.md": fleetMarkdown(fleet),
      "fleet.json": data,
    });
    process.exitCode = fleet.exitCode;
  },
});
