import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { audit } from "../helpers/audits/judge.ts";
import { recordedOf } from "../helpers/audits/testing/recorded.ts";
import { connect } from "../helpers/engine/connect.ts";
import { findImages } from "../helpers/engine/images.ts";
import { newRunId } from "../helpers/engine/run-identity.ts";
import { gatherFacts } from "../helpers/host/gather-facts.ts";
import { labEngines } from "../helpers/lab/engine-versions.ts";
import { settle } from "../helpers/lab/inhabitants.ts";
import { Lab } from "../helpers/lab/lab.ts";
import { PROJECT_ROOT } from "../helpers/project-root.ts";
import { takeLivingSnapshot } from "../helpers/snapshot/take-living-snapshot.ts";
import { HostView } from "../helpers/vantage/host-view.ts";

/**
 * Records the looks that the mutation test of the audits alters: a host of the lab with workloads of every kind, one a
 * version. `node scripts/record-looks.ts 28.5,20.10`
 */
const [versions = "28.5,20.10"] = process.argv.slice(2);
await using connection = await connect();
const { busybox } = await findImages(connection.docker);
await using lab = await Lab.open(connection.docker, (line) => console.log(line));
for (const engine of labEngines(versions)) {
  const { recorded: host } = await lab.start({ recorded: { engine } });
  for (const missing of await settle(host, false)) console.log(`${engine.version} without ${missing}`);
  const view = await HostView.open(host.docker, busybox.reference, newRunId(), "record", "looks", "lease");
  const facts = await gatherFacts(host.docker, view);
  const look = await takeLivingSnapshot({ docker: host.docker, facts, host: view });
  const { deviations } = audit(look);
  for (const { key, observed } of deviations) console.log(`${engine.version} is not healthy: ${key}: ${observed}`);
  const file = join(PROJECT_ROOT, `helpers/audits/captured/host-${engine.version}.snapshot`);
  if (deviations.length === 0) await writeFile(file, legible(recordedOf(look)));
  await host.remove();
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
