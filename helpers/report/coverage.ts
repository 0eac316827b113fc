import type { CatalogueEntry } from "../model/results.ts";
import type { Source, SourceDocument, SourceKind } from "../model/source.ts";
import { markdownLink, markdownTable, markdownText } from "./markdown-text.ts";
import { countOf } from "./plain-text.ts";

/** The kinds of source, the firmest first. */
const KINDS: readonly SourceKind[] = ["documentation", "API description", "standard", "Engine", "observed", "tutorial"];

/**
 * `docs/coverage.md`: the documents read from their side. Each section with the requirements that rest on it, so that
 * who reads a page of Docker's sees what is held of it, and what is not.
 * @param documents those without sections and without an address are left out: nobody can open them
 */
export function renderCoverage(entries: readonly CatalogueEntry[], documents: readonly SourceDocument[]): string {
  const rows = KINDS.map((kind) => [kind, String(entries.filter(({ sources }) => firmest(sources) === kind).length)]);
  const unasked = documents.reduce((sum, document) => sum + (document.unasked?.length ?? 0), 0);
  const opened = documents.filter(
    ({ kind, link }) => (kind === "documentation" || kind === "API description") && link !== undefined,
  );
  const parts = [
    "# What is held of Docker's documentation",
    "Generated from the suites; edits are overwritten.",
    `${countOf(entries.length, "requirement")}, by the firmest source that each has:`,
    markdownTable(["source", "requirements"], rows),
    `Of what the documents claim, ${countOf(unasked, "claim")} that an engine could be asked ${unasked === 1 ? "is" : "are"} held by no requirement yet: the last column. A section with neither was not read for claims, or says nothing that can be asked.`,
    ...opened.map((document) => documentPart(document, entries)),
  ];
  return `${parts.join("\n\n")}\n`;
}

function documentPart(document: SourceDocument, entries: readonly CatalogueEntry[]): string {
  const { key, title, link = "", sections, unasked = [] } = document;
  const rows = [{ name: "", link }, ...sections].map((section) => {
    const ids = entries.filter(({ sources }) => sources.some((source) => isAt(source, key, section.name)));
    return [
      markdownLink(section.name === "" ? "(head of the page)" : section.name, section.link),
      markdownText(ids.length === 0 ? "none" : ids.map(({ id }) => id).join(" ")),
      markdownText(
        unasked
          .filter((one) => one.section === section.name)
          .map(({ claim }) => claim)
          .join("; "),
      ),
    ];
  });
  return `## ${markdownText(title)} (${markdownText(key)})\n\n${markdownTable(["section", "requirements", "claims that nobody asks yet"], rows)}`;
}

function isAt({ document, section }: Source, key: string, name: string): boolean {
  return document === key && section === name;
}

function firmest(sources: readonly Source[]): SourceKind | undefined {
  return KINDS.find((kind) => sources.some((source) => source.kind === kind));
}
