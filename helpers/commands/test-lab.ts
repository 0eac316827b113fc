import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "../engine/connect.ts";
import { labEngines, nearestEngine } from "../lab/engine-versions.ts";
import { Lab } from "../lab/lab.ts";
import { needsLab } from "../report/catalogue.ts";
import { renderMarkdownSummary } from "../report/markdown-summary.ts";
import { formatMatrix } from "../report/matrix.ts";
import { type LinkedColumn, renderMatrixPage } from "../report/page/matrix-page.ts";
import { understandSelection, usage } from "../run/arguments.ts";
import { catalogue } from "../run/catalogue-index.ts";
import { tellStep } from "../run/github-actions.ts";
import { judgeInLab } from "../run/judge-in-lab.ts";
import { reportsFolder } from "../run/reports-folder.ts";
import { defineCommand } from "./command.ts";

const ABOUT = `Judges what one working host can't show: requirements that need a second Docker host on the same network, or a host
that may be changed. Brings both: disposable Docker hosts in containers of this host's engine, by default of the
version that comes nearest to this host's. Reports: reports/lab/<version>/.
Exit codes: 0 conformant, 1 a requirement failed, 2 could not be judged, 64 wrong usage.`;

/** `npm run test:lab`. */
async function judgeLab(value: string | undefined, words: readonly string[]): Promise<void> {
  const wanted = value === undefined ? null : labEngines(value);
  const { ids } = understandSelection(words);
  const selected = catalogue()
    .filter(needsLab)
    .map(({ id }) => id)
    .filter((id) => ids === null || ids.includes(id));
  // No words would mean everything.
  if (selected.length === 0)
    throw usage(`nothing of ${words.join(" ")} needs the lab`, `npm test -- ${words.join(" ")} judges it on one host.`);
  await using connection = await connect();
  const engines = wanted ?? [nearestEngine(connection.engine.version)];
  await using lab = await Lab.open(connection.docker, (line) => console.log(line));
  const folder = join(reportsFolder(), "lab");
  const outer = connection.env.DOCKER_HOST ?? "";
  const columns: LinkedColumn[] = [];
  for (const engine of engines) {
    const results = await judgeInLab(lab, engine, selected, join(folder, engine.version), "inherit", outer);
    columns.push({ name: engine.version, folder: engine.version, results });
  }
  await writeFile(join(folder, "index.html"), renderMatrixPage("engine", columns));
  await writeFile(join(folder, "all.json"), `${JSON.stringify(columns, null, 2)}\n`);
  if (columns.length > 1) console.log(`\n${formatMatrix(columns)}`);
  tellStep(
    columns,
    columns.map(({ name, results }) => `# Docker ${name}\n\n${renderMarkdownSummary(results, null)}`).join("\n"),
  );
  process.exitCode = Math.max(...columns.map(({ results }) => results.exitCode));
}

export const command = defineCommand({
  usage: "npm run test:lab -- [--engines 28.5] [suite | requirement id | tag]…",
  about: ABOUT,
  options: { engines: { type: "string" } },
  takesWords: true,
  run: async ({ engines }, words) => await judgeLab(engines, words),
});
