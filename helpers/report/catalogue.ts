import type { CatalogueEntry } from "../model/results.ts";
import type { SourceDocument } from "../model/source.ts";
import { markdownLink, markdownTable, markdownText } from "./markdown-text.ts";
import { countOf } from "./plain-text.ts";
import { sourceMarkdown } from "./source-text.ts";

/** Needs that one untouched host can't meet, and why. */
const BEYOND_ONE_HOST: Readonly<Record<string, string>> = {
  "second host": "what a neighbour on the LAN sees can't be asked from the host itself (npm run test:lab)",
  "disposable host": "it changes the host itself: namespaces, routes, a swarm (npm run test:lab)",
  lab: "it configures, restarts and kills engines, which would take other people's containers along (npm run test:lab)",
};

/**
 * `docs/catalogue.md`: every requirement by suite, in the order given.
 * @param documents what the keys of the sources stand for; those that nothing cites are left out
 */
export function renderCatalogue(entries: readonly CatalogueEntry[], documents: readonly SourceDocument[]): string {
  const suites = new Map<string, CatalogueEntry[]>();
  for (const entry of entries) suites.set(entry.suite, [...(suites.get(entry.suite) ?? []), entry]);
  const beyond = entries.filter(needsLab);

  const sections = [
    "# Catalogue of requirements",
    "Generated from the suites; edits are overwritten.",
    `${countOf(entries.length, "requirement")} in ${countOf(suites.size, "suite")}; ${beyond.length} of them can't be judged by one host alone.`,
    markdownTable(
      ["suite", "requirements", "file"],
      [...suites].map(([suite, members]) => [
        markdownText(suite),
        String(members.length),
        [...new Set(members.map((entry) => entry.file))].map((file) => markdownText(file)).join("<br>"),
      ]),
    ),
    "## Sources",
    documents
      .filter(({ key }) => entries.some(({ sources }) => sources.some(({ document }) => document === key)))
      .map(
        ({ key, kind, title, link }) =>
          `- **${markdownText(key)}** (${kind}): ${link === undefined ? markdownText(title) : markdownLink(title, link)}`,
      )
      .join("\n"),
    "## Not judged by one host",
    beyond.length === 0
      ? "None."
      : markdownTable(
          ["id", "needs", "why"],
          beyond.map((entry) => [
            markdownText(entry.id),
            markdownText(obstacles(entry).join(", ")),
            markdownText(
              obstacles(entry)
                .map((need) => BEYOND_ONE_HOST[need] ?? "")
                .join("; "),
            ),
          ]),
        ),
    ...[...suites].map(([suite, members]) => `## ${markdownText(suite)}\n\n${suiteTable(members)}`),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function suiteTable(entries: readonly CatalogueEntry[]): string {
  return markdownTable(
    ["id", "requirement", "applies to", "needs", "sources"],
    entries.map((entry) => [
      markdownText(entry.id),
      markdownText(entry.must),
      markdownText(entry.appliesTo),
      markdownText(entry.needs.join(", ")),
      entry.sources.map(sourceMarkdown).join("; "),
    ]),
  );
}

function obstacles({ needs }: Pick<CatalogueEntry, "needs">): string[] {
  return Object.keys(BEYOND_ONE_HOST).filter((need) => needs.includes(need));
}

/** Whether only the lab (or a second host of somebody's) can show it. */
export function needsLab(entry: Pick<CatalogueEntry, "needs">): boolean {
  return obstacles(entry).length > 0;
}
