import { z } from "zod";
import type { Results } from "../../model/results.ts";
import { results } from "./results.ts";

/** `compact.json`: a run without its evidence, small enough to be one line of a log. */
export const compact = results
  .pick({
    suiteVersion: true,
    runId: true,
    startedAt: true,
    durationMs: true,
    verdict: true,
    summary: true,
    exitCode: true,
    counts: true,
    selection: true,
    engine: true,
    configuration: true,
    facts: true,
    cards: true,
    errors: true,
  })
  .extend({
    compact: z.literal(1).describe("Version of this shape; by it a file is told from a whole results.json."),
    unexplained: z.array(z.string()).describe("Ids of the failures that no card explains."),
    leftOut: z
      .array(z.string())
      .describe("What did not fit, in words; the run's results.json has it. Empty where everything did."),
  })
  .meta({ title: "compact.json", description: "The verdict of one run, its facts and its cards, in at most 16 kB." });

type Kept = keyof typeof compact.shape & keyof Results;

/** A run in its compact form. */
export interface CompactResults extends Pick<Results, Kept> {
  readonly compact: 1;
  readonly unexplained: readonly string[];
  readonly leftOut: readonly string[];
}
