import { noteText } from "../../model/note.ts";
import type { Results } from "../../model/results.ts";
import { disturbanceTexts } from "../disturbance-text.ts";
import { countOf } from "../plain-text.ts";
import { duration, judgedLines, moment, reasonsOf, residueLine, VERDICT_ORDER } from "../summary-lines.ts";
import { exitMeaning } from "../verdict.ts";
import { type Html, html, prose, requirementLinks } from "./html.ts";

/** Of what was judged, the lines beside the verdict. */
const AT_FIRST: readonly string[] = ["engine", "host", "configured", "selection"];

/** So many failures stand on paper with their evidence; the style sheet says the same. */
const ON_PAPER = 60;

/** What a phone shows first: the verdict in a sentence, the counts, and what lies in the way of a better one. */
export function verdictHtml(results: Results): Html {
  const { verdict, summary, counts, disturbances, errors, residue, cards, findings } = results;
  const problems = [
    ...(cards.length === 0 ? findings : []),
    ...disturbanceTexts(disturbances),
    ...errors,
    ...(residue.state === "clean" ? [] : [`Left behind: ${residueLine(residue)}`]),
  ];
  return html`<header class="top ${verdict.replaceAll(" ", "-")}"><h1><span class="verdict">${verdict}</span> Docker network conformance</h1>
<p class="sentence">${summary}</p>
<p class="of">${judgedLines(results).flatMap(([label, text]) => (AT_FIRST.includes(label) ? [html`${text}<br>`] : []))}</p>
<p class="on-paper">On paper: causes and failures without all that was asked for them, and of maps and tables those with something wrong on them. Failures behind the ${ON_PAPER}th are named with their cause alone, and long outputs are cut. All of it stands in index.html and results.json.</p>
<ul class="counts">${VERDICT_ORDER.map(([name, word]) => html`<li class="${name.replaceAll(" ", "-")}${counts[name] === 0 ? " none" : ""}"><b>${counts[name]}</b> ${word}</li>`)}</ul>
${verdict === "partial" ? html`<ul class="problems">${reasonsOf(results.requirements, "not run").map(([reason, ids]) => html`<li>Not run: ${prose(reason)} (${requirementLinks(ids)})</li>`)}</ul>` : null}
${problems.length === 0 ? null : html`<ul class="problems">${problems.map((problem) => html`<li>${problem}</li>`)}</ul>`}</header>`;
}

/** What the verdict is about, and what was not judged and why. */
export function judgedHtml(results: Results): Html {
  const { requirements, residue } = results;
  const facts: readonly (readonly [string, string])[] = [
    ...judgedLines(results),
    ["left behind", residueLine(residue)],
    ["started", `${moment(results.startedAt)}, took ${duration(results.durationMs)}`],
    ["run", `${results.runId}, suite ${results.suiteVersion}`],
    ["exit code", `${results.exitCode}: ${exitMeaning(results)}`],
  ];
  return html`<section id="judged" aria-labelledby="judged-title"><h2 id="judged-title">What was judged</h2>
<dl>${facts.map(([label, text]) => html`<div><dt>${label}</dt><dd>${text}</dd></div>`)}</dl>
${(["not run", "waived", "not applicable"] as const).map((of) => {
  const rows = reasonsOf(requirements, of);
  if (rows.length === 0) return null;
  const count = rows.reduce((sum, [, ids]) => sum + ids.length, 0);
  const word = VERDICT_ORDER.find(([name]) => name === of)?.[1] ?? of;
  return html`<details class="fold ${of.replaceAll(" ", "-")}"><summary>${countOf(count, "requirement")} ${word}: why</summary>
<ul>${rows.map(([reason, ids]) => html`<li>${prose(reason)} <small>(${requirementLinks(ids)})</small></li>`)}</ul></details>`;
})}</section>`;
}

/** What is worth knowing and no failure; nothing where there is none. */
export function notesHtml({ notes }: Results): Html {
  if (notes.length === 0) return html``;
  return html`<section id="notes" aria-labelledby="notes-title"><h2 id="notes-title">Worth knowing</h2>
<ul>${notes.map((note) => html`<li>${prose(noteText(note))}</li>`)}</ul></section>`;
}
