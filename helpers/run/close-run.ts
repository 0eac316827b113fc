import { resolve } from "node:path";
import { cardsOf, type Explained } from "../cause/cards.ts";
import { fileInDoubt } from "../configuration/file-in-doubt.ts";
import { isNetworkKey, NETWORK_KEYS } from "../configuration/keys/index.ts";
import { messageOf } from "../engine/docker-error.ts";
import { EXIT, UserError } from "../engine/errors.ts";
import { dataWithoutCredentials } from "../model/credentials.ts";
import { type Disturbance, losesEngine } from "../model/disturbance.ts";
import type { Facts } from "../model/facts.ts";
import { type Note, uniqueNotes } from "../model/note.ts";
import type {
  ConfigurationFileReport,
  ConfiguredKeyReport,
  RequirementResult,
  Residue,
  Results,
} from "../model/results.ts";
import { SCHEMA_VERSION } from "../model/results.ts";
import { isCompleteWanted, isJsonWanted, isQuickWanted, selectionFromEnvironment } from "../model/selection.ts";
import type { Site } from "../model/site.ts";
import { USER_FOLDER } from "../project-root.ts";
import { hangRemedy } from "../report/disturbance-text.ts";
import { renderMarkdownSummary } from "../report/markdown-summary.ts";
import { printUserError } from "../report/print-error.ts";
import { runFacts } from "../report/run-facts.ts";
import { judgeRun } from "../report/verdict.ts";
import { applyWaivers } from "../report/waivers.ts";
import { attributed, type Check } from "./attribute.ts";
import { tellStep } from "./github-actions.ts";
import { publish } from "./publish.ts";
import { quickShare } from "./quick-index.ts";
import { type RunState, runState, shared } from "./state.ts";
import { suiteVersion } from "./suite-version.ts";

/** Deviations of this host that somebody accepted: `DNC_WAIVERS`, else `waivers.json` in the project. */
export function waiversFile(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env.DNC_WAIVERS?.trim() || resolve(USER_FOLDER, "waivers.json"));
}

const UNSEEN: Residue = { state: "unknown", items: [] };

/** What the checks of a run came to. */
interface JudgedChecks {
  readonly checks: readonly Check[];
  /** What they remarked; what the run itself noted of the host is added. */
  readonly notes: readonly Note[];
  /** How many were left to a lab. */
  readonly onlyInLab: number;
  /** What the suites had on the engine. */
  readonly sites: readonly Site[];
  /** What went wrong outside any of them. */
  readonly problems: readonly string[];
}

/**
 * Cleans up, compares the host with its state before the run, and puts the results together. Never rejects for what the
 * engine does.
 */
export async function closeRun({
  checks,
  notes: remarked,
  onlyInLab,
  sites,
  problems,
}: JudgedChecks): Promise<Results> {
  const run = runState();
  const { interruptedBy } = shared();
  const disturbances: readonly Disturbance[] = [
    ...(interruptedBy === undefined ? [] : [{ kind: "interrupted" as const, by: interruptedBy }]),
    ...((await run?.disturbances()) ?? []),
  ];
  const { requirements, notes: onWaivers } = applyWaivers(
    checks.map((check) => attributed(check, disturbances)),
    run?.waivers ?? [],
    new Date().toISOString().slice(0, 10),
  );
  const broken = requirements.some(
    ({ verdict, disturbed }) => (verdict === "fail" || verdict === "error") && disturbed !== true,
  );
  const findings = broken && run !== undefined ? fileInDoubt(run.facts) : [];
  const parts = {
    requirements,
    findings: [...findings, ...onWaivers],
    notes: [...disturbances.flatMap(hangNote), ...(run?.notes ?? []), ...remarked],
    onlyInLab,
    disturbances,
    sites: sites.toSorted((a, b) => a.file.localeCompare(b.file)),
  };
  if (run === undefined) return assemble(run, { ...parts, residue: UNSEEN, errors: problems });
  const { residue, problem } = await run.cleanUp();
  await run.connection.close().catch(() => undefined);
  // Suites that can't remove what they made are no news where the engine is lost: the run removes it, or says so.
  const others = disturbances.some(losesEngine) ? [] : problems;
  return assemble(run, { ...parts, residue, errors: problem === null ? others : [...others, problem] });
}

/** An engine that hangs does later, when nobody waits for it any more, what it was asked for. */
function hangNote(disturbance: Disturbance): Note[] {
  if (disturbance.kind !== "engine hangs") return [];
  return [
    {
      key: "engine-hangs",
      what: "An engine that hangs may still make what this run asked for, once it goes on.",
      todo: `${hangRemedy(disturbance)}: \`npm run clean\`, then \`npm test\`.`,
      subjects: [],
    },
  ];
}

function assemble(
  run: RunState | undefined,
  parts: Pick<
    Results,
    "requirements" | "findings" | "notes" | "onlyInLab" | "sites" | "residue" | "disturbances" | "errors"
  >,
): Results {
  const startedAt = run?.startedAt ?? new Date();
  const { verdict, exitCode, summary, counts } = judgeRun({ ...parts, complete: isCompleteWanted() });
  const engine = run?.facts.engine;
  const cards = cardsOf(failuresOf(parts.requirements));
  // Evidence holds what hosts, engines and files say, word by word: from here on it goes into every output.
  return dataWithoutCredentials({
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
    ...quickOf(engine?.version),
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
    ...(run === undefined ? {} : { facts: runFacts(run.facts, run.standing) }),
    ...(run?.hostState == null ? {} : { hostState: run.hostState }),
    ...(run?.livingMap == null ? {} : { living: run.livingMap }),
    configurationFile: configurationFileOf(run?.facts),
    configurationKeys: configurationKeysOf(run?.facts),
    images: run?.images ?? [],
    ...parts,
    cards,
    // What a card tells is told.
    notes: uniqueNotes(parts.notes).filter((note) => !cards.some(({ key }) => key === note.key)),
  });
}

/** What failed, with what may explain it; what somebody accepted needs no explanation. */
function failuresOf(requirements: readonly RequirementResult[]): Explained[] {
  return requirements
    .filter(({ verdict, disturbed }) => (verdict === "fail" || verdict === "error") && disturbed !== true)
    .map(({ id, explanation }) => ({ id, causes: explanation?.causes ?? [], ways: explanation?.ways ?? [] }));
}

function configurationFileOf(facts: Facts | undefined): ConfigurationFileReport | null {
  const file = facts?.configurationFile;
  return file === undefined ? null : { ...file, dockerdStartedAt: facts?.host?.dockerdStartedAt ?? null };
}

function configurationKeysOf(facts: Facts | undefined): Record<string, ConfiguredKeyReport> {
  const { claims = {}, effective = {} } = facts ?? {};
  const keys = Object.keys(NETWORK_KEYS).filter(isNetworkKey);
  const rows = keys.flatMap((key) => {
    const claim = claims[key];
    if (claim === undefined && effective[key] === undefined) return [];
    const row: ConfiguredKeyReport = {
      ...(claim === undefined ? {} : { claimed: claim.value }),
      origin: claim?.origin ?? "default",
      ...(effective[key] === undefined ? {} : { effective: effective[key] }),
    };
    return [[key, row] as const];
  });
  return Object.fromEntries(rows);
}

/** A signal came before the first check. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly signal: NodeJS.Signals;
  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

let ending: Promise<never> | undefined;

/**
 * A run that could not begin, or was interrupted before its first check: prints the one message, writes the reports (a
 * dashboard must not take the last run's for this one's), ends the process.
 */
export async function endEarly(error: unknown): Promise<never> {
  ending ??= end(error);
  return await ending;
}

async function end(error: unknown): Promise<never> {
  const message = error instanceof UserError ? `${error.tried}: ${error.seen}` : messageOf(error);
  printUserError(error);
  const run = runState();
  // Where no run was opened nothing was looked at: that is no clean host.
  const residue: Residue = run === undefined ? { state: "unknown", items: [] } : (await run.cleanUp()).residue;
  const notes = run?.notes ?? [];
  const results = assemble(run, {
    requirements: [],
    findings: [],
    notes,
    onlyInLab: 0,
    residue,
    ...(error instanceof Interrupted
      ? { disturbances: [{ kind: "interrupted", by: error.signal }], errors: [] }
      : { disturbances: [], errors: [message] }),
  });
  await publish(results).catch((unwritten: unknown) => {
    // A run that could not begin because its reports can't be written has said so.
    if (messageOf(unwritten) !== messageOf(error)) printUserError(unwritten);
  });
  if (isJsonWanted()) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  tellStep([{ name: "", results }], renderMarkdownSummary(results, null));
  process.exit(error instanceof UserError ? error.exitCode : EXIT.notJudged);
}

/** What a quick run would have seen of the known faults. @param version the engine's; undefined where there was none */
function quickOf(version: string | undefined): Pick<Results, "quick"> {
  const quick = isQuickWanted() && version !== undefined ? quickShare(version) : null;
  return quick === null ? {} : { quick };
}
