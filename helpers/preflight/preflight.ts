import { isObject } from "../engine/json-body.ts";
import { ProbeFailed } from "../model/evidence.ts";

/** The script itself: it needs nothing of this project, and may be copied to any host. */
export const PREFLIGHT = new URL("preflight.sh", import.meta.url).pathname;

/**
 * `blocks`: dockerd does not start, or its networks don't work; `warns`: worth knowing; `unknown`: what is necessary
 * could not be looked at.
 */
const LEVELS = ["blocks", "warns", "unknown"] as const;
type Level = (typeof LEVELS)[number];

/** One thing that the script found. */
export interface PreflightFinding {
  readonly level: Level;
  readonly id: string;
  readonly what: string;
  readonly seen: string;
  readonly todo: string;
}

/** What `preflight.sh --json` says of a host. */
export interface Preflight {
  readonly verdict: "ready" | "blocked" | "not judged";
  readonly findings: readonly PreflightFinding[];
  /** dockerd's own, where another finding tells why it did not start; else empty. */
  readonly lastWords: string;
}

/**
 * Reads the script's answer.
 * @throws ProbeFailed for what is none: the script did not run to its end
 */
export function parsePreflight(text: string): Preflight {
  const answer = parsed(text);
  const { verdict, findings, lastWords } = isObject(answer) ? answer : {};
  if (
    (verdict !== "ready" && verdict !== "blocked" && verdict !== "not judged") ||
    !Array.isArray(findings) ||
    typeof lastWords !== "string"
  )
    throw new ProbeFailed(`preflight.sh gave no answer: ${JSON.stringify(text.slice(0, 200))}`);
  return { verdict, findings: findings.map(finding), lastWords };
}

function finding(one: unknown): PreflightFinding {
  const { level, id, what, seen, todo } = isObject(one) ? one : {};
  const known = LEVELS.find((name) => name === level);
  if (known === undefined) throw new ProbeFailed(`preflight.sh found something of no level: ${JSON.stringify(one)}`);
  return { level: known, id: String(id), what: String(what), seen: String(seen), todo: String(todo) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
