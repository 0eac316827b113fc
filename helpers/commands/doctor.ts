import { connect } from "../engine/connect.ts";
import { findImages } from "../engine/images.ts";
import { newRunId } from "../engine/run-identity.ts";
import { removeContainer } from "../engine/sweep.ts";
import { gatherFacts } from "../host/gather-facts.ts";
import { missingNeed, NEEDS, type Need } from "../requirement/needs.ts";
import { SubnetChooser } from "../topology/subnets.ts";
import { HostView } from "../vantage/host-view.ts";
import { runCommand } from "./command.ts";

const ABOUT = `Says in about a second whether this engine can be judged, and what would be not run here and why.
Makes one short-lived container.
Exit codes: 0 it can be judged, 2 it can't, 64 wrong usage.`;

/** `npm run doctor`. */
async function examine(): Promise<void> {
  await using connection = await connect();
  const { docker, engine, endpoint } = connection;
  const images = await findImages(docker);
  const opened = await HostView.open(docker, images.busybox.reference, newRunId(), "doctor", "lease").then(
    (view) => ({ view, missing: "" }),
    (error: unknown) => ({ view: null, missing: error instanceof Error ? error.message : String(error) }),
  );
  try {
    const facts = await gatherFacts(docker, opened.view, opened.missing);
    const subnet = (await SubnetChooser.forHost(docker, facts)).choose(24);
    const configured = Object.keys(facts.configuration);
    say("engine", `${engine.version} (API ${engine.apiVersion}) at ${endpoint.url}, by ${endpoint.origin}`);
    say(
      "host",
      `${facts.engine.hostname}, ${facts.engine.os}, kernel ${facts.engine.kernel}, ${facts.engine.cpus} CPUs`,
    );
    say(
      "configured",
      configured.length === 0 ? "no networking key in daemon.json or dockerd's flags" : configured.join(", "),
    );
    say(
      "firewall",
      facts.engine.firewallBackend === "" ? "iptables (the engine does not say)" : facts.engine.firewallBackend,
    );
    for (const [role, image] of Object.entries(images)) say(role, `${image.reference} (${image.origin})`);
    say("subnets", `free, for example ${subnet}`);
    const needs = Object.keys(NEEDS) as Need[];
    const missing = (
      await Promise.all(needs.map(async (need) => [need, await missingNeed([need], facts)] as const))
    ).filter(([, why]) => why !== null);
    console.log("\nThis engine can be judged. Not run here, because it is missing:");
    for (const [need, why] of missing) say(need, why ?? "");
  } finally {
    if (opened.view !== null) await removeContainer(docker, opened.view.containerId);
  }
}

function say(label: string, text: string): void {
  console.log(`  ${label.padEnd(14)} ${text}`);
}

await runCommand({ usage: "npm run doctor", about: ABOUT, options: {}, takesWords: false, run: examine });
process.exit();
