import type { RequirementResult, Verdict } from "../../model/results.ts";
import { causeTitle } from "../cause-title.ts";
import { type MatrixColumn, type MatrixRow, matrixRows } from "../matrix.ts";
import { countOf } from "../plain-text.ts";
import { duration, residueLine, VERDICT_ORDER } from "../summary-lines.ts";
import { framePage, headerHtml, section } from "./frame.ts";
import { anchorOf, type Html, html, prose, table } from "./html.ts";

/** The sign of each verdict in a cell, told apart without colour. */
const SIGNS: Readonly<Record<Verdict, string>> = {
  pass: "✓",
  fail: "✗ fail",
  error: "! error",
  waived: "waived",
  "not applicable": "n/a",
  "not run": "–",
};

/** A column of a matrix with the folder in which the page of its run lies, beside the matrix. */
export interface LinkedColumn extends MatrixColumn {
  readonly folder: string;
}

/**
 * `index.html` of several runs: requirement × run, at first only what is red in one and where they differ. Each cell leads to the
 * requirement on the page of its run.
 * @param what the runs are of, `engine` or `configuration`
 * @param without runs that there were not, each with the reason
 */
export function renderMatrixPage(
  what: string,
  columns: readonly LinkedColumn[],
  without: readonly string[] = [],
): string {
  const rows = matrixRows(columns);
  const red = rows.filter(({ verdicts }) => verdicts.some(isBad));
  const differing = rows.filter(({ verdicts }) => new Set(verdicts).size > 1 && !verdicts.some(isBad));
  const worst = Math.max(0, ...columns.map(({ results }) => results.exitCode));
  const bad = columns.filter(({ results }) => results.exitCode !== 0).length;
  const mood = worst === 0 ? "conformant" : worst === 1 ? "not-conformant" : "not-judged";
  const sentence =
    bad === 0
      ? `${countOf(columns.length, "run")}, conformant each.`
      : `${bad} of ${countOf(columns.length, "run")} not conformant or not judged.`;
  return framePage({
    title: `Requirement × ${what}`,
    header: headerHtml(
      mood,
      worst === 0 ? "conformant" : worst === 1 ? "not conformant" : "not judged",
      `Requirement × ${what}`,
      sentence,
      without,
    ),
    sections: [
      ["runs", "Runs", section("runs", "Runs", runsTable(what, columns))],
      ["causes", "Causes", causes(columns)],
      [
        "red",
        "Red",
        red.length === 0 ? html`` : section("red", "What is red", verdictTable("What is red", columns, red)),
      ],
      [
        "differences",
        "Differences",
        section(
          "differences",
          "Where they differ",
          differing.length === 0
            ? html`<p>${red.length === 0 ? "Nowhere." : "Nowhere else."}</p>`
            : verdictTable("Differences", columns, differing),
        ),
      ],
      [
        "all",
        "All",
        section(
          "all",
          "All requirements",
          html`<details class="fold"><summary>${countOf(rows.length, "requirement")}</summary>${verdictTable("All requirements", columns, rows)}</details>`,
        ),
      ],
    ],
  });
}

function runsTable(what: string, columns: readonly LinkedColumn[]): Html {
  return table(
    "Runs",
    [what, "verdict", ...VERDICT_ORDER.map(([, word]) => word), "left behind", "took"],
    columns.map(({ name, folder, results }) => [
      html`<a href="${folder}/index.html">${name}</a>`,
      html`<b class="${results.exitCode === 0 ? "" : "worse"}">${results.verdict}</b>`,
      ...VERDICT_ORDER.map(([verdict]) => String(results.counts[verdict])),
      residueLine(results.residue),
      duration(results.durationMs),
    ]),
  );
}

function verdictTable(caption: string, columns: readonly LinkedColumn[], rows: readonly MatrixRow[]): Html {
  return table(
    caption,
    ["requirement", ...columns.map(({ name }) => name), "must"],
    rows.map(({ id, must, verdicts }) => [
      id,
      ...verdicts.map((verdict, index) => (verdict === null ? null : cell(id, verdict, columns[index]))),
      prose(must),
    ]),
  );
}

function cell(id: string, verdict: Verdict, column: LinkedColumn | undefined): Html {
  const words = column === undefined ? verdict : `${id} on ${column.name}: ${verdict}`;
  return html`<a class="mark ${verdict.replaceAll(" ", "-")}" href="${column?.folder ?? "."}/index.html#${anchorOf(id)}" title="${words}">${SIGNS[verdict]}</a>`;
}

/** Each cause once, with the runs that have it. */
function causes(columns: readonly LinkedColumn[]): Html {
  const byKey = Map.groupBy(
    columns.flatMap(({ name, results }) => results.cards.map((card) => ({ name, card }))),
    ({ card }) => card.key,
  );
  const open = columns.flatMap(({ name, results }) => {
    const explained = new Set(results.cards.flatMap(({ explains }) => explains));
    return results.requirements.flatMap((one) => (isBad(one.verdict) && !explained.has(one.id) ? [{ name, one }] : []));
  });
  if (byKey.size === 0 && open.length === 0) return html``;
  const cards = [...byKey.values()].map((same) => {
    const [first] = same;
    if (first === undefined) return null;
    const { effect, remedies } = first.card;
    return html`<article class="card"><h3>${prose(causeTitle(first.card))}</h3><p>On ${same.map(({ name }) => name).join(", ")}.</p><p class="effect">${prose(effect)}</p>
${remedies.slice(0, 1).map((remedy) => html`<pre>${remedy.commands.join("\n")}</pre>`)}</article>`;
  });
  return section(
    "causes",
    "What happened",
    html`${cards}${open.length === 0 ? null : html`<p>No cause found:</p><ul>${[...Map.groupBy(open, ({ one }) => one.id).values()].map(openHtml)}</ul>`}`,
  );
}

function openHtml(same: readonly { readonly name: string; readonly one: RequirementResult }[]): Html {
  const [first] = same;
  return html`<li>${first?.one.id ?? ""} on ${same.map(({ name }) => name).join(", ")}: ${first?.one.reason ?? ""}</li>`;
}

function isBad(verdict: Verdict | null): boolean {
  return verdict === "fail" || verdict === "error";
}
