import { z } from "zod";

export const source = z
  .object({
    kind: z
      .enum(["documentation", "API description", "Engine", "standard", "tutorial", "observed"])
      .describe("What kind of text it is; observed is none, but what engines were seen to do."),
    document: z.string().min(1).describe("Key of the document in docs/catalogue.md."),
    section: z
      .string()
      .describe("Anchor of the heading, name of the option, definition or test; empty: the head of the page."),
    words: z.string().describe("The words of it that say this.").exactOptional(),
    link: z.string().describe("Where it can be opened.").exactOptional(),
  })
  .meta({ id: "source" });

export const difference = z
  .object({
    source: source,
    instead: z.string().describe("What engines do instead."),
    seenOn: z.array(z.string()).describe("Versions of the engines on which that was seen."),
  })
  .describe("Where a document says otherwise than engines do.")
  .meta({ id: "difference" });
