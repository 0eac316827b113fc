import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Deviation } from "../helpers/audits/deviation.ts";
import { audit } from "../helpers/audits/judge.ts";
import { recordedOf } from "../helpers/audits/testing/recorded.ts";
import { deviations } from "../helpers/diagnosis/checks/deviations.ts";
import { rethrow } from "../helpers/diagnosis/checks/testing/broken.ts";
import { recordedRunOf } from "../helpers/diagnosis/checks/testing/recorded-run.ts";
import { RECORDED_RUN, RUN_SITE, SITE } from "../helpers/diagnosis/checks/testing/run-site.ts";
import { connect } from "../helpers/engine/connect.ts";
import { findImages } from "../helpers/engine/images.ts";
import { gatherFacts } from "../helpers/host/gather-facts.ts";
import { labEngines } from "../helpers/lab/engine-versions.ts";
import { settle } from "../helpers/lab/inhabitants.ts";
import { Lab } from "../helpers/lab/lab.ts";
import type { LabHost } from "../helpers/lab/lab-host.ts";
import { PROJECT_ROOT } from "../helpers/project-root.ts";
import { takeLivingSnapshot } from "../helpers/snapshot/take-living-snapshot.ts";
import { takeSnapshot } from "../helpers/snapshot/take-snapshot.ts";
import { SubnetChooser } from "../helpers/topology/subnets.ts";
import { Topology } from "../helpers/topology/topology.ts";
import { HostView } from "../helpers/vantage/host-view.ts";

/**
 * Records the looks that the mutation tests alter, on hosts of the lab, two a version: one with workloads of every kind,
 * one with a run's own containers in every mode. `node scripts/record-looks.ts [28.5,20.10 [workloads,run]]`
 */
const [versions = "28.5,20.10", looks = "workloads,run"] = process.argv.slice(2);
await using connection = await connect();
const { busybox, nginx } = await findImages(connection.docker);
await using lab = await Lab.open(connection.docker, (line) => console.log(line));
for (const engine of labEngines(versions)) {
  for (const look of looks.split(",")) {
    const { recorded: host } = await lab.start({ recorded: { engine } });
    await (look === "run" ? recordRun(host) : recordWorkloads(host));
    await host.remove();
  }

  async function recordWorkloads(host: LabHost): Promise<void> {
    for (const missing of await settle(host, false)) console.log(`${engine.version} without ${missing}`);
    const view = await HostView.alone(host.docker, busybox.reference, "record");
    const facts = await gatherFacts(host.docker, view);
    const look = await takeLivingSnapshot({ docker: host.docker, facts, host: view });
    await keep(`audits/captured/host-${engine.version}`, recordedOf(look), audit(look).deviations);
  }

  async function recordRun({ docker }: LabHost): Promise<void> {
    const view = await HostView.open(docker, busybox.reference, RECORDED_RUN, "record", "looks", "lease");
    const facts = await gatherFacts(docker, view);
    const subnets = await SubnetChooser.forHost(docker, facts);
    const images = { busybox: busybox.reference, nginx: nginx.reference };
    const topology = new Topology(SITE, RUN_SITE);
    await topology.start({ docker, runId: RECORDED_RUN, facts, images, subnets, throughTestcontainers: false });
    const look = await takeSnapshot({ docker, runId: RECORDED_RUN, facts, host: view });
    const found = deviations(look, rethrow);
    await keep(`diagnosis/checks/captured/run-${engine.version}`, recordedRunOf(look), found);
  }
}

/** Keeps a look at a healthy host; what is not healthy is told. */
async function keep(file: string, recorded: object, found: readonly Deviation[]): Promise<void> {
  for (const { reason } of found) console.log(`${file}: not healthy: ${reason.what}`);
  if (found.length === 0) await writeFile(join(PROJECT_ROOT, `helpers/${file}.snapshot`), legible(recorded));
}

/** A line an entry: what is recorded anew can be compared. */
function legible(look: object): string {
  const lines = Object.entries(look).map(([key, value]: [string, unknown]) => {
    const name = JSON.stringify(key);
    if (typeof value !== "object" || value === null) return `${name}: ${JSON.stringify(value)}`;
    if (Array.isArray(value)) return `${name}: [\n${value.map((entry) => JSON.stringify(entry)).join(",\n")}\n]`;
    const entries = Object.entries(value).map(([inner, one]) => `${JSON.stringify(inner)}: ${JSON.stringify(one)}`);
    return `${name}: {\n${entries.join(",\n")}\n}`;
  });
  return `{\n${lines.join(",\n")}\n}\n`;
}
