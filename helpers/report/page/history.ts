import type { History, HistoryRun } from "../../model/history.ts";
import type { Results } from "../../model/results.ts";
import { countOf } from "../plain-text.ts";
import { moment } from "../summary-lines.ts";
import { anchorOf, type Html, html, prose } from "./html.ts";

/** Each letter of a line of verdicts: the class that colours it, and its word. */
const WORDS: Readonly<Record<string, readonly [name: string, word: string]>> = {
  p: ["pass", "passed"],
  f: ["fail", "failed"],
  e: ["error", "could not be measured"],
  w: ["waived", "waived"],
  n: ["not-applicable", "not applicable"],
  "-": ["not-run", "not run"],
  ".": ["unknown", "not asked"],
};
/** So many runs are told in words. */
const TOLD = 10;

/** The engine's last runs, and the verdicts that changed among them, run by run. Nothing where there was no run before. */
export function historyHtml({ history }: Pick<Results, "history">): Html {
  if (history === undefined || history.runs.length < 2) return html``;
  const { runs, flaky, baseline } = history;
  return html`<section id="history" aria-labelledby="history-title"><h2 id="history-title">History</h2>
<p>${countOf(runs.length, "run")} of this engine, the last one is this. ${baseline === null ? null : html`The baseline is the run of ${moment(baseline.startedAt)}, ${baseline.verdict}.`}</p>
${flaky.length === 0 ? null : html`<p><b>Comes and goes</b> although nothing that is recorded changed: ${flaky.map(({ id, bad, of }, index) => html`${index === 0 ? "" : ", "}<a href="#${anchorOf(id)}">${id}</a> (bad in ${bad} of ${of} runs)`)}.</p>`}
<ul class="runs">${runs.toReversed().slice(0, TOLD).map(runHtml)}</ul>
${linesHtml(history)}</section>`;
}

function runHtml({ startedAt, verdict, whole, failed, causes }: HistoryRun): Html {
  return html`<li><time datetime="${startedAt}">${moment(startedAt)}</time> <b class="${verdict.replaceAll(" ", "-")}">${verdict}</b>${whole ? "" : ", only a part"}${failed === 0 ? "" : `, ${failed} failed or could not be measured`}${causes.length === 0 ? null : html`: ${prose(causes[0] ?? "")}${causes.length > 1 ? ` And ${countOf(causes.length - 1, "more cause")}.` : ""}`}</li>`;
}

function linesHtml({ runs, verdicts }: History): Html | null {
  const rows = Object.entries(verdicts);
  if (rows.length === 0) return null;
  return html`<p>${countOf(rows.length, "requirement")} changed among them. A sign is a run, the newest on the right:</p>
<dl class="lines">${rows.map(([id, line]) => html`<div><dt><a href="#${anchorOf(id)}">${id}</a></dt><dd><span class="line" role="img" aria-label="${told(line)}">${[...line].map((letter, index) => html`<i class="${WORDS[letter]?.[0] ?? "unknown"}" title="${moment(runs[index]?.startedAt ?? "")}: ${WORDS[letter]?.[1] ?? ""}"></i>`)}</span></dd></div>`)}</dl>`;
}

/** How it stands now, and how often it stood so. */
function told(line: string): string {
  const last = line.at(-1) ?? ".";
  const same = [...line].filter((letter) => letter === last).length;
  return `${WORDS[last]?.[1] ?? ""} in ${same} of the last ${countOf(line.length, "run")}`;
}

/** The line of one requirement; nothing where it was always the same. */
export function lineHtml(id: string, { history }: Pick<Results, "history">): Html | null {
  const line = history?.verdicts[id];
  return line === undefined ? null : html`<p>History: ${told(line)}.</p>`;
}
