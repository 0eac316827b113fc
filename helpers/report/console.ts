import { noteText } from "../model/note.ts";
import { painter } from "./colour.ts";
import type { RunDiff } from "./diff.ts";
import { diffLine } from "./diff-text.ts";
import { disturbanceTexts } from "./disturbance-text.ts";
import { type FailureTextOptions, formatFailure } from "./failure-text.ts";
import { labelled, textWidth, wrap } from "./layout.ts";
import { cut, oneLine } from "./plain-text.ts";
import type { RequirementResult, Results } from "./results.ts";
import { countStrip, duration, judgedLines, residueLine } from "./summary-lines.ts";
import { exitMeaning } from "./verdict.ts";

const IN_FULL = 10;

/**
 * Every `fail` and then every `error` of a run, those of one likely cause together under a heading.
 * At most ten are printed in full, one of each cause before a second of any; the others take one line.
 * Empty when there is none; otherwise ends with a newline.
 */
export function formatFailures(requirements: readonly RequirementResult[], options: FailureTextOptions = {}): string {
  const groups = groupByCause(requirements);
  const full = new Set(inTurn(groups).slice(0, IN_FULL));
  const { width = 90 } = options;
  const paint = painter(options.colour ?? false);

  const blocks = groups.map((group) => {
    const cause = oneLine(group[0]?.likelyCause ?? "");
    const heading =
      group.length > 1 ? wrap(`${group.length} requirements share one likely cause: ${cause}`, width).join("\n") : "";
    const shown = group
      .filter((result) => full.has(result))
      .map((result) => formatFailure(heading === "" ? result : withoutCause(result), options));
    const rest = group.filter((result) => !full.has(result)).map((result) => oneLineFailure(result, width));
    return [heading === "" ? "" : paint("bold", heading), ...shown, rest.join("\n")].filter((part) => part !== "");
  });
  return blocks.map((parts) => `${parts.join("\n\n")}\n`).join("\n");
}

/** The heading of its group has said it. */
function withoutCause(result: RequirementResult): RequirementResult {
  return { ...result, likelyCause: "" };
}

/** Failures with the same likely cause together, the largest group first; without a known cause each is its own group. */
function groupByCause(requirements: readonly RequirementResult[]): RequirementResult[][] {
  const groups = new Map<string, RequirementResult[]>();
  for (const verdict of ["fail", "error"] as const) {
    for (const result of requirements.filter((candidate) => candidate.verdict === verdict)) {
      const cause = oneLine(result.likelyCause ?? "");
      const key = cause === "" ? `${verdict} ${groups.size}` : `${verdict} because ${cause}`;
      groups.set(key, [...(groups.get(key) ?? []), result]);
    }
  }
  const rank = (group: readonly RequirementResult[]) => (group[0]?.verdict === "fail" ? 0 : 1);
  return [...groups.values()].sort((a, b) => rank(a) - rank(b) || b.length - a.length);
}

/** The first of each group, then the second of each, and so on. */
function inTurn(groups: readonly (readonly RequirementResult[])[]): RequirementResult[] {
  const longest = Math.max(0, ...groups.map((group) => group.length));
  return Array.from({ length: longest }, (_, index) => groups.flatMap((group) => group.slice(index, index + 1))).flat();
}

function oneLineFailure(result: RequirementResult, width: number): string {
  const word = result.verdict === "error" ? "ERROR" : "FAIL ";
  const line = `${word} ${oneLine(result.id)}  ${oneLine(result.observed ?? result.reason)}`;
  return cut(line, width);
}

export interface SummaryOptions {
  /** Columns. Default 90. */
  readonly width?: number;
  readonly colour?: boolean;
  /** Where `writeReports` put the files; left out when they were not written. */
  readonly reportsFolder?: string;
  /** From `changesSince`; null or absent when there is nothing to compare with. */
  readonly changes?: RunDiff | null;
}

/** The last lines of a run: findings and problems, the verdict, notes, what was judged, residue, where the reports lie. Ends with a newline. */
export function formatSummary(results: Results, options: SummaryOptions = {}): string {
  const { width = 90, colour = false, reportsFolder, changes } = options;
  const paint = painter(colour);
  const text = textWidth(width);
  const list = (label: string, items: readonly string[]) =>
    items.flatMap((item, index) => labelled(index === 0 ? label : "", wrap(oneLine(item), text)));
  const mood = { conformant: "green", partial: "yellow", "not conformant": "red", "not judged": "yellow" } as const;

  const explained = [
    ...list("finding", results.findings),
    ...list("problem", [...disturbanceTexts(results.disturbances), ...results.errors]),
  ];
  const facts = [
    ...judgedLines(results),
    ...(changes ? [["changed", diffLine(changes)] as const] : []),
    ["residue", `left behind: ${residueLine(results.residue)}`] as const,
    ...(reportsFolder === undefined
      ? []
      : [["reports", `${oneLine(reportsFolder)}/results.json, junit.xml, summary.md`] as const]),
    ["duration", duration(results.durationMs)] as const,
  ];

  return [
    paint("dim", "─".repeat(Math.min(width, 100))),
    ...(explained.length === 0 ? [] : [...explained, ""]),
    ...wrap(oneLine(results.summary), width).map((line) => paint(mood[results.verdict], paint("bold", line))),
    ...wrap(`Exit code ${results.exitCode}: ${exitMeaning(results)}.`, width),
    "",
    `  ${countStrip(results.counts)}`,
    "",
    ...(results.notes.length === 0 ? [] : [...list("note", results.notes.map(noteText)), ""]),
    ...facts.flatMap(([label, line]) => list(label, [line])),
    "",
  ].join("\n");
}
