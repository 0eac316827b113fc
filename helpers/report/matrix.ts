import type { Results, Verdict } from "../model/results.ts";
import { formatFailure } from "./failure-text.ts";
import { countOf } from "./plain-text.ts";

/** Failures shown in full: more of them have one cause, and stand in the reports. */
const FAILURES_SHOWN = 10;

/** One engine's run. */
export interface MatrixColumn {
  /** As the table heads it: the engine's version, or `this host`. */
  readonly name: string;
  readonly results: Results;
}

/** How a cell shows a verdict. */
const CELL: Readonly<Record<Verdict, string>> = {
  pass: "pass",
  fail: "FAIL",
  error: "ERROR",
  waived: "waived",
  "not applicable": "n/a",
  "not run": "–",
};

/** One requirement over all engines. */
export interface MatrixRow {
  readonly id: string;
  readonly must: string;
  /** The verdict per column; null where the run does not know the requirement. */
  readonly verdicts: readonly (Verdict | null)[];
}

/** Requirement × engine, in the order of the ids. */
export function matrixRows(columns: readonly MatrixColumn[]): readonly MatrixRow[] {
  const rows = new Map<string, MatrixRow>();
  for (const [index, { results }] of columns.entries()) {
    for (const { id, must, verdict } of results.requirements) {
      const row = rows.get(id) ?? { id, must, verdicts: columns.map(() => null) };
      rows.set(id, { ...row, verdicts: row.verdicts.with(index, verdict) });
    }
  }
  return [...rows.values()].toSorted((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
}

/** The table as text: the counts per engine, then every requirement whose verdict differs or is bad. */
export function formatMatrix(columns: readonly MatrixColumn[]): string {
  const rows = matrixRows(columns);
  const telling = rows.filter(({ verdicts }) => new Set(verdicts).size > 1 || verdicts.some(isBad));
  const widths = columns.map(({ name }) => Math.max(name.length, 6));
  const line = (label: string, cells: readonly string[]) =>
    `  ${label.padEnd(14)} ${cells.map((cell, index) => cell.padStart(widths[index] ?? 6)).join("  ")}`;
  const counts = (Object.keys(CELL) as Verdict[]).map((verdict) =>
    line(
      verdict,
      columns.map(({ results }) => String(results.counts[verdict])),
    ),
  );
  return [
    line(
      "",
      columns.map(({ name }) => name),
    ),
    ...counts,
    line(
      "left behind",
      columns.map(({ results }) => (results.residue.state === "clean" ? "no" : "YES")),
    ),
    line(
      "seconds",
      columns.map(({ results }) => String(Math.round(results.durationMs / 1000))),
    ),
    "",
    `  ${rows.length} requirements; the ${telling.length} on which the engines differ, or one fails:`,
    ...telling.map(({ id, verdicts }) =>
      line(
        id,
        verdicts.map((verdict) => (verdict === null ? "" : CELL[verdict])),
      ),
    ),
    ...formatFailures(columns, rows),
  ].join("\n");
}

/** What each failed requirement saw, on the first engine that it failed on: a log is often all that is left of a run. */
function formatFailures(columns: readonly MatrixColumn[], rows: readonly MatrixRow[]): readonly string[] {
  const failed = rows.filter(({ verdicts }) => verdicts.some(isBad));
  const blocks = failed.slice(0, FAILURES_SHOWN).flatMap(({ id, verdicts }) => {
    const on = columns.filter((_, index) => isBad(verdicts[index] ?? null));
    const result = on[0]?.results.requirements.find((requirement) => requirement.id === id);
    return result === undefined
      ? []
      : ["", `On ${on.map(({ name }) => name).join(", ")}:`, formatFailure(result, { outputLines: 4 })];
  });
  const more = failed.length - FAILURES_SHOWN;
  return more > 0 ? [...blocks, "", `${countOf(more, "more failure")}: see the summary.md of each engine.`] : blocks;
}

/** The whole table in Markdown. */
export function matrixMarkdown(columns: readonly MatrixColumn[]): string {
  const head = ["requirement", ...columns.map(({ name }) => name), "must"];
  const cells = matrixRows(columns).map(({ id, must, verdicts }) => [
    id,
    ...verdicts.map((verdict) => (verdict === null ? "" : CELL[verdict])),
    must.replaceAll("|", "\\|"),
  ]);
  const row = (words: readonly string[]) => `| ${words.join(" | ")} |`;
  return `${["# Requirement × engine", "", row(head), row(head.map(() => "---")), ...cells.map(row)].join("\n")}\n`;
}

function isBad(verdict: Verdict | null): boolean {
  return verdict === "fail" || verdict === "error";
}
