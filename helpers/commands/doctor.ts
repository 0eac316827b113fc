import { existsSync } from "node:fs";
import { join } from "node:path";
import { connect } from "../engine/connect.ts";
import { messageOf } from "../engine/docker-error.ts";
import { resolveEndpoint } from "../engine/endpoint.ts";
import { EXIT, UserError } from "../engine/errors.ts";
import { findImages } from "../engine/images.ts";
import { probeSocket } from "../engine/probe-socket.ts";
import { removeContainer } from "../engine/sweep.ts";
import { gatherFacts } from "../host/gather-facts.ts";
import { hostNotes } from "../host/host-notes.ts";
import { networksInUse } from "../host/networks-in-use.ts";
import { takeStanding } from "../host/standing.ts";
import { runHere, runOnHost } from "../preflight/run.ts";
import { printUserError } from "../report/print-error.ts";
import { type Missing, missingNeed, NEEDS, type Need } from "../requirement/needs.ts";
import { poolDemand } from "../run/pool-demand.ts";
import { trySecondHost } from "../run/second-host.ts";
import { settingsIn, unfitSettings, unknownSettings, wrongSettings } from "../run/settings.ts";
import { SubnetChooser } from "../topology/subnets.ts";
import { HostView } from "../vantage/host-view.ts";
import { defineCommand } from "./command.ts";
import { endWhereEngineHangs } from "./end-hanging.ts";

const ABOUT = `Says in about a second whether this engine can be judged, and what would be not run here and why.
Makes one short-lived container. What preflight says of the host is among the notes; where no engine answers on this
machine, it is the answer.
Exit codes: 0 it can be judged, 2 it can't, 64 wrong usage.`;

/** `npm run doctor`. */
async function examine(): Promise<void> {
  // Every one is told, not only the first: who mends one wants to know of the others.
  const complaints = [...(await wrongSettings())];
  await using connection = await connect().catch(async (error: unknown) => {
    await lookAtThisMachine();
    throw error;
  });
  const { docker, engine, endpoint } = connection;
  const images = await findImages(docker);
  const second = await trySecondHost({ docker, engine }).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    complaints.push(error);
    return false;
  });
  const opened = await HostView.alone(docker, images.busybox.reference, "doctor").then(
    (view) => ({ view, missing: "" }),
    (error: unknown) => ({ view: null, missing: messageOf(error) }),
  );
  endWhereEngineHangs(connection.way, () => opened.view, "npm run doctor");
  try {
    // Preflight takes as long as everything else here.
    const [facts, standing, networks, preflight] = await Promise.all([
      gatherFacts(docker, opened.view, opened.missing),
      opened.view === null ? null : takeStanding(opened.view),
      networksInUse(docker),
      opened.view === null ? null : runOnHost(opened.view),
    ]);
    complaints.push(...(await unfitSettings({ docker, engine, facts })));
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
    for (const { setting, value } of settingsIn(process.env)) say("set", `${setting.name}=${value}`);
    const look = { facts, standing, networks, demand: poolDemand(() => true) };
    const notes = [...unknownSettings(), ...hostNotes(look), ...(preflight?.findings ?? [])];
    for (const { what, todo } of notes) say("note", `${what} ${todo}`);
    if (complaints.length > 0) {
      for (const complaint of complaints) printUserError(complaint);
      process.exitCode = complaints[0]?.exitCode ?? EXIT.notJudged;
      return;
    }
    say("subnets", `free, for example ${(await SubnetChooser.forHost(docker, facts)).choose(24)}`);
    const needs = (Object.keys(NEEDS) as Need[]).filter((need) => need !== "second host" || !second);
    console.log("\nThis engine can be judged. What is missing here, and what that means:");
    for (const need of needs) {
      const missing = await missingNeed([need], facts);
      if (missing !== null) say(need, `${MISSING[missing.kind]}: ${missing.why}`);
    }
  } finally {
    if (opened.view !== null) await removeContainer(docker, opened.view.containerId);
  }
}

/** Where packages put dockerd; a user's PATH may lack the half of them. */
const SBIN = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/run/current-system/sw/bin"];

/** Where no engine answers on this machine's own socket: what keeps dockerd from starting, on standard output. */
async function lookAtThisMachine(): Promise<void> {
  const endpoint = await resolveEndpoint(process.env).catch(() => null);
  if (process.platform !== "linux" || endpoint?.kind !== "unix") return;
  if (!["absent", "refused"].includes(await probeSocket(endpoint.socketPath))) return;
  // A machine without dockerd, such as a container that was given no socket, is not to run one.
  if (!SBIN.some((folder) => existsSync(join(folder, "dockerd")))) return;
  await runHere([]);
}

/** What a run makes of it when something is missing. */
const MISSING: Readonly<Record<Missing["kind"], string>> = {
  "only in a lab": "no part of a run",
  impossible: "not applicable",
  "left out": "the run is partial",
};

function say(label: string, text: string): void {
  console.log(`  ${label.padEnd(14)} ${text}`);
}

export const command = defineCommand({
  usage: "npm run doctor",
  about: ABOUT,
  options: {},
  takesWords: false,
  run: examine,
});
