import type { Card } from "../../model/cause.ts";
import type { RequirementResult } from "../../model/results.ts";
import type { Source } from "../../model/source.ts";
import { causeTitle } from "../cause-title.ts";
import { reasonBeside, runAlone, scriptLine } from "../failure-text.ts";
import { oneLine } from "../plain-text.ts";
import { sourcePlace } from "../source-text.ts";
import { cardAnchor } from "./cards.ts";
import { anchorOf, command, type Html, html, outward, prose, table } from "./html.ts";
import { foldedTranscript, type Packed } from "./transcript.ts";
import { walkHtml } from "./walk.ts";

/** What is told with a failure: its transcript, its packet's way, and its verdicts in earlier runs. */
interface BesideFailure {
  readonly asked: Html;
  /** The way of its packet; null where it has none. */
  readonly walk: Html | null;
  readonly history: Html | null;
}

/** One that failed or could not be measured, whole: nothing of it is folded. */
export function failureHtml(result: RequirementResult, cards: readonly Card[], beside: BesideFailure): Html {
  const { id, must, verdict, likelyCause } = result;
  const reason = reasonBeside(result);
  const script = scriptLine(result);
  const card = cards.findIndex(({ explains }) => explains.includes(id));
  const found = cards[card];
  const cause =
    found === undefined
      ? likelyCause === undefined || likelyCause === ""
        ? null
        : html`<p class="why">Likely: ${prose(likelyCause)}</p>`
      : html`<p class="why">Why: <a href="#${cardAnchor(card)}">${prose(causeTitle(found))}</a></p>`;
  return html`<article class="failure req" id="${anchorOf(id)}" data-verdict="${verdict}"><h3><span class="mark ${verdict}">${verdict}</span> <a class="id" href="#${anchorOf(id)}">${id}</a> ${prose(must)}</h3>
${comparison(result)}
${reason === "" || reason === oneLine(result.observed ?? "") ? null : html`<p>${verdict === "error" ? "Could not be measured" : "Because"}: ${prose(reason)}</p>`}
${cause}
${result.walk === undefined ? null : html`<h4>${result.walk.followed === "events" ? "Its packet, sent again" : "The way of its packet"}</h4>${beside.walk}`}
${shownTable(result)}
<p class="again">Just this one again:</p>${command([runAlone(result)])}
${script === null ? null : html`<p class="again">Without us: ${prose(script)}.</p>`}
${beside.history}
${beside.asked}
${aboutHtml(result)}</article>`;
}

/** One of a chapter, folded. @param history its verdicts in earlier runs; null where they were always the same */
export function requirementHtml(result: RequirementResult, packed: Packed, history: Html | null): Html {
  const { id, must, verdict, reason } = result;
  return html`<details class="req" id="${anchorOf(id)}" data-verdict="${verdict}"><summary><span class="mark ${verdict.replaceAll(" ", "-")}">${verdict}</span> <b class="id">${id}</b> ${prose(must)}</summary>
${reason === "" ? null : html`<p>${prose(reason)}</p>`}
${shownTable(result)}
${history}
${aboutHtml(result)}
${result.walk === undefined ? null : walkHtml(result.walk)}
${foldedTranscript(result, packed.holds(result))}</details>\n`;
}

/** Expected beside observed; of two tables the lines that differ are marked. */
function comparison({ expected, observed }: RequirementResult): Html | null {
  if (expected === undefined && observed === undefined) return null;
  const [left, right] = [linesOf(expected ?? "–"), linesOf(observed ?? "–")];
  const marked = (lines: readonly string[], others: readonly string[]) =>
    lines.map((line, index) => {
      const end = index < lines.length - 1 ? "\n" : "";
      const same = lines.length === 1 || oneLine(line) === oneLine(others[index] ?? "");
      return same ? html`${line}${end}` : html`<mark>${line}</mark>${end}`;
    });
  return html`<div class="compare"><div><h4>Expected</h4><pre>${marked(left, right)}</pre></div><div><h4>Observed</h4><pre>${marked(right, left)}</pre></div></div>`;
}

function linesOf(text: string): string[] {
  return text.replace(/\n+$/, "").split("\n");
}

/** The table that a requirement shows beside its verdict. */
function shownTable({ table: shown, id }: RequirementResult): Html | null {
  return shown === undefined ? null : table(`${id}: ${shown.title}`, shown.columns, shown.rows);
}

function aboutHtml({ sources, appliesTo, needs, file }: RequirementResult): Html {
  return html`<p class="about">Written in: ${sources.map((source, index) => html`${index === 0 ? "" : "; "}${sourceHtml(source)}`)}. Applies to: ${appliesTo}.${needs.length === 0 ? null : html` Needs: ${needs.join(", ")}.`} Judged by ${file}.</p>`;
}

function sourceHtml(source: Source): Html {
  const { link, words } = source;
  const place = sourcePlace(source);
  return html`${link === undefined ? place : outward(link, place)}${words === undefined ? null : html` “${words}”`}`;
}
