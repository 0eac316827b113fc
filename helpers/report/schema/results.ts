import { z } from "zod";
import type { Results } from "../../model/results.ts";
import { card, note } from "./causes.ts";
import { conditions } from "./conditions.ts";
import { history } from "./history.ts";
import { hostState, living, site } from "./living.ts";
import { requirement } from "./requirement.ts";
import { configurationFile, configuredKey, counts, disturbance, engine, image, residue } from "./run.ts";

/** Nothing in the way of a verdict: no failure, no error, nothing left. */
const RIGHT = {
  errors: { maxItems: 0 },
  disturbances: { items: { properties: { kind: { enum: ["engine went away", "removed by others"] } } } },
  residue: { properties: { state: { enum: ["clean", "unknown"] } } },
};

/** What the run's verdict says of the rest. */
const VERDICTS = [
  {
    where: { verdict: { const: "conformant" } },
    holds: {
      ...RIGHT,
      exitCode: { const: 0 },
      counts: {
        properties: { fail: { const: 0 }, error: { const: 0 }, "not run": { const: 0 }, pass: { minimum: 1 } },
      },
      requirements: { minItems: 1 },
    },
  },
  {
    where: { verdict: { const: "partial" } },
    holds: {
      ...RIGHT,
      exitCode: { enum: [0, 2] },
      counts: {
        properties: { fail: { const: 0 }, error: { const: 0 }, "not run": { minimum: 1 }, pass: { minimum: 1 } },
      },
    },
  },
  { where: { verdict: { const: "not conformant" } }, holds: { exitCode: { const: 1 } } },
  { where: { verdict: { const: "not judged" } }, holds: { exitCode: { const: 2 } } },
];

export const results = z
  .object({
    schemaVersion: z.literal(1).describe("Raised on every incompatible change of this shape."),
    suiteVersion: z.string().min(1),
    runId: z.string().describe("Empty where the run could not begin."),
    startedAt: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/)
      .describe("UTC, ISO 8601."),
    durationMs: z.number().min(0),
    verdict: z
      .enum(["conformant", "partial", "not conformant", "not judged"])
      .describe(
        "conformant: all that this host can show passed. partial: what was judged passed, and something that this host could show was not run. not conformant: a requirement failed or something was left behind. not judged: an error, or nothing ran.",
      ),
    summary: z.string().min(1).describe("The verdict as one sentence for people."),
    exitCode: z
      .literal([0, 1, 2])
      .describe(
        "Exit code of the run: 0 conformant or partial, 1 not conformant, 2 not judged, or partial where a complete run was asked for. The command itself ends with 2 where the reports could not be written.",
      ),
    counts: counts,
    onlyInLab: z
      .int()
      .min(0)
      .describe(
        "Requirements that were asked for and that only a lab can show: no part of this run, and not among its requirements.",
      ),
    selection: z.array(z.string()).describe("Suites, ids and tags that were asked for; empty means everything."),
    quick: z
      .object({ faults: z.int(), caught: z.int() })
      .describe(
        "Of --quick: how many of the known faults that strike a whole host its requirements see; missing for other runs.",
      )
      .exactOptional(),
    engine: engine.nullable().describe("Null when the engine did not answer."),
    configuration: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe("Networking keys of daemon.json merged with dockerd's flags; null when they could not be read."),
    facts: z
      .record(z.string(), z.string())
      .describe(
        "What the host was like, by name, for the comparison with another run: subnets, resolvers, routes, policies. Absent where it was never learnt.",
      )
      .exactOptional(),
    hostState: hostState
      .describe(
        "The host when the run began, before anything of the run's own was there: a line for each link, address, route, firewall rule and sysctl. Absent where it could not be looked at.",
      )
      .exactOptional(),
    living: living
      .describe(
        "What ran on the host already when the run began, as workloads.json has it. Absent where that was not asked for or could not be looked at.",
      )
      .exactOptional(),
    sites: z
      .array(site)
      .describe(
        "What the suites had on the engine themselves, file by file: made by the run and removed again. Absent where no suite ran.",
      )
      .exactOptional(),
    history: history
      .describe("What the earlier runs of this engine (by its id) say. Absent where no history is kept.")
      .exactOptional(),
    configurationFile: configurationFile
      .nullable()
      .describe("The file that this dockerd reads, without its text; null when the host could not be looked at.")
      .exactOptional(),
    configurationKeys: z
      .record(z.string(), configuredKey)
      .describe("Every networking key that is set or that the engine tells.")
      .exactOptional(),
    images: z.array(image),
    cards: z.array(card).describe("All failures of one cause are one card, the one that explains most first."),
    findings: z
      .array(z.string())
      .describe(
        "What is to be said beside the cards: a configuration file that dockerd may not have read (only where something failed), and waivers that no longer hold or are no longer needed.",
      ),
    notes: z.array(note).describe("Worth knowing and no failure: they change neither verdict nor exit code."),
    residue: residue,
    disturbances: z
      .array(disturbance)
      .describe("What happened to the run from outside, whatever the engine's networking does."),
    errors: z.array(z.string()).describe("Problems outside any requirement."),
    requirements: z.array(requirement),
  })
  .meta({
    title: "results.json",
    description: "What one run of docker-network-conformance judged, with the evidence.",
    ...conditions(VERDICTS),
  });

/** A type without the names of its parts, all of it readonly: two that say the same are one. */
type Plain<T> = T extends readonly (infer E)[]
  ? readonly Plain<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Plain<T[K]> }
    : T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** The compiler refuses a schema that says another thing than the type: a key too many, too few, or of another kind. */
true satisfies Same<Plain<z.infer<typeof results>>, Plain<Results>>;
