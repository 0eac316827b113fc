import { z } from "zod";

const historyRun = z
  .object({
    startedAt: z.string(),
    runId: z.string(),
    verdict: z.enum(["conformant", "partial", "not conformant", "not judged"]),
    whole: z.boolean().describe("It was asked for everything, and went to its end."),
    failed: z.int().min(0),
    causes: z.array(z.string()),
  })
  .meta({ id: "historyRun" });

const setting = z.object({ what: z.string(), before: z.string(), after: z.string() }).meta({ id: "setting" });

const runIdentity = z.object({
  startedAt: z.string(),
  engine: z.string(),
  hostname: z.string(),
  verdict: z.enum(["conformant", "partial", "not conformant", "not judged"]),
});

const runDiff = z
  .object({
    before: runIdentity,
    after: runIdentity,
    remarks: z.array(z.string()),
    sameEngine: z.boolean(),
    configuration: z.array(setting),
    host: z.array(
      z.object({
        aspect: z.enum(["links", "addresses", "routes", "firewall rules", "sysctls"]),
        gone: z.array(z.string()),
        came: z.array(z.string()),
        ofContainers: z.boolean().describe("Only rules of single containers differ."),
      }),
    ),
    versions: z.array(setting),
    changes: z.array(
      setting.extend({
        kind: z.enum(["verdict", "fact", "observed"]),
        ids: z.array(z.string()),
        worse: z.boolean(),
        reason: z.string(),
        explanation: z.object({
          by: z.enum(["key", "version", "host", "cause", "nothing"]),
          names: z.array(z.string()),
        }),
      }),
    ),
    added: z.array(z.string()),
    removed: z.array(z.string()),
  })
  .meta({ id: "runDiff" });

export const history = z
  .object({
    runs: z.array(historyRun).describe("Oldest first, this one last."),
    verdicts: z
      .record(z.string(), z.string().regex(/^[pfewn.-]+$/))
      .describe(
        "Of requirements whose verdict changed a letter for each of these runs: p, f, e, w, n (not applicable), - (not run), . (unknown then).",
      ),
    keysSince: z
      .record(
        z.string(),
        z.object({
          seenSince: z.string().describe("When the first run began that saw it so; ISO 8601."),
          otherwiseAt: z
            .string()
            .nullable()
            .describe("When the last run began that saw it otherwise; null where each run that is known saw it so."),
        }),
      )
      .describe(
        "Since when each key of daemon.json is asked for as it is now, of keys that some run saw set. Absent in results of before.",
      )
      .exactOptional(),
    flaky: z
      .array(z.object({ id: z.string(), bad: z.int().min(1), of: z.int().min(3) }))
      .describe("What comes and goes although nothing that is recorded changed."),
    baseline: historyRun.nullable(),
    sinceBaseline: runDiff.nullable().describe("What changed since the baseline, as npm run diff -- --json prints it."),
  })
  .meta({ id: "history" });
