import { z } from "zod";
import { readThing } from "./probe.ts";

export const subject = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("host") }),
    z.object({ kind: z.literal("container"), name: z.string() }),
    z.object({ kind: z.literal("network"), name: z.string() }),
    z.object({ kind: z.literal("endpoint"), container: z.string(), network: z.string() }),
    z.object({
      kind: z.literal("published port"),
      container: z.string(),
      protocol: z.enum(["tcp", "udp", "sctp"]),
      hostAddress: z.string(),
      hostPort: z.int(),
      containerPort: z.int(),
    }),
  ])
  .describe("What something is about.")
  .meta({ id: "subject" });

export const note = z
  .object({
    key: z.string().min(1).describe("The same key in another run is the same note."),
    what: z.string().min(1).describe("What was seen and what follows."),
    todo: z.string().describe("What one may do about it; empty when nothing is to be done."),
    subjects: z.array(subject),
  })
  .meta({ id: "note" });

const cause = z
  .object({
    key: z.string().describe("Same key = the same cause in another run."),
    what: z.string().describe("What is broken, one sentence that names the thing."),
    act: z.string().nullable().describe("What likely did it; null when nothing tells."),
    certainty: z.enum(["seen", "concluded", "guessed"]),
    subjects: z.array(subject),
    evidence: z.array(z.string()).describe("What was read that shows it, as it stands."),
    remedies: z
      .array(
        z.object({
          what: z.string(),
          commands: z.array(z.string()).describe("Lines of shell to type on the engine's host."),
          cost: z.string().describe("What it costs on this host; empty when it costs nothing."),
          check: z.string().describe("A line of shell that shows that it helped."),
          restarts: z
            .enum(["container", "engine"])
            .exactOptional()
            .describe("What is interrupted; missing for nothing."),
        }),
      )
      .describe("The narrowest first."),
  })
  .describe("One thing that explains failures.")
  .meta({ id: "cause" });

export const card = cause
  .extend({
    effect: z.string().describe("Who is cut off from what, or what stands open."),
    explains: z.array(z.string()).describe("Ids of the requirements that it explains."),
  })
  .describe("A cause with what it did: all failures of one cause are one card.")
  .meta({ id: "card" });

export const explanation = z
  .object({
    causes: z.array(z.union([cause, card])).describe("Best fitting first."),
    ways: z.array(
      z.object({
        direction: z.enum(["blocked", "leaked", "differs"]),
        from: z.enum(["containers", "the host", "other machines", "the engine"]),
        to: z.enum([
          "each other",
          "containers",
          "the host",
          "published ports",
          "what is beyond the host",
          "names",
          "their gateway",
          "networks",
          "containers with a network",
          ...readThing.options,
        ]),
        by: z.string(),
      }),
    ),
    unread: z.array(z.string()),
    remark: z.string().describe("What a packet that was sent again has shown beside causes.").exactOptional(),
  })
  .describe("What may explain a failure, on which ways, and what could not be read.")
  .meta({ id: "explanation" });
