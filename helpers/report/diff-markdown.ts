import type { Change, RunDiff, RunIdentity, Setting } from "../model/run-diff.ts";
import { arrow, conclusion, explanationText, gathered, hostLines, idsText } from "./diff-text.ts";
import { markdownTable, markdownText } from "./markdown-text.ts";
import { plainText } from "./plain-text.ts";
import { moment } from "./summary-lines.ts";

const MAX_CELL = 300;

/** The comparison of two runs as Markdown: what is unexplained first. */
export function renderDiff(diff: RunDiff): string {
  const unexplained = diff.changes.filter(({ explanation }) => explanation.by === "nothing");
  const explained = diff.changes.filter(({ explanation }) => explanation.by !== "nothing");
  const sections = [
    "# What changed between two runs",
    `**${markdownText(conclusion(diff))}**`,
    markdownTable(
      ["run", "started", "engine", "host", "verdict"],
      [runRow("before", diff.before), runRow("after", diff.after)],
    ),
    diff.remarks.map((remark) => `- ${markdownText(remark)}`).join("\n"),
    "## Configuration",
    settingsTable(diff.configuration),
    ...(diff.versions.length === 0 ? [] : ["## Versions", settingsTable(diff.versions)]),
    ...diff.host.flatMap((change) => [`## The host's ${change.aspect}`, fenced(hostLines(change))]),
    "## Unexplained",
    changesTable(unexplained),
    "## Explained",
    changesTable(explained),
    diff.added.length === 0 ? "" : `New: ${markdownText(idsText(diff.added))}`,
    diff.removed.length === 0 ? "" : `Gone: ${markdownText(idsText(diff.removed))}`,
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function runRow(name: string, { startedAt, engine, hostname, verdict }: RunIdentity): string[] {
  return [name, moment(startedAt), markdownText(engine), markdownText(hostname), verdict];
}

/** Lines as they stand; the fence is longer than any that stands in them. */
function fenced(lines: readonly string[]): string {
  const text = plainText(lines.join("\n"));
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}diff\n${text}\n${fence}`;
}

function settingsTable(settings: readonly Setting[]): string {
  if (settings.length === 0) return "No change.";
  return markdownTable(
    ["what", "before", "after"],
    settings.map(({ what, before, after }) => [what, before, after].map((cell) => markdownText(cell, MAX_CELL))),
  );
}

function changesTable(changes: readonly Change[]): string {
  if (changes.length === 0) return "None.";
  return markdownTable(
    ["", "what", "before → after", "explained", "why it is so now", "requirements"],
    gathered(changes).map((change) => [
      change.worse ? "worse" : "",
      markdownText(change.kind === "verdict" ? "verdict" : change.what, MAX_CELL),
      markdownText(arrow(change)),
      markdownText(explanationText(change.explanation), MAX_CELL),
      markdownText(change.reason, MAX_CELL),
      markdownText(idsText(change.ids), MAX_CELL),
    ]),
  );
}
