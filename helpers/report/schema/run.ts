import { z } from "zod";

export const configurationFile = z
  .object({
    path: z.string().min(1).describe("In dockerd's own mount namespace."),
    present: z.boolean(),
    modifiedAt: z.string().nullable().describe("When its content was last written; null where there is no file."),
    changedAt: z
      .string()
      .nullable()
      .describe("When it was last written, put in place, or given another owner or mode."),
    dockerdStartedAt: z.string().nullable().describe("A second exact; null when dockerd's process was not found."),
    problems: z
      .array(
        z.object({
          kind: z.enum([
            "invalid JSON",
            "not an object",
            "unknown key",
            "duplicate key",
            "wrong type",
            "bad value",
            "not at this version",
            "no effect",
          ]),
          key: z.string().nullable().describe("Null where the text as a whole is meant."),
          line: z.int().min(1),
          column: z.int().min(1),
          message: z.string().min(1),
          refused: z.boolean().describe("True: dockerd does not start with this file."),
        }),
      )
      .describe("In the order of the text."),
  })
  .meta({ id: "configurationFile" });

export const configuredKey = z
  .object({
    claimed: z.unknown().describe("What file or flag asks for; missing where neither does.").exactOptional(),
    origin: z.enum(["file", "flag", "default"]),
    effective: z
      .unknown()
      .describe(
        "What the engine tells; missing where no answer of it shows the key, null where it says that it has none.",
      )
      .exactOptional(),
  })
  .meta({ id: "configuredKey" });

export const counts = z
  .object({
    pass: z.int().min(0),
    fail: z.int().min(0),
    error: z.int().min(0),
    "not applicable": z.int().min(0),
    "not run": z.int().min(0),
    waived: z.int().min(0),
  })
  .meta({ id: "counts" });

export const engine = z
  .object({
    id: z.string(),
    version: z.string(),
    apiVersion: z.string(),
    endpoint: z.string(),
    os: z.string(),
    kernel: z.string(),
    architecture: z.string(),
    firewallBackend: z.string().describe("Empty where the engine does not tell it."),
    rootless: z.boolean(),
    hostname: z.string(),
    cpus: z.int().min(0),
    memoryBytes: z.int().min(0),
  })
  .meta({ id: "engine" });

const at = z.string().describe("UTC, ISO 8601, by the clock of the machine that ran the suite.");

const hostProcess = { pid: z.int().min(1), name: z.string().describe("Empty where it has ended.") };

export const disturbance = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("interrupted"), by: z.string().describe("The signal.") }),
    z.object({
      kind: z.literal("engine went away"),
      at,
      back: z.string().nullable().describe("When the engine was there again; null where it was not seen again."),
    }),
    z.object({
      kind: z.literal("engine hangs"),
      at: at.describe("When it was asked."),
      method: z.string(),
      path: z.string().describe("Without the API's version."),
      wait: z
        .object({
          program: z.object(hostProcess).describe("What dockerd has started, and waits for."),
          lock: z
            .object({ file: z.string().nullable(), holder: z.object(hostProcess) })
            .nullable()
            .describe("The file lock that it waits for."),
        })
        .nullable()
        .describe("Null where nothing shows what it waits for."),
    }),
    z.object({
      kind: z.literal("removed by others"),
      at,
      what: z.enum(["container", "network"]),
      id: z.string(),
      name: z.string(),
      pruned: z.boolean().describe("Through one of the engine's prune commands."),
    }),
  ])
  .meta({ id: "disturbance" });

export const image = z
  .object({
    role: z.enum(["busybox", "nginx"]),
    reference: z.string(),
    id: z.string(),
    origin: z.enum(["present", "pulled", "assembled", "unknown"]),
  })
  .meta({ id: "image" });

export const residue = z
  .object({
    state: z.enum(["clean", "left", "unknown"]),
    items: z.array(z.string()).describe("One line per thing left or changed."),
  })
  .meta({ id: "residue" });
