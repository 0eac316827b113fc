import { dockerErrorOf } from "../engine/docker-error.ts";
import { Violation } from "./verdicts.ts";

/** What the engine said when it refused. */
export interface Refusal {
  readonly statusCode: number;
  /** The engine's own words. */
  readonly message: string;
}

/**
 * Asserts that the engine refuses a call, and gives its answer. What the call made although it should have been refused
 * is the caller's to remove (`finally`).
 * @param what what was asked of the engine, as the subject of the failure: `a container with --ip outside the subnet`
 * @param words what the refusal must say; its status alone is a refusal when left out
 */
export async function mustBeRefused(what: string, call: () => Promise<unknown>, words?: RegExp): Promise<Refusal> {
  let refusal: Refusal;
  try {
    await call();
    throw new Violation(what, { expected: "a refusal", observed: "the engine did it" });
  } catch (error) {
    const answer = dockerErrorOf(error);
    if (answer?.statusCode === undefined) throw error;
    refusal = { statusCode: answer.statusCode, message: answer.message };
  }
  if (words !== undefined) mustSay(what, refusal, words);
  return refusal;
}

/** Asserts that a refusal's words tell the person what was wrong. */
export function mustSay(what: string, refusal: Refusal, words: RegExp): void {
  if (words.test(refusal.message)) return;
  throw new Violation(what, {
    expected: `a refusal that says ${words}`,
    observed: `${refusal.statusCode}: ${refusal.message}`,
  });
}
