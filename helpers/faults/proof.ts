import { createHash } from "node:crypto";
import type { RequirementResult, Results, Verdict } from "../model/results.ts";
import type { Fault, Layer } from "./fault.ts";

/** Version of the shape of a {@link Proof}; raised on every incompatible change. */
export const PROOF_SCHEMA = 2;

/** How an expected requirement took a fault. `errored`: red, but it says only that it could not measure. */
export type Catch = "caught" | "errored" | "silent" | "not judged";

/**
 * How the suites took a fault. `caught`: every expected requirement that applies failed, and at least one does.
 * `silent`: one of them passed. `errored`: none passed, but one could only say that it could not measure.
 * `not judged`: the fault was never done, or nothing came of the run. `left out`: this engine can't have the fault.
 */
export type ProofVerdict = "caught" | "silent" | "errored" | "not judged" | "left out";

/** An expected requirement under a fault. */
export interface ExpectedOutcome {
  readonly id: string;
  readonly outcome: Catch;
  /** Its verdict; null where the run does not know it. */
  readonly verdict: Verdict | null;
  /** In its own words: what it saw, why it did not apply. */
  readonly reason: string;
  readonly likelyCause: string;
  /** Its likely cause says what is broken. Only a caught one can. */
  readonly causeNamed: boolean;
}

/** A requirement that is red. */
export interface Reddened {
  readonly id: string;
  readonly verdict: "fail" | "error";
  readonly reason: string;
  readonly likelyCause: string;
}

/** The same requirements after the fault was mended. */
export interface Control {
  /** Why there was no control; empty when there was one. */
  readonly trouble: string;
  readonly passed: number;
  /** Red although nothing is broken. */
  readonly falseAlarms: readonly Reddened[];
}

/** What became of the remedies that a report printed, typed to the letter on the host that was broken. */
export interface Remedied {
  /** Why they could not be tried, or not all of them; empty when they were. */
  readonly trouble: string;
  /** Lines as they were typed, in this order. */
  readonly typed: readonly string[];
  /** After which it was green: 1 the narrowest of each card, 2 the next one; null: it never was. */
  readonly after: number | null;
  /** What was still red in the end. */
  readonly red: readonly Reddened[];
}

/** One fault on one engine: `reports/prove/<engine>/<fault>.json`. */
export interface Proof {
  readonly schemaVersion: typeof PROOF_SCHEMA;
  /** Of the suites that the expected requirements stand in. */
  readonly suites: string;
  /** The lab's version, `28.5`. */
  readonly engine: string;
  readonly fault: string;
  readonly layer: Layer;
  /** Of everything that the fault is made of: another fault of this name is another proof. */
  readonly content: string;
  readonly startedAt: string;
  readonly seconds: number;
  readonly verdict: ProofVerdict;
  /** Why it is `not judged` or `left out`; empty otherwise. */
  readonly trouble: string;
  /** How often it was done: once, or for each container, network or answer. */
  readonly strikes: number;
  readonly expected: readonly ExpectedOutcome[];
  /** Red, and not expected to be. */
  readonly collateral: readonly Reddened[];
  /** Ids of all that were judged under the fault. */
  readonly judged: readonly string[];
  /** Null where none was asked for. */
  readonly control: Control | null;
  /** Null where the report's remedies were not asked for, or the fault is none that they can be tried on. */
  readonly remedied: Remedied | null;
}

/** What is known of a fault's run before its results are judged. */
export interface Struck {
  readonly strikes: number;
  /** Why it could not be done, or its results could not be had; null when all went well. */
  readonly trouble: string | null;
  /** Null where there was no run. */
  readonly results: Results | null;
}

/** The part of a {@link Proof} that the run's results decide. */
export type Judgement = Pick<Proof, "verdict" | "trouble" | "strikes" | "expected" | "collateral" | "judged">;

/** Judges what the suites said of a fault. */
export function judgeFault(
  { caughtBy, cause }: Pick<Fault, "caughtBy" | "cause">,
  { strikes, trouble, results }: Struck,
): Judgement {
  const requirements = results?.requirements ?? [];
  const byId = new Map(requirements.map((result) => [result.id, result]));
  const expected = caughtBy.map((id) => expectedOutcome(id, byId.get(id), cause));
  const judgement = {
    strikes,
    expected,
    collateral: reddened(requirements.filter(({ id }) => !caughtBy.includes(id))),
    judged: requirements.filter(({ verdict }) => isJudged(verdict)).map(({ id }) => id),
  };
  const spoiled = spoiledBy(strikes, trouble, results, expected);
  if (spoiled !== null) return { ...judgement, verdict: "not judged", trouble: spoiled };
  const outcomes = new Set(expected.map(({ outcome }) => outcome));
  const verdict = outcomes.has("silent") ? "silent" : outcomes.has("errored") ? "errored" : "caught";
  return { ...judgement, verdict, trouble: "" };
}

/** Why a run shows nothing about its fault; null when it does. */
function spoiledBy(
  strikes: number,
  trouble: string | null,
  results: Results | null,
  expected: readonly ExpectedOutcome[],
): string | null {
  if (trouble !== null) return trouble;
  if (results === null) return "no results";
  // Red or green: a fault that was never done is not what the suites spoke of.
  if (strikes === 0) return "it never struck: no container, network or answer was one that it is done to";
  if (expected.every(({ outcome }) => outcome === "not judged"))
    return `none of the expected requirements was judged: ${expected.map(({ id, reason }) => `${id} ${reason}`).join("; ")}`;
  return null;
}

function expectedOutcome(id: string, result: RequirementResult | undefined, cause: RegExp): ExpectedOutcome {
  if (result === undefined)
    return {
      id,
      outcome: "not judged",
      verdict: null,
      reason: "was not among the requirements that ran",
      likelyCause: "",
      causeNamed: false,
    };
  const { verdict, reason, likelyCause = "" } = result;
  const outcome = outcomeOf(verdict);
  return { id, outcome, verdict, reason, likelyCause, causeNamed: outcome === "caught" && cause.test(likelyCause) };
}

function outcomeOf(verdict: Verdict): Catch {
  switch (verdict) {
    case "fail":
    case "waived":
      return "caught";
    case "error":
      return "errored";
    case "pass":
      return "silent";
    case "not applicable":
    case "not run":
      return "not judged";
  }
}

function isJudged(verdict: Verdict): boolean {
  return outcomeOf(verdict) !== "not judged";
}

/** Judges the run after a fault was mended. */
export function judgeControl(results: Results): Control {
  return {
    trouble: "",
    passed: results.requirements.filter(({ verdict }) => verdict === "pass").length,
    falseAlarms: reddened(results.requirements),
  };
}

/** What is red. */
export function reddened(requirements: readonly RequirementResult[]): readonly Reddened[] {
  return requirements.flatMap(({ id, verdict, reason, likelyCause = "" }) =>
    verdict === "fail" || verdict === "error" ? [{ id, verdict, reason, likelyCause }] : [],
  );
}

/** How many of the expected requirements that were judged caught the fault, and how many of these name the cause. */
export function countsOf({ expected }: Pick<Proof, "expected">): {
  readonly caught: number;
  readonly judged: number;
  readonly causeNamed: number;
} {
  return {
    caught: expected.filter(({ outcome }) => outcome === "caught").length,
    judged: expected.filter(({ outcome }) => outcome !== "not judged").length,
    causeNamed: expected.filter(({ causeNamed }) => causeNamed).length,
  };
}

/** A mark of all that a fault is made of, its functions and patterns too. */
export function contentOf(fault: Fault): string {
  const text = JSON.stringify(fault, (_, value: unknown) =>
    typeof value === "function" || value instanceof RegExp ? String(value) : value,
  );
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Whether an earlier proof still says what a new one would: of the same fault and suites, and judged. */
export function stillHolds(
  proof: unknown,
  fault: Fault,
  suites: string,
  withControl: boolean,
  withRemedies = false,
): proof is Proof {
  if (typeof proof !== "object" || proof === null) return false;
  const { schemaVersion, suites: ofProof, content, verdict, control, remedied } = proof as Partial<Proof>;
  return (
    schemaVersion === PROOF_SCHEMA &&
    ofProof === suites &&
    content === contentOf(fault) &&
    (verdict === "caught" || verdict === "silent" || verdict === "errored") &&
    (!withRemedies || (remedied !== null && remedied !== undefined)) &&
    (!withControl || (control !== null && control !== undefined && control.trouble === ""))
  );
}
