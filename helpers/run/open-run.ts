import { CLAIM_IDS } from "../audits/claims.ts";
import { type LivingHostFacts, livingHost } from "../audits/living-host.ts";
import { judgeLiving } from "../audits/look-twice.ts";
import { applyToProcess } from "../engine/apply-to-process.ts";
import { connect, type EngineConnection } from "../engine/connect.ts";
import { explainFailure } from "../engine/connect-failure.ts";
import { dockerErrorOf, messageOf } from "../engine/docker-error.ts";
import { findImages } from "../engine/images.ts";
import { newRunId } from "../engine/run-identity.ts";
import {
  ALLOW_FORWARDING_VARIABLE,
  DISPOSABLE_VARIABLE,
  LAB_HOST_VARIABLE,
  LAB_VERSION_VARIABLE,
} from "../engine/second-engine.ts";
import { sweep } from "../engine/sweep.ts";
import { tellUnanswered } from "../engine/unanswered.ts";
import { switchedByNetworks } from "../expectations/engine-switches.ts";
import { PARENT_VARIABLE } from "../expectations/macvlan-parent.ts";
import { type ActivityWatch, watchActivity } from "../host/activity.ts";
import { takeFingerprint } from "../host/fingerprint.ts";
import { gatherFacts } from "../host/gather-facts.ts";
import { hostNotes, poolsTooSmall } from "../host/host-notes.ts";
import { takeHostState } from "../host/host-state.ts";
import { networksInUse } from "../host/networks-in-use.ts";
import { leftByRefusals, removeLeft } from "../host/refused-networks.ts";
import { judgeResidue } from "../host/residue.ts";
import { takeStanding } from "../host/standing.ts";
import type { Facts } from "../model/facts.ts";
import type { Note } from "../model/note.ts";
import type { Residue } from "../model/results.ts";
import { isKeepWanted, isSelected } from "../model/selection.ts";
import { subjectText } from "../model/subject.ts";
import { readWaivers } from "../report/waivers.ts";
import { livingMap } from "../report/workloads.ts";
import { assertWritable } from "../report/write-files.ts";
import { setAside } from "../report/write-results.ts";
import type { ProvidedRun } from "../requirement/provided.ts";
import { sweepTracing } from "../trace/index.ts";
import { HostView } from "../vantage/host-view.ts";
import { whyNoView } from "../vantage/why-no-view.ts";
import { writtenSuites } from "./arguments.ts";
import { endEarly, Interrupted, waiversFile } from "./close-run.ts";
import { beginNoMore } from "./cut-short.ts";
import { within } from "./deadline.ts";
import { endRunWhereEngineHangs } from "./engine-hang.ts";
import { poolDemand } from "./pool-demand.ts";
import { reportsFolder } from "./reports-folder.ts";
import { openSecondHost } from "./second-host.ts";
import { readSettings, trySettings, unknownSettings } from "./settings.ts";
import { type CleanedUp, type RunState, shared } from "./state.ts";

/** How long the engine may take for everything at the end of a run. */
const CLEANUP_MS = 60_000;
/** How long an engine may be silent before it counts as lost. */
const ANSWER_MS = 15_000;
/** How long the host may take to look as it did before. */
const SETTLE_MS = 5000;

/**
 * What the engine will not remove of an earlier run keeps no other run from beginning: an engine that counts a use of a
 * network that is gone never lets go of it (seen on 20.10). The run's own subnets and names are others.
 */
function tellLeftovers(error: unknown): void {
  if (dockerErrorOf(error) === null) throw error;
  process.stderr.write(`\nLeft by an earlier run, and not removed: ${messageOf(error)}\n`);
}

/**
 * Opens the run: reaches the engine, removes what killed runs left behind, takes the lease, gathers the facts and
 * remembers the host's state. Ends the process with one message when that can't be done, or when a signal came meanwhile.
 */
export async function openRun(): Promise<ProvidedRun> {
  const state = shared();
  state.opening ??= opened();
  return await state.opening;
}

async function opened(): Promise<ProvidedRun> {
  const state = shared();
  try {
    const { run, provided } = await open();
    state.run = run;
    state.presses = provided.presses;
    if (state.interruptedBy === undefined) return provided;
  } catch (error) {
    if (state.interruptedBy === undefined) return await endEarly(error);
  }
  return await endEarly(new Interrupted(state.interruptedBy));
}

async function open(): Promise<{ run: RunState; provided: ProvidedRun }> {
  const startedAt = new Date();
  await readSettings();
  await assertWritable(reportsFolder());
  await setAside(reportsFolder());
  const waivers = await readWaivers(waiversFile(), writtenSuites().ids);
  const connection = await connect();
  applyToProcess(connection);
  const { docker } = connection;
  tellUnanswered(connection.way);
  let looking: HostView | null = null;
  endRunWhereEngineHangs(() => looking);
  const [images] = await Promise.all([findImages(docker), sweep(docker).catch(tellLeftovers)]);
  const runId = newRunId();
  const { engine } = connection;
  await trySettings({ docker, engine });
  const lease = await takeLease(connection, images.busybox.reference, runId);
  looking = lease.view;
  const [gathered, standing, hostState, before, watch, second, networks] = await Promise.all([
    gatherFacts(docker, lease.view, lease.missing),
    lease.view === null ? null : takeStanding(lease.view),
    lease.view === null ? null : takeHostState(lease.view),
    takeFingerprint(docker, lease.view),
    watchActivity(docker, runId, endWithEngine),
    openSecondHost(runId, { docker, engine }),
    networksInUse(docker),
    lease.view === null ? [] : sweepTracing(lease.view),
  ]);
  // Before the run has anything of its own here: a new network alone puts many of the engine's rules back.
  const { living, livingMissing, livingMap: map } = await livingOf(docker, gathered, lease.view);
  await trySettings({ docker, engine, facts: gathered }, { [PARENT_VARIABLE]: process.env[PARENT_VARIABLE] });
  const inUse = { busybox: images.busybox.reference, nginx: images.nginx.reference };
  // testcontainers comes with it, and reads what its user has told docker's clients as soon as it is imported.
  const { withAdmission } = await import("./measure-admission.ts");
  const facts: Facts = {
    ...(await withAdmission(gathered, lease.view, { docker, runId, images: inUse })),
    ...(process.env[DISPOSABLE_VARIABLE] === "1" ? { disposable: true } : {}),
    ...(process.env[ALLOW_FORWARDING_VARIABLE] === "1" ? { allowsForwarding: true } : {}),
    ...(second === null ? {} : { secondHost: second.facts }),
    ...labFromEnvironment(),
  };
  const look = { facts, standing, networks, demand: poolDemand(isSelected) };
  const tooSmall = poolsTooSmall(look);
  if (tooSmall !== null) process.stderr.write(`\n${tooSmall.what}\n  → ${tooSmall.todo}\n\n`);
  let cleaning: Promise<CleanedUp> | undefined;
  const run: RunState = {
    runId,
    startedAt,
    connection,
    facts,
    standing,
    hostState,
    livingMap: map,
    images: (["busybox", "nginx"] as const).map((role) => ({ role, ...images[role] })),
    waivers,
    notes: [...hostNotes(look), ...unknownSettings(), ...(living?.notes ?? []), ...changedNote(living)],
    async disturbances() {
      const { hang } = shared();
      // One that hangs has not gone: nobody waits for it to come back.
      if (hang === undefined) await watch.settle();
      return [...(hang === undefined ? [] : [hang]), ...watch.seen().disturbances];
    },
    cleanUp() {
      const all = async () => {
        await second?.cleanUp();
        return await cleanUp(connection, runId, facts, lease.view, before, watch);
      };
      const patience = shared().hang === undefined ? CLEANUP_MS : ANSWER_MS;
      cleaning ??= within(patience, "cleaning up", all()).then(
        (residue) => ({ residue, problem: null }),
        (error: unknown) => ({
          residue: {
            state: "unknown",
            items: ["the engine could not be cleaned, nor the host compared with its state before"],
          },
          problem: `the engine could not be cleaned (npm run clean does it later): ${explain(connection, error)}`,
        }),
      );
      return cleaning;
    },
  };
  return {
    run,
    provided: {
      runId,
      facts,
      images: inUse,
      living,
      livingMissing,
      followed: new Int32Array(new SharedArrayBuffer(4)),
      presses: isKeepWanted() ? new Int32Array(new SharedArrayBuffer(4)) : null,
    },
  };
}

/** Hundreds of checks that each find no engine tell nothing more than the first. */
function endWithEngine(): void {
  const state = shared();
  state.engineGone = true;
  process.stderr.write("\nThe engine went away: no further check is begun.\n");
  beginNoMore();
}

/** What runs here already, where requirements about it are asked for. */
async function livingOf(
  docker: EngineConnection["docker"],
  facts: Facts,
  host: HostView | null,
): Promise<Pick<ProvidedRun, "living" | "livingMissing"> & Pick<RunState, "livingMap">> {
  if (host === null || facts.host === null || !CLAIM_IDS.some((id) => isSelected(id)))
    return { living: null, livingMap: null, livingMissing: "the host's own view is not available" };
  try {
    const judged = await judgeLiving({ docker, facts, host });
    return { living: livingHost(judged), livingMap: livingMap(judged), livingMissing: "" };
  } catch (error) {
    return {
      living: null,
      livingMap: null,
      livingMissing: `what runs here could not be looked at: ${messageOf(error)}`,
    };
  }
}

function changedNote(living: LivingHostFacts | null): Note[] {
  if (living === null || living.changed.length === 0) return [];
  return [
    {
      key: "living-changed",
      what: `The engine changed these while they were looked at, so they are not judged: ${[...new Set(living.changed.map(({ subject }) => subjectText(subject)))].join(", ")}.`,
      todo: "Judge again: `npm run workloads`.",
      subjects: [],
    },
  ];
}

function labFromEnvironment(env: NodeJS.ProcessEnv = process.env): Pick<Facts, "lab"> {
  const { [LAB_HOST_VARIABLE]: dockerHost, [LAB_VERSION_VARIABLE]: version } = env;
  return dockerHost === undefined || version === undefined ? {} : { lab: { dockerHost, version } };
}

function explain({ endpoint }: EngineConnection, error: unknown): string {
  const known = dockerErrorOf(error);
  if (known === null) return messageOf(error);
  // It answered before, so what has answered is an engine.
  if (known.statusCode !== undefined) return `the engine answered ${known.statusCode}: ${known.message}`;
  return explainFailure(endpoint, error).seen;
}

/**
 * The lease is the host's view: one container for both. Where the host can't be looked at (rootless or a user namespace
 * without host access), the run goes on without; then the host's rows are not run.
 */
async function takeLease(
  connection: EngineConnection,
  image: string,
  runId: string,
): Promise<{ view: HostView | null; missing: string }> {
  try {
    return { view: await HostView.open(connection.docker, image, runId, "lease", "looks", "lease"), missing: "" };
  } catch (error) {
    return { view: null, missing: whyNoView(error) };
  }
}

/** Everything but the lease goes, then the host is compared with its state at the start, then the lease goes. */
async function cleanUp(
  { docker }: EngineConnection,
  runId: string,
  facts: Facts,
  view: HostView | null,
  before: Awaited<ReturnType<typeof takeFingerprint>>,
  watch: ActivityWatch,
): Promise<Residue> {
  let residue: Residue;
  await within(ANSWER_MS, "an answer of the engine", docker.ping());
  if (watch.seen().disturbances.some(({ kind }) => kind === "engine went away")) {
    // With the engine went the container that looks at the host, and what an engine's start changes is not ours.
    await sweep(docker, { only: runId });
    watch.stop();
    return { state: "unknown", items: ["the engine went away meanwhile, which changes a host by itself"] };
  }
  // The kernel takes links and namespaces away a moment after the engine has answered, and an interrupted check may
  // have had a container under way: watch until all are gone.
  for (const deadline = performance.now() + SETTLE_MS; ; ) {
    await sweep(docker, { only: runId, keepLease: true });
    let after = await takeFingerprint(docker, view);
    const { foreign, own } = watch.seen();
    // Where others made networks meanwhile, a bridge of none may be theirs.
    const left = view === null || foreign ? [] : leftByRefusals(before, after);
    if (view !== null && left.length > 0) {
      await removeLeft(view, left);
      after = await takeFingerprint(docker, view);
    }
    const seen = view !== null && facts.host !== null;
    residue = judgeResidue(before, after, new Set([runId, ...own]), foreign, seen, {
      switched: switchedByNetworks(facts),
      bridge: facts.defaultBridge?.device,
    });
    if (residue.state !== "left" || performance.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  watch.stop();
  await view?.close();
  return residue;
}
