import { z } from "zod";
import { explanation, subject } from "./causes.ts";
import { conditions } from "./conditions.ts";
import { probe } from "./probe.ts";
import { difference, source } from "./sources.ts";
import { walk } from "./walk.ts";

export const requirement = z
  .object({
    id: z.string().min(1).describe("Stable id of the requirement, such as UDN-07."),
    must: z.string().min(1).describe("The requirement as one sentence."),
    sources: z.array(source),
    differs: z.array(difference).describe("Documents that say otherwise.").exactOptional(),
    suite: z.string().min(1),
    file: z.string(),
    tags: z.array(z.string()),
    appliesTo: z.string().describe("The engines and configurations for which it holds, in words."),
    needs: z.array(z.string()).describe("Capabilities without which it is not run."),
    verdict: z.enum(["pass", "fail", "error", "not applicable", "not run", "waived"]),
    reason: z.string().describe("Why it failed, could not be measured, does not apply or was not run; empty on pass."),
    expected: z.string().exactOptional(),
    observed: z.string().exactOptional(),
    likelyCause: z.string().describe("The causes that fit, as one text.").exactOptional(),
    about: z
      .array(
        z.object({
          subject: subject,
          project: z.string().nullable().describe("Compose project or Swarm stack; null where it is of none."),
        }),
      )
      .min(1)
      .describe(
        "Of a failure about what runs on the host already: the containers, networks and ports that it is about.",
      )
      .exactOptional(),
    explanation: explanation.exactOptional(),
    table: z
      .object({ title: z.string(), columns: z.array(z.string()), rows: z.array(z.array(z.string())) })
      .describe("What the requirement shows beside its verdict, also when it passes.")
      .exactOptional(),
    consulted: z
      .object({
        keys: z.array(z.string()).describe("Networking keys of daemon.json whose value was asked for."),
        switches: z.array(z.string()).describe("Switches of behaviour by which the engine's version was asked."),
        facts: z.array(z.string()).describe("Names of the run's facts about the host."),
      })
      .describe("What it was judged by, beside what was observed: why another run may judge otherwise.")
      .exactOptional(),
    walk: walk
      .describe("The way of its packet that was sent again, or of a healthy one where that was asked for.")
      .exactOptional(),
    reproduction: z
      .union([
        z.object({ file: z.string().min(1).describe("Its path in the reports' folder.") }),
        z.object({ why: z.string().min(1) }),
      ])
      .describe("A script of plain docker commands that shows it, or why there is none.")
      .exactOptional(),
    disturbed: z
      .boolean()
      .describe(
        "Something from outside came over it (disturbances of the run): an error that says nothing about the engine.",
      )
      .exactOptional(),
    durationMs: z.number().min(0),
    probes: z.array(probe),
  })
  .meta({
    id: "requirement",
    ...conditions([
      {
        where: { verdict: { const: "pass" } },
        holds: { reason: { const: "" } },
        otherwise: { reason: { minLength: 1 } },
      },
    ]),
  });
