import type { RequirementResult, Results } from "../../model/results.ts";
import { countOf } from "../plain-text.ts";
import { walkPath } from "../report-paths.ts";
import { VERDICT_ORDER } from "../summary-lines.ts";
import { lineHtml } from "./history.ts";
import { anchorOf, fragmentOf, type Html, html, prose } from "./html.ts";
import { failureHtml, requirementHtml } from "./requirement.ts";
import { foldedTranscript, type Packed, transcript } from "./transcript.ts";
import { walkHtml } from "./walk.ts";

/** Characters of what was asked for failures that stand in the page itself; of the rest it is unpacked by the page's script. */
const ASKED_ROOM = 200_000;
/** Characters of their packets' ways; the rest are named by their files. */
const WALKS_ROOM = 150_000;
/** With more failures than that the room is needed to name them. */
const MANY = 100;

/** Search and filter, shown where the page's script runs. */
function filterHtml(): Html {
  return html`<form id="filter" role="search" aria-label="Requirements" hidden>
<label>Find <input type="search" id="find" placeholder="id, word, address" autocomplete="off"></label>
<fieldset><legend>Show</legend>${VERDICT_ORDER.map(([verdict, word]) => html`<label><input type="checkbox" name="verdict" value="${verdict}" checked> ${word}</label> `)}</fieldset>
<output id="found" aria-live="polite"></output></form>`;
}

const isFailure = ({ verdict }: RequirementResult) => verdict === "fail" || verdict === "error";

/** What failed, then what could not be measured, each whole; nothing where there is neither. */
export function failuresHtml(results: Results, packed: Packed): Html {
  const { requirements, cards } = results;
  const failed = (["fail", "error"] as const).flatMap((verdict) =>
    requirements.filter((result) => result.verdict === verdict),
  );
  if (failed.length === 0) return html``;
  const part = Math.min(1, MANY / failed.length);
  const [asked, walks] = [roomOf(ASKED_ROOM * part), roomOf(WALKS_ROOM * part)];
  return html`<section id="failed" aria-labelledby="failed-title"><h2 id="failed-title">What failed</h2>
${failed.map((result) =>
  failureHtml(result, cards, {
    history: lineHtml(result.id, results),
    asked: asked(transcript(result)) ?? foldedTranscript(result, packed.holds(result)),
    walk: result.walk === undefined ? null : (walks(walkHtml(result.walk)) ?? walkFile(result.id)),
  }),
)}</section>`;
}

/** What fits in; null for what does not, and for all behind it: the page stays of a size that opens at once. */
function roomOf(characters: number): (piece: Html) => Html | null {
  let left = characters;
  return (piece) => {
    left -= piece.text.length;
    return left >= 0 ? piece : null;
  };
}

function walkFile(id: string): Html {
  return html`<p>It is in <code>${walkPath(id)}</code>, beside results.json.</p>`;
}

/** Every requirement that was asked for, suite by suite. */
export function chaptersHtml(results: Results, packed: Packed): Html {
  const { requirements } = results;
  const suites = [...new Set(requirements.map(({ suite }) => suite))];
  return html`<section id="chapters" aria-labelledby="chapters-title"><h2 id="chapters-title">All requirements</h2>
<p>One again: <code>npm test -- ID</code>. Without us: <code>npm run reproduce -- ID</code> writes a script of plain docker commands.</p>
${filterHtml()}
${suites.map((suite) =>
  chapterHtml(
    suite,
    requirements.filter((one) => one.suite === suite),
    (member) => requirementHtml(member, packed, lineHtml(member.id, results)),
  ),
)}</section>`;
}

/** The fragment where the requirements of a suite stand. */
export function chapterFragment(suite: string): string {
  return fragmentOf("chapter", suite);
}

function chapterHtml(
  suite: string,
  members: readonly RequirementResult[],
  shown: (member: RequirementResult) => Html,
): Html {
  const counts = VERDICT_ORDER.flatMap(([verdict, word]) => {
    const count = members.filter((one) => one.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  return html`<details class="fold chapter" id="${chapterFragment(suite)}"><summary>${suite}: ${countOf(members.length, "requirement")}, ${counts.join(", ")}</summary>
${members.map((member) => (isFailure(member) ? pointer(member) : shown(member)))}</details>`;
}

/** A failure stands above, whole; its chapter says where. */
function pointer({ id, must, verdict }: RequirementResult): Html {
  return html`<p class="req" data-verdict="${verdict}"><span class="mark ${verdict}">${verdict}</span> <a class="id" href="#${anchorOf(id)}">${id}</a> ${prose(must)}</p>`;
}
