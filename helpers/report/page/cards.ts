import { listed } from "../../cause/mend.ts";
import type { Card, Remedy } from "../../model/cause.ts";
import type { RequirementResult, Results } from "../../model/results.ts";
import { remarksFor, scriptOfCard, unexplained, unreadFor } from "../cards-text.ts";
import { causeTitle } from "../cause-title.ts";
import { LOOKED_AT } from "../looked-at.ts";
import { countOf } from "../plain-text.ts";
import { command, type Html, html, prose, requirementLinks } from "./html.ts";

/** What happened, one card for each cause, and what no card explains. Nothing where nothing failed. */
export function cardsHtml({ requirements, cards }: Results): Html {
  const open = unexplained(requirements, cards);
  if (cards.length === 0 && open.length === 0) return html``;
  return html`<section id="causes" aria-labelledby="causes-title"><h2 id="causes-title">What happened</h2>
${cards.map((card, index) => cardHtml(card, index, scriptOfCard(card, requirements), requirementLinks(card.explains)))}${open.length === 0 ? null : openHtml(open)}</section>`;
}

/** The fragment where a card stands. */
export function cardAnchor(index: number): string {
  return `cause-${index + 1}`;
}

/**
 * What happened, once for all that it explains.
 * @param script a script that shows it, by its path beside the results; null where there is none
 * @param links what it explains, as links
 */
export function cardHtml(card: Card, index: number, script: string | null, links: Html): Html {
  const { effect, act, evidence, remedies, explains } = card;
  return html`<article class="card" id="${cardAnchor(index)}"><h3>${prose(causeTitle(card))}</h3>
<p class="effect">${prose(effect)}</p>${act === null ? null : html`<p>Likely: ${prose(act)}</p>`}
${remedies.map(remedyHtml)}
${evidence.length === 0 ? null : html`<p>Seen:</p><pre>${evidence.join("\n")}</pre>`}
${script === null ? null : html`<p>Without us: <code>sh ${script}</code>, beside results.json</p>`}
<p>Explains ${countOf(explains.length, "failure")}: ${links}</p></article>`;
}

function remedyHtml({ what, commands, cost, check }: Remedy, index: number): Html {
  return html`<div class="remedy"><p><b>${index === 0 ? "To do" : "Or"}:</b> ${prose(what)}</p>${command(commands)}
${cost === "" ? null : html`<p>Cost: ${prose(cost)}</p>`}<p>Then, to see that it helped:</p>${command([check])}</div>`;
}

function openHtml(open: readonly RequirementResult[]): Html {
  const unread = unreadFor(open);
  return html`<article class="card" id="no-cause"><h3>No cause found for ${countOf(open.length, "failure")}</h3>
<p>${requirementLinks(open.map(({ id }) => id))}</p>
${open.some(({ explanation }) => explanation !== undefined) ? html`<p>Looked at: ${LOOKED_AT}.</p>` : null}
${remarksFor(open).map((remark) => html`<p>${remark}</p>`)}
${unread.length === 0 ? null : html`<p>Not read: ${listed(unread)}</p>`}</article>`;
}
