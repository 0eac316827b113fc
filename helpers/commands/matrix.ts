import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "../engine/connect.ts";
import { EXIT } from "../engine/errors.ts";
import { type LabConfiguration, labConfigurations } from "../lab/configurations/index.ts";
import { type LabEngine, labEngines, nearestEngine } from "../lab/engine-versions.ts";
import { Lab } from "../lab/lab.ts";
import { formatMatrix, matrixMarkdown } from "../report/matrix.ts";
import { type LinkedColumn, renderMatrixPage } from "../report/page/matrix-page.ts";
import { understandSelection, usage } from "../run/arguments.ts";
import { tellStep } from "../run/github-actions.ts";
import { judge, judgeInLab } from "../run/judge-in-lab.ts";
import { reportsFolder } from "../run/reports-folder.ts";
import { defineCommand } from "./command.ts";
import { judgeConfigurations } from "./judge-configurations.ts";

const USAGE = `npm run matrix -- [--engines 20.10,26.1,28.5] [--only-lab] [suite | requirement id | tag]…
npm run matrix -- --configs [--engines 28.5] [--only bip,icc-off] [--inhabited] [suite | requirement id | tag]…`;

const ABOUT = `Runs the suites unchanged against this host's engine and against engines of the lab (disposable Docker hosts in
containers of this host's engine), and prints one table: requirement × engine. Reports: reports/matrix/.
Requirements that configure and restart hosts of their own are run only when they are named (npm run test:lab runs all).
With --configs: against one host of the lab for every daemon.json of helpers/lab/configurations, by default of the
version that comes nearest to this host's. No alarm may be raised. Reports: reports/configs/.
--inhabited  workloads of every kind run on that host meanwhile; the engine has to say the same of each afterwards
Exit codes: 0 conformant everywhere, 1 a requirement failed, 2 could not be judged, 64 wrong usage.`;

/** `npm run matrix` without `--configs`. */
async function acrossEngines(engines: readonly LabEngine[], onlyLab: boolean, words: readonly string[]): Promise<void> {
  const folder = join(reportsFolder(), "matrix");
  await mkdir(folder, { recursive: true });
  await using connection = await connect();
  // They bring the same engines again, and cost more than all the others together.
  const outer = words.length === 0 ? null : (connection.env.DOCKER_HOST ?? "");
  const columns: LinkedColumn[] = [];
  const add = (name: string, reports: string, results: LinkedColumn["results"]) => {
    columns.push({ name, folder: reports, results });
    console.log(`${name.padEnd(10)} ${results.summary}`);
  };
  if (!onlyLab) {
    add("this host", "this-host", await judge(words, join(folder, "this-host"), process.env, "ignore"));
  }
  await using lab = await Lab.open(connection.docker, (line) => console.log(line));
  for (const engine of engines) {
    add(
      engine.version,
      engine.version,
      await judgeInLab(lab, engine, words, join(folder, engine.version), "ignore", outer),
    );
  }
  const markdown = matrixMarkdown(columns);
  await writeFile(join(folder, "matrix.md"), markdown);
  await writeFile(join(folder, "index.html"), renderMatrixPage("engine", columns));
  await writeFile(join(folder, "matrix.json"), `${JSON.stringify(columns, null, 2)}\n`);
  console.log(
    `\n${formatMatrix(columns)}\n\n  reports        ${folder}/index.html, matrix.md, matrix.json, and a folder per engine`,
  );
  tellStep(columns, markdown);
  process.exitCode = Math.max(EXIT.conformant, ...columns.map(({ results }) => results.exitCode));
}

/** `npm run matrix -- --configs`. */
async function underConfigurations(
  wanted: string | undefined,
  configurations: readonly LabConfiguration[],
  words: readonly string[],
  inhabited: boolean,
): Promise<void> {
  await using connection = await connect();
  const engines = wanted === undefined ? [nearestEngine(connection.engine.version)] : labEngines(wanted);
  await using lab = await Lab.open(connection.docker, (line) => console.log(line));
  const folder = join(reportsFolder(), "configs");
  process.exitCode = await judgeConfigurations(lab, engines, configurations, words, folder, inhabited);
}

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: {
    engines: { type: "string" },
    only: { type: "string" },
    "only-lab": { type: "boolean" },
    configs: { type: "boolean" },
    inhabited: { type: "boolean" },
  },
  takesWords: true,
  async run(values, words) {
    const engines = labEngines(values.engines);
    const configurations = labConfigurations(values.only);
    understandSelection(words);
    if (values.configs) return await underConfigurations(values.engines, configurations, words, values.inhabited);
    if (values.inhabited) throw usage("--inhabited goes with --configs", "npm run matrix -- --configs --inhabited");
    if (values.only !== undefined)
      throw usage("--only chooses configurations", "npm run matrix -- --configs --only bip");
    await acrossEngines(engines, values["only-lab"], words);
  },
});
