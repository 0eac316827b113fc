import type { CatalogueEntry } from "../model/results.ts";
import { labelled, wrap } from "./layout.ts";
import { sourceText } from "./source-text.ts";

const WIDTH = 100;

/** A requirement of the catalogue in full, for people: many lines, without a final newline. */
export function entryText(entry: CatalogueEntry): string {
  const { id, must, suite, file, appliesTo, needs, tags, sources, differs = [] } = entry;
  return [
    `${id}  ${suite}`,
    ...wrap(must, WIDTH).map((line) => `  ${line}`),
    ...labelled("applies to", wrap(appliesTo, WIDTH)),
    ...(needs.length === 0 ? [] : labelled("needs", [needs.join(", ")])),
    ...(tags.length === 0 ? [] : labelled("tags", [tags.join(", ")])),
    ...labelled("file", [file]),
    // A link that is broken into lines can't be clicked.
    ...labelled("sources", sources.map(sourceText)),
    ...labelled(
      "differs",
      differs.map(({ source, instead, seenOn }) => `${sourceText(source)}: ${instead} Seen on ${seenOn.join(", ")}.`),
    ),
  ].join("\n");
}
