import type { Card } from "./cause.ts";
import type { FileProblem } from "./configuration-facts.ts";
import type { Consulted } from "./consulted.ts";
import type { Disturbance } from "./disturbance.ts";
import type { Evidence } from "./evidence.ts";
import type { Explanation } from "./explanation.ts";
import type { History } from "./history.ts";
import type { HostState } from "./host-state.ts";
import type { LivingMap } from "./living-map.ts";
import type { Note } from "./note.ts";
import type { Expected } from "./outcome.ts";
import type { RunVerdict } from "./run-verdict.ts";
import type { Site } from "./site.ts";
import type { Difference, Source } from "./source.ts";
import type { Deployed } from "./subject.ts";
import type { Walk } from "./walk.ts";

/** Version of the shape of `results.json`; raised on every incompatible change. */
export const SCHEMA_VERSION = 1;

export type Verdict = "pass" | "fail" | "error" | "not applicable" | "not run" | "waived";

/** A probe as it stands in the report. */
export interface ReportedProbe extends Evidence {
  /** What the probe was for: the question itself, or the positive control of a denial. */
  readonly role: "probe" | "control";
  /** What had to come of it; missing where the check reads the answer by rules of its own. */
  readonly expected?: Expected;
}

/** One requirement as the catalogue prints it. */
export interface CatalogueEntry {
  readonly id: string;
  readonly must: string;
  readonly sources: readonly Source[];
  /** Documents that say otherwise; missing where none does. */
  readonly differs?: readonly Difference[];
  readonly suite: string;
  readonly file: string;
  readonly tags: readonly string[];
  /** The engines and configurations for which the requirement holds, in words; "every engine" by default. */
  readonly appliesTo: string;
  /** Capabilities without which it is not run (`host view`, `macvlan`, `second host`…). */
  readonly needs: readonly string[];
}

/** What a requirement shows beside its verdict, also when it passes: the table is the explanation. */
export interface ReportedTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What became of a requirement beside its verdict: the same from the check to the report. */
export interface Judgement {
  /** Why it failed, could not be measured, does not apply or was not run; empty on pass. */
  readonly reason: string;
  readonly expected?: string;
  readonly observed?: string;
  /** The causes that fit, as one text. */
  readonly likelyCause?: string;
  /** Of a failure about what runs on the host already: the containers, networks and ports that it is about. */
  readonly about?: readonly Deployed[];
  /** Of a failure that was looked into: what may explain it, on which ways, and what could not be read. */
  readonly explanation?: Explanation;
  readonly table?: ReportedTable;
  /** What it was judged by, beside what was observed; missing where nothing was. */
  readonly consulted?: Consulted;
}

export interface RequirementResult extends CatalogueEntry, Judgement {
  readonly verdict: Verdict;
  /** A script of plain docker commands that shows it, as a path in the reports' folder, or why there is none; missing where none was asked for. */
  readonly reproduction?: { readonly file: string } | { readonly why: string };
  /** The way of its packet that was sent again, or of a healthy one where that was asked for; missing where none was followed. */
  readonly walk?: Walk;
  /** Something from outside came over it (`disturbances` of the run): an error that says nothing about the engine. */
  readonly disturbed?: boolean;
  readonly durationMs: number;
  readonly probes: readonly ReportedProbe[];
}

export type Counts = Record<Verdict, number>;

export interface Residue {
  /** `clean`: nothing left; `left`: something of ours stayed; `unknown`: the host's view was not available. */
  readonly state: "clean" | "left" | "unknown";
  /** One line per thing left or changed, in words. */
  readonly items: readonly string[];
}

export interface EngineFactsReport {
  readonly id: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly endpoint: string;
  readonly os: string;
  readonly kernel: string;
  readonly architecture: string;
  readonly firewallBackend: string;
  readonly rootless: boolean;
  readonly hostname: string;
  readonly cpus: number;
  readonly memoryBytes: number;
}

/** The file that this dockerd reads, without its text. */
export interface ConfigurationFileReport {
  readonly path: string;
  readonly present: boolean;
  /** ISO 8601; null where there is no file. */
  readonly modifiedAt: string | null;
  readonly changedAt: string | null;
  readonly dockerdStartedAt: string | null;
  readonly problems: readonly FileProblem[];
}

/** One networking key: what is asked for, from where, and what the engine tells. */
export interface ConfiguredKeyReport {
  /** Missing where neither file nor flag sets it. */
  readonly claimed?: unknown;
  readonly origin: "file" | "flag" | "default";
  /** Missing where no answer of the engine's shows it; null where the engine says that it has none. */
  readonly effective?: unknown;
}

export interface ImageReport {
  readonly role: "busybox" | "nginx";
  readonly reference: string;
  readonly id: string;
  /** Which way the image came: already on the engine, pulled, or assembled from the distribution's packages. */
  readonly origin: "present" | "pulled" | "assembled" | "unknown";
}

export interface Results {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly suiteVersion: string;
  readonly runId: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly verdict: RunVerdict;
  /** The verdict as one sentence for people. */
  readonly summary: string;
  readonly exitCode: 0 | 1 | 2;
  readonly counts: Counts;
  /** Requirements that were asked for and that only a lab can show (`npm run test:lab`): no part of this run. */
  readonly onlyInLab: number;
  /** What the user asked for: suites, ids, tags; empty = everything. */
  readonly selection: readonly string[];
  /** Of `--quick`: how many of the known faults that strike a whole host its requirements see; missing for other runs. */
  readonly quick?: { readonly faults: number; readonly caught: number };
  readonly engine: EngineFactsReport | null;
  /** Networking keys of daemon.json merged with dockerd's flags; secrets and registry names removed. */
  readonly configuration: Readonly<Record<string, unknown>> | null;
  /** What the host was like, by name, for the comparison with another run; absent where it was never learnt. */
  readonly facts?: Readonly<Record<string, string>>;
  /** The host when the run began, line by line; missing where it could not be looked at. */
  readonly hostState?: HostState;
  /** What ran on the host already when the run began; missing where that was not asked for or could not be looked at. */
  readonly living?: LivingMap;
  /** What the suites had on the engine themselves, file by file; missing in results that no run of suites wrote. */
  readonly sites?: readonly Site[];
  /** Null or missing where the host could not be looked at. */
  readonly configurationFile?: ConfigurationFileReport | null;
  /** Every networking key that is set or that the engine tells. */
  readonly configurationKeys?: Readonly<Record<string, ConfiguredKeyReport>>;
  readonly images: readonly ImageReport[];
  /** What the engine's earlier runs say of this one; missing where no history is kept. */
  readonly history?: History;
  /** All failures of one cause are one card, the one that explains most first. Empty when nothing failed. */
  readonly cards: readonly Card[];
  /** To be said beside the cards: a file that dockerd may not have read (where something failed), waivers that ran out. */
  readonly findings: readonly string[];
  /** Worth knowing and no failure: they change neither verdict nor exit code. In the order of their keys, each key once. */
  readonly notes: readonly Note[];
  readonly residue: Residue;
  /** What happened to the run from outside. */
  readonly disturbances: readonly Disturbance[];
  /** Problems outside any requirement: a file that could not be loaded, an engine that could not be cleaned. */
  readonly errors: readonly string[];
  readonly requirements: readonly RequirementResult[];
}
