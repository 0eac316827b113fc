import { EXIT } from "../engine/errors.ts";
import { noteText } from "../model/note.ts";
import type { RequirementResult, Results } from "../model/results.ts";
import type { RunDiff } from "../model/run-diff.ts";
import { formatCards } from "./cards-text.ts";
import { painter } from "./colour.ts";
import { changeLines, flakyLines } from "./diff-text.ts";
import { disturbanceTexts } from "./disturbance-text.ts";
import { type FailureTextOptions, formatFailure } from "./failure-text.ts";
import { labelled, textWidth, wrap } from "./layout.ts";
import { countOf, cut, oneLine } from "./plain-text.ts";
import { countStrip, duration, judgedLines, residueLine } from "./summary-lines.ts";
import { exitMeaning } from "./verdict.ts";

/** Failures shown with their evidence; that of the others is in results.json. */
const IN_FULL = 5;

/**
 * Every `fail` and then every `error` of a run. At most a few are printed in full, one of each cause; the others take one
 * line. Why they failed is told once for all, by the cards of {@link formatSummary}.
 * Empty when there is none; otherwise ends with a newline.
 */
export function formatFailures(requirements: readonly RequirementResult[], options: FailureTextOptions = {}): string {
  const failures = (["fail", "error"] as const).flatMap((verdict) =>
    requirements.filter((result) => result.verdict === verdict && result.disturbed !== true),
  );
  const { width = 90 } = options;
  const full = groupByCause(failures)
    .flatMap(([first]) => first ?? [])
    .slice(0, IN_FULL);
  const blocks = failures
    .filter((result) => full.includes(result))
    .map((result) => formatFailure({ ...result, likelyCause: "" }, options));
  const rest = failures.filter((result) => !full.includes(result)).map((result) => oneLineFailure(result, width));
  const parts = [...blocks, ...(rest.length === 0 ? [] : [rest.join("\n")]), ...disturbedBlocks(requirements, width)];
  return parts.length === 0 ? "" : `${parts.join("\n\n")}\n`;
}

/** What something from outside came over: one sentence for all of it, and which they are. */
function disturbedBlocks(requirements: readonly RequirementResult[], width: number): string[] {
  const byReason = Map.groupBy(
    requirements.filter(({ disturbed }) => disturbed === true),
    ({ reason }) => oneLine(reason),
  );
  return [...byReason].map(([reason, hit]) =>
    [
      ...wrap(`ERROR  ${countOf(hit.length, "requirement")} could not be judged: ${reason}`, width),
      ...wrap(hit.map(({ id }) => oneLine(id)).join(" "), width - 2).map((line) => `  ${line}`),
    ].join("\n"),
  );
}

/** Failures with the same first cause together; without a known cause each is its own group. */
function groupByCause(failures: readonly RequirementResult[]): RequirementResult[][] {
  const groups = new Map<string, RequirementResult[]>();
  for (const result of failures) {
    const key = result.explanation?.causes[0]?.key ?? result.id;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()];
}

function oneLineFailure(result: RequirementResult, width: number): string {
  const word = result.verdict === "error" ? "ERROR" : "FAIL ";
  const line = `${word} ${oneLine(result.id)}  ${oneLine(result.must)}`;
  return cut(line, width);
}

export interface SummaryOptions {
  /** Columns. Default 90. */
  readonly width?: number;
  readonly colour?: boolean;
  /** Where `writeReports` put the files; left out when they were not written. */
  readonly reportsFolder?: string;
  /** The reports could not be written: whatever the verdict, that is no success. */
  readonly unwritten?: boolean;
  /** From `changesSince`; null or absent when there is nothing to compare with. */
  readonly changes?: RunDiff | null;
}

/**
 * What a run prints: what was judged, residue, where the reports lie, notes; then what matters, the nearer to the end the
 * more: what failed, problems, the cards, and the verdict last. Ends with a newline.
 */
export function formatSummary(results: Results, options: SummaryOptions = {}): string {
  const { width = 90, colour = false, reportsFolder, changes, unwritten = false } = options;
  const paint = painter(colour);
  const text = textWidth(width);
  const list = (label: string, items: readonly string[]) =>
    items.flatMap((item, index) => labelled(index === 0 ? label : "", wrap(oneLine(item), text)));
  const mood = { conformant: "green", partial: "yellow", "not conformant": "red", "not judged": "yellow" } as const;

  // What the host's look says in words is on the cards as data; it stands alone only where there is none.
  const findings = results.cards.length === 0 ? results.findings : [];
  const cards = formatCards(results.requirements, results.cards, { width, colour });
  const explained = [
    ...list("finding", findings),
    ...list("problem", [...disturbanceTexts(results.disturbances), ...results.errors]),
  ];
  const failures = formatFailures(results.requirements, { width, colour });
  const facts = [
    ...judgedLines(results),
    ...changeLines(changes ?? null, results).map((line) => ["changed", line] as const),
    ...flakyLines(results).map((line) => ["flaky", line] as const),
    ["residue", `left behind: ${residueLine(results.residue)}`] as const,
    ...(reportsFolder === undefined
      ? []
      : [["reports", `${oneLine(reportsFolder)}/index.html, summary.md, results.json and more`] as const]),
    ["duration", duration(results.durationMs)] as const,
  ];

  return [
    paint("dim", "─".repeat(Math.min(width, 100))),
    ...facts.flatMap(([label, line]) => list(label, [line])),
    "",
    ...(results.notes.length === 0 ? [] : [...list("note", results.notes.map(noteText)), ""]),
    ...(failures === "" ? [] : [failures]),
    ...(explained.length === 0 ? [] : [...explained, ""]),
    ...(cards === "" ? [] : [cards, ""]),
    ...wrap(oneLine(results.summary), width).map((line) => paint(mood[results.verdict], paint("bold", line))),
    ...wrap(
      unwritten
        ? `Exit code ${EXIT.notJudged}: the reports could not be written.`
        : `Exit code ${results.exitCode}: ${exitMeaning(results)}.`,
      width,
    ),
    ...wrap(countStrip(results.counts), width),
    "",
  ].join("\n");
}
