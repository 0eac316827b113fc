import { type Finding, namesText } from "../configuration/finding.ts";
import { EXIT, type ExitCode } from "../engine/errors.ts";
import type { FileProblem } from "../model/configuration-facts.ts";
import type { Counts, RequirementResult } from "../model/results.ts";
import type { RunVerdict } from "../model/run-verdict.ts";

/** Version of the shape of `rehearsal.json`; raised on every incompatible change. */
export const REHEARSAL_SCHEMA_VERSION = 1;

/** One step of a rehearsal. */
export interface RehearsalStep {
  readonly name: "file" | "validate" | "start" | "network" | "host";
  readonly state: "ok" | "failed" | "not done";
  /** One sentence. */
  readonly text: string;
}

/** What the conformance suites said about the disposable engine under the candidate. */
export interface RehearsedSuites {
  /** Words of `npm test -- …`; empty = everything. */
  readonly selection: readonly string[];
  readonly verdict: RunVerdict;
  readonly summary: string;
  readonly counts: Counts;
  /** Those that failed or could not be measured. */
  readonly failures: readonly Pick<
    RequirementResult,
    "id" | "must" | "verdict" | "reason" | "expected" | "observed" | "likelyCause"
  >[];
}

/** A changed networking key, its values as text. */
export interface RehearsedKey {
  readonly key: string;
  readonly before: string;
  readonly after: string;
  /** False: no requirement covers it. */
  readonly covered: boolean;
}

/** Everything that a rehearsal found out, before it is judged. */
export interface RehearsalParts {
  readonly startedAt: string;
  /** The candidate's path as it was given. */
  readonly candidate: string;
  readonly host: { readonly hostname: string; readonly engine: string; readonly file: string };
  /** `asked`: somebody asked for this version, and not the lab for want of the host's. */
  readonly rehearsedOn: { readonly engine: string; readonly sameVersion: boolean; readonly asked?: boolean } | null;
  readonly problems: readonly FileProblem[];
  readonly keys: readonly RehearsedKey[];
  /** Changed keys that are not about networks, by name. */
  readonly otherKeys: readonly string[];
  readonly steps: readonly RehearsalStep[];
  readonly findings: readonly Finding[];
  /** Keys whose dangers the operator takes (`--accept`). */
  readonly accepted: readonly string[];
  readonly suites: RehearsedSuites | null;
  /** What a rehearsal can't show, in words. */
  readonly notRehearsed: readonly string[];
  /** Why the rehearsal itself could not be done; empty when it could. */
  readonly troubles: readonly string[];
}

export interface Rehearsal extends RehearsalParts {
  readonly schemaVersion: typeof REHEARSAL_SCHEMA_VERSION;
  readonly verdict: "safe to apply" | "not safe to apply" | "not rehearsed";
  /** Why it is not safe, the gravest first; empty when it is. */
  readonly reasons: readonly string[];
  readonly exitCode: ExitCode;
}

/**
 * The verdict. Safe is only what was read, started and measured without a complaint: a step that is missing makes no
 * rehearsal, and one complaint is enough against the file even where the rest could not be done.
 */
export function judgeRehearsal(parts: RehearsalParts): Rehearsal {
  const reasons = reasonsAgainst(parts);
  const undone = [
    ...parts.troubles,
    ...parts.steps
      .filter(({ state, text }) => state === "not done" && !parts.troubles.some((trouble) => trouble.includes(text)))
      .map(({ name, text }) => `${name}: ${text}`),
  ];
  const done = parts.steps.some(({ name, state }) => name === "start" && state === "ok");
  const safe = reasons.length === 0 && parts.troubles.length === 0 && done && !lacksJudgement(parts);
  const verdict = reasons.length > 0 ? "not safe to apply" : safe ? "safe to apply" : "not rehearsed";
  return {
    schemaVersion: REHEARSAL_SCHEMA_VERSION,
    ...parts,
    verdict,
    reasons: verdict === "not rehearsed" ? undone : reasons,
    exitCode: {
      "safe to apply": EXIT.conformant,
      "not safe to apply": EXIT.nonconformant,
      "not rehearsed": EXIT.notJudged,
    }[verdict],
  };
}

/** Networking keys changed, requirements cover one of them, and no suite has passed. */
function lacksJudgement({ keys, suites }: RehearsalParts): boolean {
  return keys.some(({ covered }) => covered) && suites?.verdict !== "conformant";
}

function reasonsAgainst({ steps, findings, accepted, suites, problems }: RehearsalParts): string[] {
  const told = new Set(problems.filter(({ refused }) => refused).map(({ key }) => key));
  return [
    ...steps.filter(({ state }) => state === "failed").map(({ text }) => text),
    ...findings
      .filter(({ kind, keys }) => kind === "refused" && !keys.some((key) => told.has(key)))
      .map(({ text }) => text),
    ...findings
      .filter((finding) => finding.kind === "danger" && !isAccepted(finding, accepted))
      .map(({ text }) => text),
    ...failedRequirements(suites),
  ];
}

/** A key that cuts everything off fails a hundred requirements; the first of them say what it is. */
const MAX_FAILURES = 6;

function failedRequirements(suites: RehearsedSuites | null): string[] {
  const failed = (suites?.failures ?? []).filter(({ verdict }) => verdict === "fail");
  const rest = failed.slice(MAX_FAILURES).map(({ id }) => id);
  return [
    ...failed.slice(0, MAX_FAILURES).map(({ id, must, reason }) => `${id} fails in the rehearsal: ${must} (${reason})`),
    ...(rest.length === 0 ? [] : [`and ${rest.length} more fail: ${namesText(rest)}`]),
  ];
}

/** A danger counts as taken when every key that it comes from is. */
export function isAccepted({ keys }: Pick<Finding, "keys">, accepted: readonly string[]): boolean {
  return keys.length > 0 && keys.every((key) => accepted.includes(key));
}
