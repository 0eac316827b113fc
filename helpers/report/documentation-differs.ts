import type { CatalogueEntry } from "../model/results.ts";
import { markdownTable, markdownText } from "./markdown-text.ts";
import { sourceMarkdown } from "./source-text.ts";

/**
 * `docs/documentation-differs.md`, for those who maintain the documentation: what it says, what engines do instead, on
 * which ones that was seen, and the requirement that holds them to it.
 */
export function renderDifferences(entries: readonly CatalogueEntry[]): string {
  const rows = entries.flatMap(({ id, differs = [] }) =>
    differs.map(({ source, instead, seenOn }) => [
      sourceMarkdown(source),
      markdownText(instead),
      markdownText(seenOn.join(", ")),
      markdownText(id),
    ]),
  );
  return `${[
    "# Where the documentation differs from the engines",
    "Generated from the suites; edits are overwritten.",
    "Each row: words of a document, what engines were seen to do instead, and the requirement that holds them to it.",
    markdownTable(["the document says", "engines do", "seen on", "requirement"], rows),
  ].join("\n\n")}\n`;
}
