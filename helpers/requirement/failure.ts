import type { Failure } from "../diagnosis/index.ts";
import { dockerErrorOf } from "../engine/docker-error.ts";
import { runtimeFailed } from "../expectations/refusals.ts";
import { ControlFailed, type Evidence } from "../model/evidence.ts";
import { isOutcome, type Outcome } from "../model/outcome.ts";
import type { AskedQuestion } from "../model/question.ts";
import type { Recorded } from "../vantage/recorder.ts";
import { Violation } from "./verdicts.ts";

/**
 * What was thrown by a check, as data that a cause is looked for with.
 * @param scope names of the containers and networks that the check had at hand
 * @param failed whether it means that the host behaves otherwise than required
 * @returns null where nothing says that the host behaves otherwise than required: a probe that could not run is no failure
 */
export function failureOf(
  error: unknown,
  probes: readonly Recorded[],
  scope: readonly string[],
  failed: boolean,
): Failure | null {
  const evidence = probes.map(({ evidence: one, expected }) => (expected === undefined ? one : { ...one, expected }));
  const refusal = refusalIn(error);
  const base = { subjects: [], scope, probes: evidence, refusal };
  if (refusal !== null) return { ...base, direction: "blocked", questions: [] };
  if (error instanceof Violation) {
    const { direction, questions, subjects } = error;
    const about = { direction, subjects, ...(error.read === undefined ? {} : { read: error.read }) };
    return { ...base, ...about, questions: questions.length > 0 ? questions : asked(probes) };
  }
  if (error instanceof ControlFailed)
    return {
      ...base,
      direction: "blocked",
      questions: error.question === undefined ? asked(probes) : [error.question],
    };
  const silent = unanswered(evidence);
  if (error instanceof Error && error.name === "AssertionError") {
    const { expected, actual } = error as Error & { expected?: unknown; actual?: unknown };
    if (!isOutcome(expected) || !isOutcome(actual)) return { ...base, direction: "differs", questions: asked(probes) };
    if (expected === "replied") return { ...base, direction: "blocked", questions: silent };
    return { ...base, direction: actual === "replied" ? "leaked" : "differs", questions: asked(probes) };
  }
  if (failed) return { ...base, direction: "differs", questions: asked(probes) };
  return silent.length > 0 ? { ...base, direction: "blocked", questions: silent } : null;
}

/** What the engine said when it did not do what it has to; null where it said nothing of the kind. */
function refusalIn(error: unknown): string | null {
  if (error instanceof Violation) return error.refusal;
  const answer = dockerErrorOf(error);
  const failed = answer?.statusCode === 500 || (answer?.statusCode !== undefined && runtimeFailed(answer.message));
  return failed ? answer.message : null;
}

/** All that was asked beside positive controls; the controls where there was nothing else. */
function asked(probes: readonly Recorded[]): AskedQuestion[] {
  const of = (role: Recorded["role"]) =>
    probes.flatMap(({ evidence, role: own }) => (own === role ? (evidence.question ?? []) : []));
  const questions = of("probe");
  return questions.length > 0 ? questions : of("control");
}

/** What was asked and not answered: by its last answer, for much is asked until it is answered. */
function unanswered(evidence: readonly Evidence[]): AskedQuestion[] {
  const last = new Map<string, { readonly outcome: Outcome; readonly question: AskedQuestion }>();
  for (const { outcome, question } of evidence)
    if (outcome !== undefined && outcome !== "probe failed" && question !== undefined)
      last.set(JSON.stringify(question), { outcome, question });
  return [...last.values()].filter(({ outcome }) => outcome !== "replied").map(({ question }) => question);
}
