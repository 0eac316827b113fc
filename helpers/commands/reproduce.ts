import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { connect } from "../engine/connect.ts";
import { EXIT, UserError } from "../engine/errors.ts";
import { scratchDirectory } from "../engine/scratch-directory.ts";
import { environmentOf } from "../engine/second-engine.ts";
import { type LabEngine, labEngines } from "../lab/engine-versions.ts";
import { Lab } from "../lab/lab.ts";
import { runScripts, type ScriptRun } from "../lab/run-scripts.ts";
import type { RequirementResult, Results } from "../model/results.ts";
import { SCRIPTS_VARIABLE } from "../model/selection.ts";
import { understandSelection, usage } from "../run/arguments.ts";
import { judge } from "../run/judge-in-lab.ts";
import { reportsFolder } from "../run/reports-folder.ts";
import { defineCommand } from "./command.ts";
import { userPath } from "./user-file.ts";

const USAGE = `npm run --silent reproduce -- [--to FOLDER] [suite | requirement id | tag]…
npm run reproduce -- --prove [--engines 28.5,20.10] [suite | requirement id | tag]…`;

const ABOUT = `Writes for each requirement a shell script of plain docker commands that makes only the networks and containers that
its questions need, asks them, compares, and removes what it made: for a bug report, or to learn how it is done. The
script needs nothing of this project. To know what is asked, the requirements are judged first, on the engine that
DOCKER_HOST, the docker context or the default socket names. After a red npm test the scripts of what failed are there
already: reports/reproduce/.
--to FOLDER  a file FOLDER/ID.sh for each; without it they are printed, one after the other
--prove      has hosts of the lab judged, and runs there the script of every requirement that has one: each has to show
             what the suites saw, and to leave nothing. Reports: reports/reproduce/
Exit codes: 0 every script is written, or shows what the suites saw and leaves nothing; 1 one does not; 2 one can't be
written (the reason is told), or nothing could be judged; 64 wrong usage.`;

/** What became of a requirement's script: its path, or why there is none. */
type Written = { readonly id: string } & ({ readonly path: string } | { readonly why: string });

/** `npm run reproduce`. @returns the exit code */
async function reproduce(words: readonly string[], to: string | null): Promise<number> {
  const { ids } = understandSelection(words);
  using reports = scratchDirectory();
  const results = await judge(words, reports.path, { ...process.env, [SCRIPTS_VARIABLE]: "1" }, "ignore");
  const written = (ids ?? []).map((id) => scriptIn(results, id, reports.path));
  for (const one of written) await hand(one, to);
  return written.some((one) => "why" in one) ? EXIT.notJudged : EXIT.conformant;
}

function scriptIn({ requirements }: Results, id: string, reports: string): Written {
  const result = requirements.find((one) => one.id === id);
  const reproduction = result?.reproduction;
  if (reproduction !== undefined && "file" in reproduction) return { id, path: join(reports, reproduction.file) };
  return { id, why: reproduction?.why ?? whyNone(result) };
}

function whyNone(result: RequirementResult | undefined): string {
  if (result === undefined) return "one host can't show it: npm run test:lab does";
  return `${result.verdict} here: ${result.reason}`;
}

/** Hands a script to whoever asked for it; the reason for its absence goes to standard error. */
async function hand(one: Written, to: string | null): Promise<void> {
  if ("why" in one) {
    process.stderr.write(`${one.id}: no script: ${one.why}\n`);
    return;
  }
  if (to === null) {
    process.stdout.write(await readFile(one.path, "utf8"));
    return;
  }
  try {
    await mkdir(to, { recursive: true });
    await copyFile(one.path, join(to, basename(one.path)));
  } catch (error) {
    throw new UserError({
      tried: `Writing to ${to}`,
      seen: error instanceof Error ? error.message : String(error),
      todo: "Name a folder that can be written to",
    });
  }
  console.log(join(to, basename(one.path)));
}

/** `npm run reproduce -- --prove`. @returns the exit code */
async function proveScripts(engines: readonly LabEngine[], words: readonly string[]): Promise<number> {
  await using connection = await connect();
  await using lab = await Lab.open(connection.docker, (line) => console.log(line));
  let wrong = 0;
  for (const engine of engines) {
    const { version } = engine;
    const { [version]: host } = await lab.start({ [version]: { engine } });
    if (host === undefined) throw new Error("the lab started no host");
    const reports = join(reportsFolder(), "reproduce", version);
    const env = { ...environmentOf(host.url), [SCRIPTS_VARIABLE]: "1" };
    const results = await judge(words, reports, env, "ignore");
    console.log(`${version.padEnd(6)} ${results.summary}`);
    const { runs, without } = await runScripts(host, results, reports, (run) => {
      if (!run.agrees || run.left.length > 0) console.log(scriptLine(version, run));
    });
    await writeFile(join(reports, "scripts.json"), `${JSON.stringify({ runs, without: [...without] }, null, 2)}\n`);
    wrong += runs.filter(({ agrees, left }) => !agrees || left.length > 0).length;
    console.log(
      `${version.padEnd(6)} ${runs.length} scripts: ${runs.filter(({ agrees }) => agrees).length} show what the suites saw, ${runs.filter(({ left }) => left.length > 0).length} left something; ${without.size} requirements have none`,
    );
    await host.remove();
  }
  return wrong === 0 ? EXIT.conformant : EXIT.nonconformant;
}

function scriptLine(version: string, { id, exitCode, left, said }: ScriptRun): string {
  const what = left.length > 0 ? `left ${left.join(", ")}` : `ended with ${exitCode ?? "no exit code"}`;
  return [`${version.padEnd(6)} ${id} ${what}:`, ...said.split("\n").map((line) => `         ${line}`)].join("\n");
}

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: { to: { type: "string" }, prove: { type: "boolean" }, engines: { type: "string" } },
  takesWords: true,
  run: async ({ to, prove, engines }, words) => {
    const wanted = labEngines(engines);
    understandSelection(words);
    if (prove) {
      if (to !== undefined) throw usage("--prove writes no scripts to a folder of yours", USAGE);
      process.exitCode = await proveScripts(wanted, words);
      return;
    }
    if (engines !== undefined) throw usage("--engines is for --prove", USAGE);
    if (words.length === 0) throw usage("it takes ids of requirements", `${USAGE}, for example PORT-24`);
    process.exitCode = await reproduce(words, to === undefined ? null : userPath(to));
  },
});
