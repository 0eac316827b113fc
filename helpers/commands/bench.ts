import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Dockerode from "dockerode";
import { type Crowd, fill, rulesOfNetworks } from "../bench/crowd.ts";
import { countCalls, type Figures, isSameWork, phasesOf, withMeasurement } from "../bench/figures.ts";
import { openRecording } from "../bench/recording.ts";
import { replay } from "../bench/replay.ts";
import { applyToProcess } from "../engine/apply-to-process.ts";
import { connect } from "../engine/connect.ts";
import { UserError } from "../engine/errors.ts";
import { findImages } from "../engine/images.ts";
import { onInterruption } from "../engine/interruption.ts";
import { newRunId } from "../engine/run-identity.ts";
import { environmentOf } from "../engine/second-engine.ts";
import { sweep } from "../engine/sweep.ts";
import { labEngines, nearestEngine } from "../lab/engine-versions.ts";
import { Lab } from "../lab/lab.ts";
import type { LabHost } from "../lab/lab-host.ts";
import type { ReportedProbe, Results } from "../model/results.ts";
import { CODE, PROJECT_ROOT } from "../project-root.ts";
import { readResults } from "../report/read-results.ts";
import { suiteVersion } from "../run/suite-version.ts";
import { defineCommand } from "./command.ts";

const CONCURRENCY = [4, 6, 8];
/** Requirements done for real in the ordinary way; the rest is in proportion. `--full` does them all. */
const SAMPLE = 25;
const SHOWN_KINDS = 8;
/** Below the project's folder. */
const PAGE = "docs/performance.md";

const ABOUT = `How close a run of everything comes to the engine's own speed, where its time goes, and how long the same checks take in
the ordinary way: a testcontainers container per requirement, an exec per probe.
--full       every requirement in the ordinary way, not only ${SAMPLE} (many minutes)
--record     put the figures into ${PAGE}: a line of its history, and where the time goes
--workloads  instead: how long npm run workloads takes, and what memory, on a host of the lab that is filled for it
--engine     version of that host's engine (28.5); by default the lab's nearest to this host's
Exit codes: 0 measured, 2 could not be measured, 64 wrong usage.`;

/** What `npm run workloads` is to judge in five seconds and 250 MB, on two processors. */
const CROWD: Crowd = { networks: 60, containers: 300, publishedPorts: 400 };
/** So many networks' worth of rules a host may have, most of them not this engine's any more. */
const RULES_OF_NETWORKS = 1000;
const TIMES = 3;

/** `npm run bench -- --workloads`. */
async function benchWorkloads(version: string | undefined): Promise<void> {
  await using connection = await connect();
  const images = await findImages(connection.docker);
  const [engine = nearestEngine(connection.engine.version)] = version === undefined ? [] : labEngines(version);
  await using lab = await Lab.open(connection.docker, (text) => console.log(text));
  const { crowded } = await lab.start({ crowded: { engine } });
  const filling = performance.now();
  await fill(crowded.docker, images.busybox.reference, CROWD);
  line("filled", seconds(performance.now() - filling), JSON.stringify(CROWD));
  const folder = await mkdtemp(join(tmpdir(), "dnc-bench-"));
  try {
    await timeWorkloads(connection.docker, crowded, images.busybox.reference, folder);
    // Before Engine 28 each network has rules in FORWARD and the isolation's two chains, since then in DOCKER and its like.
    const chains = await crowded.must("iptables -S | sed -nE 's/^-N (DOCKER(-BRIDGE|-CT|-ISOLATION-STAGE-2)?)$/\\1/p'");
    await crowded.write("/tmp/rules", rulesOfNetworks(RULES_OF_NETWORKS, chains.split("\n")));
    await crowded.must("iptables-restore --noflush </tmp/rules");
    console.log(
      `\nwith the rules of ${RULES_OF_NETWORKS} networks more: ${await crowded.must("iptables-save | wc -l")} lines`,
    );
    await timeWorkloads(connection.docker, crowded, images.busybox.reference, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** On a machine with neighbours the time says little: what the processors did says what an idle one would take. */
async function timeWorkloads(outer: Dockerode, host: LabHost, image: string, folder: string): Promise<void> {
  const { cpuMsOf, timeCommand, timePhases } = await import("../bench/living-host.ts");
  for (const { what, ms } of await timePhases(host.docker, image)) line(`  ${what}`, seconds(ms));
  for (let time = 0; time < TIMES; time++) {
    const before = await cpuMsOf(outer, host.containerId);
    const { ms, cpuMs, peakBytes, exitCode, summary } = await timeCommand(
      [join(PROJECT_ROOT, `helpers/commands/dnc${CODE}`), "workloads"],
      { ...environmentOf(host.url), DNC_REPORTS: folder },
    );
    const there = (await cpuMsOf(outer, host.containerId)) - before;
    const used = `processors ${seconds(cpuMs)} here, ${seconds(there)} on the host; ${Math.round(peakBytes / 1e6)} MB`;
    line("npm run workloads", seconds(ms), `${used}; exit code ${exitCode}: ${summary}`);
  }
}

/** `npm run bench`. */
async function bench(full: boolean, record: boolean): Promise<void> {
  await using connection = await connect();
  applyToProcess(connection);
  const images = await findImages(connection.docker);
  const folder = await mkdtemp(join(tmpdir(), "dnc-bench-"));
  const runId = newRunId();
  using _ = onInterruption(async () => void (await sweep(connection.docker, { only: runId })));
  try {
    console.log("a run of everything, its engine calls recorded…");
    using recording = await openRecording(process.env.DOCKER_HOST ?? "");
    const begin = performance.now();
    const results = await runOnce(folder, { DOCKER_HOST: recording.address });
    const end = performance.now();
    const { calls } = recording;
    const kinds = countCalls(calls);
    const phases = phasesOf(calls, begin, end);
    console.log(results.summary);
    for (const { id, verdict, reason } of results.requirements) {
      if (verdict === "fail" || verdict === "error") line(`  ${id}`, verdict, reason);
    }
    line("run", seconds(results.durationMs));
    for (const { what, ms } of phases) line(`  ${what}`, seconds(ms));
    line("engine calls", String(calls.length));
    for (const { kind, count, ms } of kinds.slice(0, SHOWN_KINDS)) line(`  ${kind}`, seconds(ms), `${count} added up`);

    const times: number[] = [];
    for (const concurrency of CONCURRENCY) {
      const replayed = newRunId();
      const { ms, different } = await replay(connection.docker, calls, results.runId, replayed, concurrency);
      const same = isSameWork(different, calls);
      if (same) times.push(ms);
      const note = `${different.length} of ${calls.length} calls answered otherwise than in the run`;
      line(
        `replay, ${concurrency} at once`,
        seconds(ms),
        `${note}${same ? "" : ": not the same work, it does not count"}`,
      );
      for (const { kind, count } of countCalls(different).slice(0, SHOWN_KINDS)) line(`  ${kind}`, String(count));
      await sweep(connection.docker, { only: replayed });
    }
    // Machines with neighbours change their speed from minute to minute: the better of a run before and one after.
    const again = await runOnce(folder, {});
    line("run again", seconds(again.durationMs));
    const run = Math.min(results.durationMs, again.durationMs);
    const replayMs = times.length === 0 ? null : Math.min(...times);
    const ratio = replayMs === null ? "unknown" : (run / replayMs).toFixed(2);
    line("run ÷ replay", ratio, "the best of each; aim: at most 1.30");

    const denials = results.requirements.flatMap((result) => result.probes).filter(isDenial);
    const once = new Map(denials.map((probe) => [`${probe.vantage} ${probe.command} ${probe.ms}`, probe.ms]));
    line(
      "waited for denials",
      seconds([...once.values()].reduce((sum, ms) => sum + ms, 0)),
      `${once.size} denials added up; they time out side by side`,
    );

    console.log("\nslowest requirements (topology included for the first that needs it)");
    for (const result of results.requirements.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, 10))
      line(`  ${result.id}`, seconds(result.durationMs), result.suite);

    console.log(
      "\nthe ordinary way: a testcontainers container per requirement, an exec per probe, one after another…",
    );
    const { ordinaryWay } = await import("../bench/ordinary-way.ts");
    const ordinary = await ordinaryWay(
      images.busybox.reference,
      runId,
      results.requirements,
      full ? Number.POSITIVE_INFINITY : SAMPLE,
    );
    line(
      "ordinary way",
      seconds(ordinary.ms),
      `${ordinary.requirements} requirements with ${ordinary.probes} probes done for real`,
    );
    line("factor", (ordinary.ms / run).toFixed(1), "aim: at least 10");
    if (!record) return;
    const { engine } = results;
    await recordFigures({
      day: results.startedAt.slice(0, 10),
      version: await versionHere(),
      machine: `${engine?.cpus} CPUs, ${Math.round((engine?.memoryBytes ?? 0) / 1e9)} GB`,
      engine: engine?.version ?? "",
      requirements: results.counts.pass + results.counts.fail,
      runMs: run,
      replayMs,
      ordinaryMs: ordinary.ms,
      calls: calls.length,
      phases,
      kinds,
    });
  } finally {
    await sweep(connection.docker, { only: runId });
    await rm(folder, { recursive: true, force: true });
  }
}

async function runOnce(folder: string, env: Readonly<Record<string, string>>): Promise<Results> {
  const { execa } = await import("execa");
  const { exitCode } = await execa(process.execPath, [join(PROJECT_ROOT, `helpers/commands/dnc${CODE}`), "test"], {
    env: { ...env, DNC_REPORTS: folder },
    reject: false,
  });
  const results = await readResults(join(folder, "results.json"));
  if (results !== null && results.requirements.length > 0) return results;
  throw new UserError({
    tried: "Running everything once",
    seen: `no results (exit code ${exitCode})`,
    todo: "See npm test",
  });
}

function isDenial(probe: ReportedProbe): boolean {
  return probe.role === "probe" && (probe.timedOut || (probe.ms >= 900 && probe.exitCode !== 0));
}

/** This checkout's commit, which says more than the version between two releases. */
async function versionHere(): Promise<string> {
  const { execa } = await import("execa");
  const { exitCode, stdout } = await execa("git", ["rev-parse", "--short=10", "HEAD"], {
    cwd: PROJECT_ROOT,
    reject: false,
  });
  return exitCode === 0 ? stdout : suiteVersion();
}

async function recordFigures(figures: Figures): Promise<void> {
  const file = join(PROJECT_ROOT, PAGE);
  await writeFile(file, withMeasurement(await readFile(file, "utf8"), figures));
  console.log(`\n${PAGE} has this measurement now`);
}

function line(label: string, value: string, note = ""): void {
  console.log(`${label.padEnd(22)} ${value.padStart(8)}  ${note}`.trimEnd());
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

export const command = defineCommand({
  usage: "npm run bench -- [[--full] [--record] | --workloads [--engine 28.5]]",
  about: ABOUT,
  options: {
    full: { type: "boolean" },
    record: { type: "boolean" },
    workloads: { type: "boolean" },
    engine: { type: "string" },
  },
  takesWords: false,
  run: async ({ full, record, workloads, engine }) => await (workloads ? benchWorkloads(engine) : bench(full, record)),
});
