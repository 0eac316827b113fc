import type { Outcome } from "../../model/outcome.ts";
import type { Results } from "../../model/results.ts";
import { countOf } from "../plain-text.ts";
import { anchorOf, type Html, html, table } from "./html.ts";
import { type ReachCell, type ReachTable, reachTables } from "./reach-table.ts";

/** The sign of each outcome, told apart without colour. */
const SIGNS: Readonly<Record<Outcome, string>> = {
  replied: "●",
  refused: "⊘",
  "timed out": "○",
  unreachable: "×",
  "name not found": "?",
  "probe failed": "!",
};

/** Who reached whom and who resolved whom: by suite, those with something unexpected open. Nothing where nothing was asked. */
export function matrices(results: Results): Html {
  const tables = reachTables(results);
  if (tables.length === 0) return html``;
  const suites = [...new Set(tables.map(({ suite }) => suite))];
  return html`<section id="reach" aria-labelledby="reach-title"><h2 id="reach-title">Who reaches whom</h2>
<p>Each sign is what was observed: ${Object.entries(SIGNS).map(([outcome, sign], index) => html`${index === 0 ? "" : ", "}<span class="sign">${sign}</span> ${outcome}`)}. <span class="cell against">A frame</span>: otherwise than expected. Two signs: it changed within the run, as when a container is disconnected. Each leads to its evidence.</p>
${suites.map((suite) =>
  suiteHtml(
    suite,
    tables.filter((one) => one.suite === suite),
  ),
)}</section>`;
}

function suiteHtml(suite: string, tables: readonly ReachTable[]): Html {
  const cells = tables.flatMap(({ rows }) => rows.flatMap((row) => row.cells)).filter((cell) => cell !== null);
  const wrong = cells.filter(({ against }) => against.length > 0).length;
  return html`<details class="fold"${wrong > 0 ? html` open` : null}><summary>${suite}: ${countOf(cells.length, "way")}${wrong > 0 ? html`, <b>${wrong} otherwise than expected</b>` : null}</summary>
${tables.map(tableHtml)}</details>`;
}

function tableHtml({ suite, how, from, rows }: ReachTable): Html {
  return table(
    `${suite}: ${how}`,
    [how === "published ports" ? "port \\ asked from" : "asked \\ from", ...from],
    rows.map(({ to, cells }) => [to, ...cells.map((cell) => (cell === null ? null : cellHtml(cell)))]),
  );
}

function cellHtml({ outcomes, against, evidence: { id, index } }: ReachCell): Html {
  const words = `${outcomes.join(", then ")}${against.length > 0 ? ", otherwise than expected" : ""}: ${id}`;
  return html`<a class="cell${against.length > 0 ? " against" : ""}" href="#${anchorOf(id)}" data-question="${index}" title="${words}" aria-label="${words}">${outcomes.map((outcome) => SIGNS[outcome]).join("")}</a>`;
}
