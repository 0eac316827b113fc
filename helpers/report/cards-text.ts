import { listed } from "../cause/mend.ts";
import type { Card } from "../model/cause.ts";
import type { RequirementResult } from "../model/results.ts";
import { painter } from "./colour.ts";
import { labelled, textWidth, wrap } from "./layout.ts";
import { LOOKED_AT } from "./looked-at.ts";
import { countOf, oneLine } from "./plain-text.ts";

/** Ids named on a card; the others are counted. */
const MOST_IDS = 12;

/** A card for the console: many lines, without a final newline. Commands are never broken: they are there to be copied. */
export function formatCard(card: Card, place: string, width: number, colour = false): string {
  const paint = painter(colour);
  const text = textWidth(width);
  const said = (label: string, content: string) =>
    content === "" ? [] : labelled(label, wrap(oneLine(content), text));
  const word = card.certainty === "guessed" ? "A GUESS" : "CAUSE";
  return [
    paint("bold", place === "" ? word : `${word} ${place}`),
    ...labelled(
      "what",
      wrap(oneLine(card.what), text).map((line) => paint("bold", line)),
    ),
    ...said("effect", card.effect),
    ...said("likely", card.act ?? ""),
    ...card.evidence.flatMap((line, index) => labelled(index === 0 ? "seen" : "", wrap(oneLine(line), text))),
    ...card.remedies.flatMap(({ what, commands, cost, check }, index) => [
      ...said(index === 0 ? "to do" : "or", `${what}:`),
      ...labelled(
        "",
        commands.map((command) => `  ${paint("bold", oneLine(command))}`),
      ),
      ...said("", cost === "" ? "" : `cost: ${cost}`),
      ...labelled("", [`then: ${oneLine(check)}`]),
    ]),
    ...said("explains", `${countOf(card.explains.length, "failure")}: ${listed(card.explains.map(oneLine), MOST_IDS)}`),
  ].join("\n");
}

/** The first script that shows what a card explains; null where none does. */
export function scriptOfCard({ explains }: Card, requirements: readonly RequirementResult[]): string | null {
  const files = requirements.flatMap(({ id, reproduction }) =>
    explains.includes(id) && reproduction !== undefined && "file" in reproduction ? [reproduction.file] : [],
  );
  return files[0] ?? null;
}

/** Failures that no card explains. */
export function unexplained(requirements: readonly RequirementResult[], cards: readonly Card[]): RequirementResult[] {
  const explained = new Set(cards.flatMap(({ explains }) => explains));
  // What came over the run from outside is told as that.
  return requirements.filter(
    ({ id, verdict, disturbed }) =>
      (verdict === "fail" || verdict === "error") && disturbed !== true && !explained.has(id),
  );
}

/** What could not be read for any of these. */
export function unreadFor(failures: readonly RequirementResult[]): string[] {
  return [...new Set(failures.flatMap(({ explanation }) => explanation?.unread ?? []))];
}

/** What packets that were sent again have shown for these. */
export function remarksFor(failures: readonly RequirementResult[]): string[] {
  return [...new Set(failures.flatMap(({ explanation }) => explanation?.remark ?? []))];
}

/** The cards of a run and what no card explains, one under the other; empty when nothing failed. */
export function formatCards(
  requirements: readonly RequirementResult[],
  cards: readonly Card[],
  { width, colour }: { readonly width: number; readonly colour: boolean },
): string {
  const blocks = cards.map((card, index) => {
    const text = formatCard(card, cards.length === 1 ? "" : `${index + 1} of ${cards.length}`, width, colour);
    const script = scriptOfCard(card, requirements);
    return script === null
      ? text
      : [text, ...labelled("without us", wrap(`sh ${oneLine(script)}, beside results.json`, textWidth(width)))].join(
          "\n",
        );
  });
  const open = unexplained(requirements, cards);
  if (open.length > 0) {
    const text = textWidth(width);
    const unread = unreadFor(open);
    const looked = open.some(({ explanation }) => explanation !== undefined);
    blocks.push(
      [
        painter(colour)("bold", `NO CAUSE FOUND for ${countOf(open.length, "failure")}`),
        ...labelled(
          "these",
          wrap(
            listed(
              open.map(({ id }) => oneLine(id)),
              MOST_IDS,
            ),
            text,
          ),
        ),
        ...(looked ? labelled("looked at", wrap(LOOKED_AT, text)) : []),
        ...remarksFor(open).flatMap((remark) => labelled("packet", wrap(oneLine(remark), text))),
        ...(unread.length > 0 ? labelled("not read", wrap(listed(unread.map(oneLine)), text)) : []),
      ].join("\n"),
    );
  }
  return blocks.join("\n\n");
}
