import { dockerErrorOf } from "../engine/docker-error.ts";
import { Violation } from "./verdicts.ts";

/** What the engine said when it refused. */
export interface Refusal {
  readonly statusCode: number;
  /** The engine's own words. */
  readonly message: string;
}

/** The engine's words for an object that somebody else removes at this moment. */
const IS_REMOVED = /marked for removal/;

/**
 * What came of a call that the engine may refuse: its refusal, or null when it did it. A connection that breaks is no
 * answer of the engine's, and that somebody else is removing it is none to this call: both are thrown on as they came.
 */
export async function refusalOf(call: () => Promise<unknown>): Promise<Refusal | null> {
  try {
    await call();
    return null;
  } catch (error) {
    const answer = dockerErrorOf(error);
    if (answer?.statusCode === undefined || IS_REMOVED.test(answer.message)) throw error;
    return { statusCode: answer.statusCode, message: answer.message };
  }
}

/**
 * Asserts that the engine refuses a call, and gives its answer. What the call made although it should have been refused
 * is the caller's to remove (`finally`).
 * @param what what was asked of the engine, as the subject of the failure: `a container with --ip outside the subnet`
 * @param words what the refusal must say; its status alone is a refusal when left out
 */
export async function mustBeRefused(what: string, call: () => Promise<unknown>, words?: RegExp): Promise<Refusal> {
  const refusal = await refusalOf(call);
  if (refusal === null) throw new Violation(what, { expected: "a refusal", observed: "the engine did it" });
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
