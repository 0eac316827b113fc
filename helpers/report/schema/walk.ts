import { z } from "zod";

const leg = z
  .object({
    hops: z.array(
      z.object({
        device: z.string().describe("Empty where a conclusion does not name it."),
        where: z.discriminatedUnion("kind", [
          z.object({ kind: z.literal("host") }),
          z.object({ kind: z.literal("container"), name: z.string() }),
          z.object({ kind: z.literal("beyond") }),
        ]),
        direction: z.enum(["sent", "received"]),
        length: z.number(),
        ms: z.number().describe("Since the first hop."),
      }),
    ),
    end: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("arrived") }),
      z.object({ kind: z.literal("left") }),
      z.object({
        kind: z.literal("dropped"),
        at: z.string().describe("The kernel's function that freed it."),
        reason: z.string().nullable(),
      }),
      z.object({ kind: z.literal("vanished") }),
      z.object({
        kind: z.literal("stopped"),
        by: z.string().describe("What ends it, in words; empty where nothing that was read says it."),
        here: z.boolean().describe("Where the way ends; else somewhere on it."),
      }),
      z.object({ kind: z.literal("not sent") }),
    ]),
  })
  .meta({ id: "leg" });

export const walk = z
  .object({
    from: z.string(),
    to: z.string(),
    protocol: z.enum(["icmp", "tcp", "udp", "arp"]),
    port: z.int().nullable(),
    size: z.int().nullable(),
    outcome: z.string(),
    arrived: z.boolean(),
    burst: z.object({ sent: z.int(), received: z.int() }).nullable(),
    there: leg,
    back: leg.nullable(),
    get relay() {
      return z.nullable(walk).describe("docker-proxy's own connection, where it took this one.");
    },
    followed: z
      .enum(["events", "concluded"])
      .describe("events: the kernel's own; concluded: all of it follows from rules, routes and links."),
    translations: z.array(z.object({ what: z.string(), by: z.string() })),
    unread: z.array(z.string()),
  })
  .describe("A packet that was followed from device to device, and its answer back.")
  .meta({ id: "walk" });
