import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Vitest } from "vitest/node";
import { applyToProcess, assertSameEngine } from "../engine/apply-to-process.ts";
import { connect, type EngineConnection } from "../engine/connect.ts";
import type { Facts } from "../engine/facts.ts";
import { findImages } from "../engine/images.ts";
import { newRunId } from "../engine/run-identity.ts";
import { sweep } from "../engine/sweep.ts";
import { findings } from "../host/findings.ts";
import { takeFingerprint } from "../host/fingerprint.ts";
import { gatherFacts } from "../host/gather-facts.ts";
import { type Activity, judgeResidue, watchActivity } from "../host/residue.ts";
import type { Residue } from "../report/results.ts";
import { readWaivers } from "../report/waivers.ts";
import { assertWritable } from "../report/write-results.ts";
import { HostView } from "../vantage/host-view.ts";
import { endEarly, waiversFile } from "./close-run.ts";
import { reportsFolder } from "./reports-folder.ts";
import { onSignal } from "./signals.ts";
import { runState, setRunState } from "./state.ts";
import type { ProvidedRun } from "./provided.ts";

let opened: Promise<ProvidedRun> | undefined;

/**
 * Opens the run once: reaches the engine, removes what killed runs left behind, takes the lease, gathers the facts and
 * remembers the host's state. Ends the process with one message when that can't be done.
 */
export async function openRun(vitest: Vitest): Promise<ProvidedRun> {
  opened ??= open(vitest).catch((error: unknown) => endEarly(error));
  return await opened;
}

async function open(vitest: Vitest): Promise<ProvidedRun> {
  const startedAt = new Date();
  await assertWritable(reportsFolder());
  const waivers = await readWaivers(waiversFile());
  const connection = await connect();
  applyToProcess(connection);
  const { docker } = connection;
  const [images] = await Promise.all([findImages(docker), sameEngine(connection), sweep(docker)]);
  const runId = newRunId();
  const lease = await takeLease(connection, images.busybox.reference, runId);
  const [facts, before, watch] = await Promise.all([
    gatherFacts(docker, lease.view, lease.missing),
    takeFingerprint(docker, lease.view),
    watchActivity(docker),
  ]);
  let cleaning: Promise<Residue> | undefined;
  setRunState({
    runId,
    startedAt,
    connection,
    facts,
    images: (["busybox", "nginx"] as const).map((role) => ({ role, ...images[role] })),
    waivers,
    interruptedBy: undefined,
    cleanUp() {
      cleaning ??= cleanUp(connection, runId, facts, lease.view, before, watch);
      return cleaning;
    },
    diagnose: async () => (lease.view === null ? [] : await findings(lease.view, facts)),
  });
  onSignal(vitest, () => runState());
  return { runId, facts, images: { busybox: images.busybox.reference, nginx: images.nginx.reference } };
}

/** Only a properties file can make testcontainers prefer another engine than the environment's; comparing costs its import. */
async function sameEngine(connection: EngineConnection): Promise<void> {
  if (existsSync(join(homedir(), ".testcontainers.properties"))) await assertSameEngine(connection);
}

/**
 * The lease is the host's view: one container for both. Where the host can't be looked at (rootless or a user namespace
 * without host access), the run goes on without; then the host's rows are not run.
 */
async function takeLease(connection: EngineConnection, image: string, runId: string): Promise<{ view: HostView | null; missing: string }> {
  try {
    return { view: await HostView.open(connection.docker, image, runId, "lease", "lease"), missing: "" };
  } catch (error) {
    return { view: null, missing: error instanceof Error ? error.message : String(error) };
  }
}

/** Everything but the lease goes, then the host is compared with its state at the start, then the lease goes. */
async function cleanUp(
  { docker }: EngineConnection,
  runId: string,
  facts: Facts,
  view: HostView | null,
  before: Awaited<ReturnType<typeof takeFingerprint>>,
  watch: { stop(): Activity },
): Promise<Residue> {
  await sweep(docker, { only: runId, keepLease: true });
  const { foreign, own } = watch.stop();
  let residue: Residue = { state: "unknown", items: [] };
  // The kernel takes links and namespaces away a moment after the engine has answered: watch until they are gone.
  for (const deadline = performance.now() + 5000; ; ) {
    const after = await takeFingerprint(docker, view);
    residue = judgeResidue(before, after, new Set([runId, ...own]), foreign, view !== null && facts.host !== null);
    if (residue.state !== "left" || performance.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await view?.close();
  return residue;
}

