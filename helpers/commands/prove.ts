import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { connect } from "../engine/connect.ts";
import { EXIT } from "../engine/errors.ts";
import { FAULTS } from "../faults/catalogue/index.ts";
import { chooseFaults, exitCodeOf, firstOfLayers } from "../faults/choose.ts";
import type { Fault } from "../faults/fault.ts";
import { renderFaultsPage } from "../faults/faults-page.ts";
import { faultsMarkdown, formatFaults, proofLine } from "../faults/faults-table.ts";
import type { Proof } from "../faults/proof.ts";
import { prove } from "../faults/prove.ts";
import { type LabEngine, labEngines, nearestEngine } from "../lab/engine-versions.ts";
import { Lab } from "../lab/lab.ts";
import type { CatalogueEntry } from "../model/results.ts";
import { usage } from "../run/arguments.ts";
import { catalogue } from "../run/catalogue-index.ts";
import { tellStep } from "../run/github-actions.ts";
import { reportsFolder } from "../run/reports-folder.ts";
import { defineCommand } from "./command.ts";

const USAGE =
  "npm run prove -- [--engines 28.5,20.10] [--faults id,id | --layer nat] [--controls] [--remedies] [--resume] [--jobs 2] [--list] [suite | requirement id | tag]…";

const ABOUT = `Breaks the networking of a disposable Docker host in one way at a time, runs the suites unchanged against it, and prints
which requirements caught it. Words choose the faults that these requirements run under. By default on the engine of the
lab that comes nearest to this host's. Reports: reports/prove/.
--list      the faults, and what must catch them; nothing is started
--controls  mend each fault and judge again: all must be green then; without it, one fault of each layer
--remedies  type on the broken host what the report's cards say, to the letter, and judge again: the narrowest remedy first,
            the general one where that does not help; for faults that outlast the suites' own containers
--resume    take over what an earlier run has proven of the same faults and suites
--jobs      hosts that are broken at once; by default 2 on a machine with four processors, else 1
Exit codes: 0 every fault caught and all green when mended, 1 a requirement was silent or raised a false alarm,
or a remedy that was typed did not help, 2 could not be judged, 64 wrong usage.`;

/** What `npm run prove` is to do, understood. */
interface Series {
  readonly faults: readonly Fault[];
  /** Null: the lab's nearest to the host's. */
  readonly engines: readonly LabEngine[] | null;
  /** Each fault is mended and judged again, not only the first of each layer. */
  readonly controls: boolean;
  readonly remedies: boolean;
  readonly resume: boolean;
  /** Hosts that are broken at once. */
  readonly jobs: number;
}

/** `npm run prove`. */
async function proveAll({ faults, engines: wanted, controls, remedies, resume, jobs }: Series): Promise<void> {
  const entries = catalogue();
  await using connection = await connect();
  const engines = wanted ?? [nearestEngine(connection.engine.version)];
  await using lab = await Lab.open(connection.docker, (line) => console.log(line));
  const folder = join(reportsFolder(), "prove");
  await mkdir(folder, { recursive: true });
  const controlled = controls ? faults : firstOfLayers(faults);
  const proofs: Proof[] = [];
  for (const engine of engines) {
    let done = 0;
    await prove({
      lab,
      outer: { docker: connection.docker, address: connection.env.DOCKER_HOST ?? "" },
      engine,
      faults,
      catalogue: entries,
      withControl: (fault) => controlled.includes(fault),
      remedies,
      resume,
      jobs,
      folder: join(folder, engine.version),
      async onProof(proof, resumed) {
        proofs.push(proof);
        console.log(proofLine(proof, `${++done} of ${faults.length}${resumed ? ", of an earlier run" : ""}`));
        // Written as it grows: an interrupted series leaves what it has.
        await writeTables(folder, proofs, entries);
      },
      report: (line) => console.log(line),
    });
  }
  console.log(
    `\n${formatFaults(proofs, entries)}\n\n  reports        ${folder}/index.html, faults.md, faults.json, and a folder per engine`,
  );
  const wrong = proofs.filter((proof) => proof.verdict !== "left out" && exitCodeOf([proof]) !== EXIT.conformant);
  tellStep(
    [],
    faultsMarkdown(proofs, FAULTS, entries),
    wrong.map((proof) => ({
      title: `${proof.engine} ${proof.fault}: ${proof.verdict}`,
      message: proofLine(proof, "see faults.md"),
    })),
  );
  process.exitCode = exitCodeOf(proofs);
}

async function writeTables(
  folder: string,
  proofs: readonly Proof[],
  catalogue: readonly CatalogueEntry[],
): Promise<void> {
  await writeFile(join(folder, "faults.md"), faultsMarkdown(proofs, FAULTS, catalogue));
  await writeFile(join(folder, "index.html"), renderFaultsPage(proofs, FAULTS, catalogue));
  await writeFile(join(folder, "faults.json"), `${JSON.stringify(proofs, null, 2)}\n`);
}

function jobsOf(text: string | undefined): number {
  // Each host is a whole engine with a run of the suites against it: processors are what there is too little of.
  if (text === undefined) return availableParallelism() >= 4 ? 2 : 1;
  if (!/^[1-9]\d?$/.test(text)) throw usage(`--jobs takes a number of hosts, not ${text}`, "For example --jobs=2");
  return Number(text);
}

function printList(faults: readonly Fault[]): void {
  for (const { id, layer, breaks, comesBy, caughtBy } of faults)
    console.log(`${id}  (${layer})\n  ${breaks}\n  comes by   ${comesBy}\n  caught by  ${caughtBy.join(" ")}`);
  console.log(`\n${faults.length} faults in ${new Set(faults.map(({ layer }) => layer)).size} layers`);
}

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: {
    engines: { type: "string" },
    faults: { type: "string" },
    layer: { type: "string" },
    jobs: { type: "string" },
    controls: { type: "boolean" },
    remedies: { type: "boolean" },
    resume: { type: "boolean" },
    list: { type: "boolean" },
  },
  takesWords: true,
  async run({ engines, faults: ids, layer, jobs, controls, remedies, resume, list }, words) {
    const wanted = engines === undefined ? null : labEngines(engines);
    const atOnce = jobsOf(jobs);
    const faults = chooseFaults(FAULTS, { ids, layer, words });
    if (list) printList(faults);
    else await proveAll({ faults, engines: wanted, controls, remedies, resume, jobs: atOnce });
  },
});
