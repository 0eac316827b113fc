import type { Card } from "../model/cause.ts";
import type { RequirementResult, Results } from "../model/results.ts";
import { type Observed, observedValues, ownNetworks } from "./observed-values.ts";

/** A requirement of a run as another run is compared with it. */
export interface ComparedRequirement
  extends Pick<
    RequirementResult,
    "id" | "verdict" | "reason" | "suite" | "tags" | "needs" | "consulted" | "disturbed"
  > {
  /** What its containers saw. */
  readonly seen: Observed;
}

/** A run without its evidence: all that a comparison asks for, and small enough to be kept. */
export interface ComparedRun
  extends Pick<
    Results,
    "startedAt" | "verdict" | "suiteVersion" | "selection" | "engine" | "configuration" | "facts" | "hostState"
  > {
  readonly requirements: readonly ComparedRequirement[];
  /** What its cards say, and which failures they explain. */
  readonly causes?: readonly Pick<Card, "what" | "certainty" | "explains">[];
}

/** A run as it is compared. */
export function comparedRun(results: Results): ComparedRun {
  const { startedAt, verdict, suiteVersion, selection, engine, configuration, facts, hostState } = results;
  const own = ownNetworks(results);
  return {
    startedAt,
    verdict,
    suiteVersion,
    selection,
    engine,
    configuration,
    ...(facts === undefined ? {} : { facts }),
    ...(hostState === undefined ? {} : { hostState }),
    requirements: results.requirements.map((result) => ({
      id: result.id,
      verdict: result.verdict,
      reason: result.reason,
      suite: result.suite,
      tags: result.tags,
      needs: result.needs,
      ...(result.consulted === undefined ? {} : { consulted: result.consulted }),
      ...(result.disturbed === true ? { disturbed: true } : {}),
      seen: observedValues(result, own),
    })),
    causes: results.cards.map(({ what, certainty, explains }) => ({ what, certainty, explains })),
  };
}
