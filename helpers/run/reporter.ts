import { basename, dirname, relative } from "node:path";
import type { Reporter, SerializedError, TestCase, TestModule, TestSpecification, Vitest } from "vitest/node";
import { EXIT } from "../engine/errors.ts";
import { dataWithoutCredentials } from "../model/credentials.ts";
import type { Note } from "../model/note.ts";
import type { RequirementResult, Results, Verdict } from "../model/results.ts";
import type { RunDiff } from "../model/run-diff.ts";
import { isSelected as isAskedFor, isJsonWanted, SELECTION_VARIABLE, selectionOf } from "../model/selection.ts";
import type { Site } from "../model/site.ts";
import { PROJECT_ROOT } from "../project-root.ts";
import { knowsSequences, wantsColour } from "../report/colour.ts";
import { formatSummary } from "../report/console.ts";
import { renderMarkdownSummary } from "../report/markdown-summary.ts";
import { printUserError } from "../report/print-error.ts";
import { formatProgress, type Progress, progressIsDue } from "../report/progress.ts";
import { scriptPath, walkPath } from "../report/report-paths.ts";
import type { Reproduction, RequirementMeta } from "../report/task-meta.ts";
import type { Check } from "./attribute.ts";
import { catalogue } from "./catalogue-index.ts";
import { closeRun } from "./close-run.ts";
import { beginNoMore } from "./cut-short.ts";
import { endWith } from "./exit-code.ts";
import { tellStep } from "./github-actions.ts";
import { publish } from "./publish.ts";
import { reportsFolder } from "./reports-folder.ts";
import { onSignal } from "./signals.ts";
import { shared } from "./state.ts";
import { listenForKeys, standingText } from "./wait-for-key.ts";

/**
 * Vitest's side of the reports: collects each requirement's outcome from its test, and at the end of the run has the
 * engine cleaned, the host compared with before, the reports written and the exit code set.
 */
export class ConformanceReporter implements Reporter {
  readonly #checks = new Map<string, Check>();
  readonly #running = new Set<string>();
  /** Tests whose outcome is known, by vitest's id. */
  readonly #taken = new Set<string>();
  readonly #notes: Note[] = [];
  /** Scripts that show requirements without us, and walks of packets, by their paths in the reports' folder. */
  readonly #beside = new Map<string, string>();
  readonly #problems: string[] = [];
  /** What the suites had on the engine, by file. */
  readonly #sites = new Map<string, Site>();
  #onlyInLab = 0;
  /** Checks of the files that were collected so far. */
  #collected = 0;
  /** Checks that these files have by the index: known before the first is collected. */
  #expected = 0;
  #shown = 0;
  #modules: readonly TestModule[] = [];
  #finished: Promise<void> | undefined;

  onInit(vitest: Vitest): void {
    this.#modules = [];
    shared().running = {
      vitest,
      finish: async () => {
        this.#modules = vitest.state.getTestModules();
        await this.#finish([]);
      },
    };
    onSignal();
  }

  onTestRunStart(specifications: ReadonlyArray<TestSpecification>): void {
    if (shared().engineGone) beginNoMore();
    this.#checks.clear();
    this.#taken.clear();
    this.#notes.length = 0;
    this.#beside.clear();
    this.#problems.length = 0;
    this.#sites.clear();
    this.#onlyInLab = 0;
    this.#collected = 0;
    const files = new Set(specifications.map(({ moduleId }) => relative(PROJECT_ROOT, moduleId)));
    this.#expected = catalogue().filter(({ id, file }) => files.has(file) && isAskedFor(id)).length;
  }

  onTestModuleCollected(module: TestModule): void {
    for (const test of module.children.allTests()) if (isSelected(test)) this.#collected++;
  }

  onTestModuleStart(module: TestModule): void {
    this.#running.add(suiteOf(module));
  }

  onTestModuleEnd(module: TestModule): void {
    this.#running.delete(suiteOf(module));
    for (const error of module.errors()) this.#problems.push(`${module.relativeModuleId}: ${error.message}`);
  }

  onTestCaseResult(test: TestCase): void {
    if (!this.#take(test)) return;
    this.#tellStanding(test);
    const done = this.#taken.size;
    if (knowsSequences(process.stderr, process.env))
      process.stderr.write(`\r\x1b[2K${formatProgress(this.#progress(), process.stderr.columns ?? 80)}`);
    else if (process.env.CI !== undefined && progressIsDue(this.#shown, done, this.#progress().total))
      process.stderr.write(`${formatProgress(this.#progress())}\n`);
    this.#shown = done;
  }

  #progress(): Progress {
    const bad = [...this.#checks.values()].filter(
      ({ result }) => result.verdict === "fail" || result.verdict === "error",
    );
    return {
      done: this.#taken.size,
      total: Math.max(this.#expected, this.#collected),
      failed: bad.length,
      running: [...this.#running],
    };
  }

  /** What a failure was judged on waits in its worker for a key. */
  #tellStanding(test: TestCase): void {
    const { requirement, outcome } = test.meta();
    const { presses } = shared();
    if (outcome?.standing === undefined || presses == null) return;
    process.stderr.write(standingText(requirement?.id ?? "", outcome.standing));
    listenForKeys(presses);
  }

  async onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<SerializedError>): Promise<void> {
    this.#modules = modules;
    await this.#finish(errors.map((error) => error.message ?? "an error outside any test"));
  }

  async #finish(errors: readonly string[]): Promise<void> {
    this.#finished ??= this.#close(errors);
    await this.#finished;
  }

  async #close(errors: readonly string[]): Promise<void> {
    if (knowsSequences(process.stderr, process.env)) process.stderr.write("\r\x1b[2K");
    // After a signal there are checks that never began: they stand in the report too.
    for (const module of this.#modules) for (const test of module.children.allTests()) this.#take(test);
    process.env[SELECTION_VARIABLE] ??= this.#chosen().join(" ");
    const checks = [...this.#checks.values()].toSorted((a, b) =>
      a.result.id.localeCompare(b.result.id, "en", { numeric: true }),
    );
    await this.#tell(
      await closeRun({
        checks,
        notes: this.#notes,
        onlyInLab: this.#onlyInLab,
        sites: [...this.#sites.values()],
        problems: [...this.#problems, ...errors],
      }),
    );
  }

  /** What `npx vitest` or an editor chose with words of its own. */
  #chosen(): string[] {
    const asked = this.#modules
      .flatMap((module) => [...module.children.allTests()])
      .flatMap((test) => (this.#taken.has(test.id) ? [test.meta().requirement?.id ?? ""] : []));
    return selectionOf(
      asked,
      catalogue().map(({ id }) => id),
    );
  }

  #take(test: TestCase): boolean {
    const check = toCheck(test);
    if (check === null || this.#taken.has(test.id)) return false;
    this.#taken.add(test.id);
    if (check === "only in a lab") this.#onlyInLab++;
    else this.#checks.set(`${check.result.file}:${check.result.id}`, check);
    const { notes = [], reproduction, walk, site } = test.meta().outcome ?? {};
    this.#notes.push(...notes);
    if (site !== undefined) this.#addSite(site, test.module.relativeModuleId);
    if (check === "only in a lab") return true;
    const { id } = check.result;
    if (reproduction !== undefined && "script" in reproduction) this.#beside.set(scriptPath(id), reproduction.script);
    if (walk !== undefined)
      this.#beside.set(walkPath(id), `${JSON.stringify(dataWithoutCredentials(walk), null, 2)}\n`);
    return true;
  }

  #addSite({ networks, containers }: Omit<Site, "file">, file: string): void {
    const known = this.#sites.get(file) ?? { file, networks: [], containers: [] };
    this.#sites.set(file, {
      file,
      networks: [...known.networks, ...networks],
      containers: [...known.containers, ...containers],
    });
  }

  async #tell(judged: Results): Promise<void> {
    const colour = wantsColour(process.stdout, process.env);
    const width = process.stdout.columns ?? 100;
    // A program that reads it is told the same by the data.
    const tell = (text: string) => isJsonWanted() || process.stdout.write(text);
    const folder = reportsFolder();
    let { exitCode }: { exitCode: number } = judged;
    let results = judged;
    let changes: RunDiff | null = null;
    try {
      ({ results, changes } = await publish(judged, this.#beside));
      tell(formatSummary(results, { width, colour, reportsFolder: folder, changes }));
    } catch (error) {
      // Whoever reads the reports has none of this run: that is no success, whatever was seen.
      exitCode = EXIT.notJudged;
      tell(formatSummary(results, { width, colour, unwritten: true }));
      printUserError(error);
    }
    if (isJsonWanted()) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
    tellStep([{ name: "", results }], renderMarkdownSummary(results, changes));
    // Vitest sets 1 for every failed test; 2 must stand out. The process still waits for vitest to close.
    endWith(exitCode);
  }
}

function isSelected(test: TestCase): boolean {
  return test.meta().requirement !== undefined && test.options.mode !== "skip";
}

function suiteOf(module: TestModule): string {
  return basename(dirname(module.moduleId));
}

/** Null for tests that a filter left out. */
function toCheck(test: TestCase): Check | "only in a lab" | null {
  const { requirement, outcome } = test.meta();
  if (requirement === undefined) return null;
  const result = test.result();
  const cutShort = whyCutShort();
  if (outcome === undefined && cutShort === null && result.state === "skipped") return null;
  const base = { ...entryOf(requirement, test.module), durationMs: Math.round(test.diagnostic()?.duration ?? 0) };
  const without = (verdict: Verdict, reason: string): Check => ({
    result: { ...base, verdict, reason, probes: [] },
    endedAt: Date.now(),
    uses: [],
  });
  if (outcome === undefined) {
    if (cutShort !== null) return without("not run", cutShort);
    const said =
      result.errors?.map((error) => error.message.split("\n", 1)[0]).join("; ") ?? "it ended without a verdict";
    return without("error", said);
  }
  const { notes: _ofTheRun, site: _shared, endedAt, uses, verdict, reproduction, standing: _told, ...judged } = outcome;
  if (verdict === "only in a lab") return verdict;
  return { result: { ...base, ...judged, verdict, ...reported(base.id, reproduction) }, endedAt, uses };
}

/** The script itself goes into a file of its own. */
function reported(id: string, reproduction: Reproduction | undefined): Pick<RequirementResult, "reproduction"> {
  if (reproduction === undefined) return {};
  return { reproduction: "script" in reproduction ? { file: scriptPath(id) } : reproduction };
}

/** Why checks never began; null where the run went to its end. */
function whyCutShort(): string | null {
  const { interruptedBy, engineGone, hang } = shared();
  if (interruptedBy !== undefined) return `the run was interrupted by ${interruptedBy}`;
  if (hang !== undefined) return "the run ended when the engine hung";
  return engineGone ? "the run ended when the engine went away" : null;
}

/** A requirement as the catalogue has it. */
export function entryOf(
  requirement: RequirementMeta,
  module: TestModule,
): Omit<RequirementResult, "verdict" | "reason" | "durationMs" | "probes"> {
  return { ...requirement, suite: suiteOf(module), file: module.relativeModuleId };
}
