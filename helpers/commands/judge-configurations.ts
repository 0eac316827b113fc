import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, UserError } from "../engine/errors.ts";
import { environmentOf } from "../engine/second-engine.ts";
import type { LabConfiguration } from "../lab/configurations/index.ts";
import { exclusion, type LabEngine } from "../lab/engine-versions.ts";
import { inspectionsOf, settle } from "../lab/inhabitants.ts";
import type { Lab } from "../lab/lab.ts";
import type { LabHost } from "../lab/lab-host.ts";
import type { Results } from "../model/results.ts";
import {
  type ConfigurationRun,
  configurationLine,
  configurationsMarkdown,
  formatConfigurations,
} from "../report/configurations-table.ts";
import { renderMatrixPage } from "../report/page/matrix-page.ts";
import { tellStep } from "../run/github-actions.ts";
import { judge } from "../run/judge-in-lab.ts";

/**
 * Runs the suites unchanged under each configuration, on a host of its own per run, one after another; prints a line as
 * each is done and the table at the end.
 * @param words the suites, requirements and tags to run; none = all that one host can show
 * @param folder where the reports go: a folder per run, `configs.md` and `configs.json`
 * @param inhabited workloads of every kind run there meanwhile, which have to be as they were afterwards
 * @returns the exit code: the worst of the runs'
 */
export async function judgeConfigurations(
  lab: Lab,
  engines: readonly LabEngine[],
  configurations: readonly LabConfiguration[],
  words: readonly string[],
  folder: string,
  inhabited: boolean,
): Promise<number> {
  await mkdir(folder, { recursive: true });
  const runs: ConfigurationRun[] = [];
  for (const engine of engines) {
    for (const configuration of configurations) {
      const run = await underConfiguration(lab, engine, configuration, words, folder, inhabited);
      runs.push(run);
      console.log(configurationLine(run));
      // Written as it grows: an interrupted series leaves what it has.
      await writeFile(join(folder, "configs.md"), configurationsMarkdown(runs));
      await writeFile(join(folder, "index.html"), pageOf(runs));
      await writeFile(join(folder, "configs.json"), `${JSON.stringify(runs, null, 2)}\n`);
    }
  }
  console.log(
    `\n${formatConfigurations(runs)}\n\n  reports        ${folder}/index.html, configs.md, configs.json, and a folder per run`,
  );
  tellStep(
    runs.flatMap(({ engine, configuration, results }) =>
      results === null ? [] : [{ name: `${engine} ${configuration}`, results }],
    ),
    configurationsMarkdown(runs),
    runs.flatMap(({ engine, configuration, trouble, changed = [] }) => [
      ...(trouble === undefined ? [] : [{ title: `${engine} ${configuration}: no results`, message: trouble }]),
      ...(changed.length === 0
        ? []
        : [{ title: `${engine} ${configuration}: a run changed what is not its own`, message: changed.join("\n") }]),
    ]),
  );
  return Math.max(
    EXIT.conformant,
    ...runs.map(({ results, excluded, changed = [] }) =>
      changed.length > 0 ? EXIT.nonconformant : (results?.exitCode ?? (excluded === undefined ? EXIT.notJudged : 0)),
    ),
  );
}

function pageOf(runs: readonly ConfigurationRun[]): string {
  const columns = runs.flatMap(({ engine, configuration, results }) =>
    results === null ? [] : [{ name: `${engine} ${configuration}`, folder: `${engine}-${configuration}`, results }],
  );
  const without = runs.flatMap(({ engine, configuration, excluded, trouble, results }) =>
    results === null ? [`${engine} ${configuration}: ${excluded ?? trouble ?? "no results"}`] : [],
  );
  return renderMatrixPage("configuration", columns, without);
}

async function underConfiguration(
  lab: Lab,
  engine: LabEngine,
  configuration: LabConfiguration,
  words: readonly string[],
  folder: string,
  inhabited: boolean,
): Promise<ConfigurationRun> {
  const { name, daemonJson, prepare, inhabit = [] } = configuration;
  const run = { engine: engine.version, configuration: name, daemonJson };
  const excluded = exclusion(engine, configuration);
  if (excluded !== null) return { ...run, results: null, excluded };
  try {
    const hosts = await lab.start({
      [name]: { engine, daemonJson: JSON.stringify(daemonJson), ...(prepare === undefined ? {} : { prepare }) },
    });
    const host = hosts[name];
    if (host === undefined) throw new Error("the lab started no host");
    try {
      for (const line of inhabit) await host.must(line);
      const reports = join(folder, `${engine.version}-${name}`);
      const judged = async () => await judge(words, reports, environmentOf(host.url), "ignore");
      return { ...run, ...(inhabited ? await amongInhabitants(host, judged) : { results: await judged() }) };
    } finally {
      await host.remove();
    }
  } catch (error) {
    if (error instanceof UserError) return { ...run, results: null, trouble: error.seen };
    throw error;
  }
}

/** Judges a host on which workloads of every kind run, and looks whether the engine says the same of all of them afterwards. */
async function amongInhabitants(
  host: LabHost,
  judged: () => Promise<Results>,
): Promise<Pick<ConfigurationRun, "results" | "missing" | "changed">> {
  const missing = await settle(host);
  const before = await inspectionsOf(host);
  const results = await judged();
  const after = await inspectionsOf(host);
  const names = new Set([...before.keys(), ...after.keys()]);
  return { results, missing, changed: [...names].filter((name) => before.get(name) !== after.get(name)) };
}
