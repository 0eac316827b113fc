import { resolve } from "node:path";
import { UserError } from "../engine/errors.ts";
import type { RequirementResult, Results } from "../report/results.ts";
import { SCHEMA_VERSION } from "../report/results.ts";
import { interruption, judgeRun } from "../report/verdict.ts";
import { applyWaivers } from "../report/waivers.ts";
import { writeReports } from "../report/write-results.ts";
import { reportsFolder } from "./reports-folder.ts";
import { selectionFromEnvironment } from "./selection.ts";
import { type RunState, runState } from "./state.ts";
import { suiteVersion } from "./suite-version.ts";

/** Deviations of this host that somebody accepted: `DNC_WAIVERS`, else `waivers.json` in the project. */
export function waiversFile(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env.DNC_WAIVERS ?? resolve(import.meta.dirname, "../../waivers.json"));
}

/** Cleans up, compares the host with its state before the run, and puts the results together. */
export async function closeRun(judged: readonly RequirementResult[], problems: readonly string[]): Promise<Results> {
  const run = runState();
  const { requirements, notes } = applyWaivers(judged, run?.waivers ?? [], new Date().toISOString().slice(0, 10));
  const broken = requirements.some((result) => result.verdict === "fail" || result.verdict === "error");
  const errors = [...(run?.interruptedBy === undefined ? [] : [interruption(run.interruptedBy)]), ...problems];
  // What the host looks like is asked before cleanup: afterwards our networks' bridges are gone.
  const findings = broken && run !== undefined ? await run.diagnose().catch(() => []) : [];
  const remarks = [...findings, ...notes];
  const residue = run === undefined ? { state: "unknown" as const, items: [] } : await run.cleanUp();
  await run?.connection.close();
  return assemble(run, requirements, remarks, residue, errors);
}

function assemble(
  run: RunState | undefined,
  requirements: readonly RequirementResult[],
  findings: readonly string[],
  residue: Results["residue"],
  errors: readonly string[],
): Results {
  const startedAt = run?.startedAt ?? new Date();
  const { verdict, exitCode, summary, counts } = judgeRun(requirements, residue, errors);
  const engine = run?.facts.engine;
  return {
    schemaVersion: SCHEMA_VERSION,
    suiteVersion: suiteVersion(),
    runId: run?.runId ?? "",
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    verdict,
    summary,
    exitCode,
    counts,
    selection: selectionFromEnvironment(),
    engine:
      engine === undefined
        ? null
        : {
            id: engine.id,
            version: engine.version,
            apiVersion: engine.apiVersion,
            endpoint: run?.connection.endpoint.url ?? "",
            os: engine.os,
            kernel: engine.kernel,
            architecture: engine.architecture,
            firewallBackend: engine.firewallBackend,
            rootless: engine.rootless,
            hostname: engine.hostname,
            cpus: engine.cpus,
            memoryBytes: engine.memoryBytes,
          },
    configuration: run === undefined ? null : { ...run.facts.configuration },
    images: run?.images ?? [],
    findings,
    residue,
    errors,
    requirements,
  };
}

/**
 * A run that could not begin: prints the one message, writes the reports (a dashboard must not take the last run's for
 * this one's), ends the process.
 */
export async function endEarly(error: unknown): Promise<never> {
  const message = error instanceof UserError ? `${error.tried}: ${error.seen}` : error instanceof Error ? error.message : String(error);
  const results = assemble(undefined, [], [], { state: "clean", items: [] }, [message]);
  printUserError(error);
  await writeReports(results, reportsFolder()).catch(() => undefined);
  process.exit(error instanceof UserError ? error.exitCode : results.exitCode);
}

/** What was tried, what was seen, what to do: three lines, never a stack trace. */
export function printUserError(error: unknown): void {
  if (error instanceof UserError) process.stderr.write(`\n${error.tried}\n  ${error.seen}\n  → ${error.todo}\n`);
  else process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
}
