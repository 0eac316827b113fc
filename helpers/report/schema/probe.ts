import { z } from "zod";

const place = z
  .object({
    kind: z.enum(["container", "host", "engine", "docker command", "other machine"]),
    name: z.string().describe("A container's name, another machine's; empty where there is one of the kind."),
  })
  .describe("A place where something was asked.")
  .meta({ id: "place" });

/** What of a place is read. */
export const readThing = z.enum([
  "links",
  "addresses",
  "routes",
  "firewall",
  "sockets",
  "namespaces",
  "sysctl",
  "resolv.conf",
  "hosts file",
  "container",
  "network",
  "networks",
  "file",
]);

const question = z
  .union([
    z.object({
      kind: z.literal("reach"),
      from: place,
      to: z.string().describe("Address or name."),
      protocol: z.enum(["icmp", "tcp", "udp", "arp"]),
      port: z.int().nullable(),
      size: z.int().nullable().describe("Bytes of payload; null for the asking program's own."),
    }),
    z.object({ kind: z.literal("resolve"), from: place, name: z.string(), server: z.string().nullable() }),
    z.object({
      kind: z.literal("read"),
      from: place,
      what: readThing,
      of: z.string().nullable().describe("A file's path, a device, the name of a container or a network."),
    }),
  ])
  .describe("A question as data, as it was asked.")
  .meta({ id: "question" });

export const probe = z
  .object({
    role: z.enum(["probe", "control"]).describe("The question itself, or the positive control of a denial."),
    expected: z
      .object({
        outcomes: z
          .array(z.enum(["replied", "refused", "timed out", "unreachable", "name not found", "probe failed"]))
          .min(1)
          .describe("Each of these is right."),
        answer: z.array(z.string()).describe("Pieces that the answer has to hold, in this order.").exactOptional(),
      })
      .describe("What had to come of it; missing where the check reads the answer by rules of its own.")
      .exactOptional(),
    vantage: z.string().min(1).describe("Where the question was asked, in words."),
    place: place.exactOptional(),
    question: question.exactOptional(),
    outcome: z
      .enum(["replied", "refused", "timed out", "unreachable", "name not found", "probe failed"])
      .describe("What came of a question about reach or a name.")
      .exactOptional(),
    command: z.string().min(1).describe("The command line, or the API call."),
    exitCode: z.int().nullable().describe("Null when the deadline ended the command or it was an API call."),
    timedOut: z.boolean(),
    stdout: z.string(),
    stderr: z.string(),
    ms: z.number().min(0).describe("Wall-clock milliseconds."),
  })
  .meta({ id: "probe" });
