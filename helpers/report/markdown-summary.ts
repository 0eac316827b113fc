import type { Card } from "../model/cause.ts";
import { noteText } from "../model/note.ts";
import type { RequirementResult, Results, Verdict } from "../model/results.ts";
import type { RunDiff } from "../model/run-diff.ts";
import { cardsMarkdown } from "./cards-markdown.ts";
import { changeLines, flakyLines } from "./diff-text.ts";
import { disturbanceTexts } from "./disturbance-text.ts";
import { markdownTable, markdownText } from "./markdown-text.ts";
import { onlyDifference } from "./only-difference.ts";
import { countOf } from "./plain-text.ts";
import { sourceMarkdown } from "./source-text.ts";
import { countStrip, duration, judgedLines, moment, reasonsOf, residueLine, VERDICT_ORDER } from "./summary-lines.ts";
import { exitMeaning } from "./verdict.ts";

const MAX_ROWS = 20;
const MAX_CELL = 200;
/** The firmest stand first; `docs/catalogue.md` has all. */
const MAX_SOURCES = 2;

/** `summary.md`: one screen for the summary page of a CI run. What is long is cut or folded; all of it is in `results.json`. */
export function renderMarkdownSummary(results: Results, changes: RunDiff | null): string {
  const sections = [
    `## Docker network conformance: ${results.verdict}`,
    `**${markdownText(results.summary)}**`,
    countStrip(results.counts),
    cardsMarkdown(results.requirements, results.cards),
    bullets([
      ...(results.cards.length === 0 ? results.findings : []).map((finding) => `Finding: ${finding}`),
      ...[...disturbanceTexts(results.disturbances), ...results.errors].map((problem) => `Problem: ${problem}`),
    ]),
    problemTable(results.requirements, results.cards),
    disturbedLine(results.requirements),
    bullets(results.notes.map((note) => `Note: ${noteText(note)}`)),
    bullets([...changeLines(changes, results), ...flakyLines(results)].map(capitalised)),
    `Left behind: ${markdownText(residueLine(results.residue))}`,
    bullets(judgedLines(results).map(([label, text]) => `${label}: ${text}`)),
    ...results.requirements.map(shownTable),
    ...(["waived", "not applicable", "not run"] as const).map((verdict) => reasons(results.requirements, verdict)),
    `Exit code ${results.exitCode}: ${exitMeaning(results)}. Started ${moment(results.startedAt)}, took ${duration(results.durationMs)}; suite ${markdownText(results.suiteVersion)}, run ${markdownText(results.runId)}.`,
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function problemTable(requirements: readonly RequirementResult[], cards: readonly Card[]): string {
  const problems = (["fail", "error"] as const).flatMap((verdict) =>
    requirements.filter((result) => result.verdict === verdict && result.disturbed !== true),
  );
  if (problems.length === 0) return "";
  const rows = problems.slice(0, MAX_ROWS).map((result) => {
    const { expected, observed } = onlyDifference(result.expected ?? "", result.observed ?? result.reason);
    const cells = [result.id, result.must, expected, observed, causeCell(result, cards)];
    const sources = result.sources.filter(({ link }) => link !== undefined).slice(0, MAX_SOURCES);
    return [
      result.verdict,
      ...cells.map((text) => markdownText(text, MAX_CELL)),
      sources.map(sourceMarkdown).join("; "),
    ];
  });
  const table = markdownTable(["verdict", "id", "requirement", "expected", "observed", "cause", "written where"], rows);
  const more = problems.length - MAX_ROWS;
  return more > 0 ? `${table}\n\nand ${countOf(more, "more requirement")} in \`results.json\`.` : table;
}

/** Which of the cards above says why. */
function causeCell({ id }: RequirementResult, cards: readonly Card[]): string {
  const index = cards.findIndex(({ explains }) => explains.includes(id));
  if (index < 0) return "";
  return cards.length === 1 ? "see above" : `${index + 1} above`;
}

/** What something from outside came over; the sentence itself stands among the problems. */
function disturbedLine(requirements: readonly RequirementResult[]): string {
  const ids = requirements.filter(({ disturbed }) => disturbed === true).map(({ id }) => id);
  return ids.length === 0 ? "" : `Not judged for it: ${markdownText(ids.join(" "), 1000)}`;
}

/** The table that a requirement shows, folded. */
function shownTable({ id, table }: RequirementResult): string {
  if (table === undefined) return "";
  const rows = table.rows.map((row) => row.map((cell) => markdownText(cell)));
  return `<details><summary>${id} ${markdownText(table.title)}</summary>\n\n${markdownTable(
    table.columns.map((column) => markdownText(column)),
    rows,
  )}\n\n</details>`;
}

/** The reasons of one verdict, most frequent first, folded. */
function reasons(requirements: readonly RequirementResult[], verdict: Verdict): string {
  const rows = reasonsOf(requirements, verdict);
  if (rows.length === 0) return "";
  const total = rows.reduce((sum, [, ids]) => sum + ids.length, 0);
  const word = VERDICT_ORDER.find(([candidate]) => candidate === verdict)?.[1] ?? verdict;
  const table = markdownTable(
    ["count", "reason", "requirements"],
    rows.map(([reason, ids]) => [
      String(ids.length),
      markdownText(reason, MAX_CELL),
      markdownText(ids.join(" "), MAX_CELL),
    ]),
  );
  return `<details><summary>${total} ${word}</summary>\n\n${table}\n\n</details>`;
}

function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${markdownText(item)}`).join("\n");
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
