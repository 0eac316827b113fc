import { listed } from "../cause/mend.ts";
import type { Card } from "../model/cause.ts";
import type { RequirementResult } from "../model/results.ts";
import { remarksFor, scriptOfCard, unexplained, unreadFor } from "./cards-text.ts";
import { LOOKED_AT } from "./looked-at.ts";
import { markdownText } from "./markdown-text.ts";
import { countOf, oneLine } from "./plain-text.ts";

/** Longer than any sentence: what a card says is never cut short. */
const WHOLE = 20_000;

/** The cards of a run as Markdown, whole; empty when nothing failed. */
export function cardsMarkdown(requirements: readonly RequirementResult[], cards: readonly Card[]): string {
  const open = unexplained(requirements, cards);
  const unread = unreadFor(open);
  const rest =
    open.length === 0
      ? []
      : [
          `### No cause found for ${countOf(open.length, "failure")}`,
          [
            `- failures: ${markdownText(open.map(({ id }) => id).join(", "), WHOLE)}`,
            ...(open.some(({ explanation }) => explanation !== undefined) ? [`- looked at: ${LOOKED_AT}`] : []),
            ...remarksFor(open).map((remark) => `- ${markdownText(remark, WHOLE)}`),
            ...(unread.length > 0 ? [`- not read: ${markdownText(listed(unread), WHOLE)}`] : []),
          ].join("\n"),
        ];
  return [...cards.flatMap((card) => cardMarkdown(card, scriptOfCard(card, requirements))), ...rest].join("\n\n");
}

function cardMarkdown(
  { what, effect, act, certainty, evidence, remedies, explains }: Card,
  script: string | null,
): string[] {
  const text = (content: string) => markdownText(content, WHOLE);
  return [
    `### ${certainty === "guessed" ? "A guess: " : ""}${text(what)}`,
    [
      `- effect: ${text(effect)}`,
      ...(act === null ? [] : [`- likely: ${text(act)}`]),
      ...evidence.map((line) => `- seen: ${text(line)}`),
      `- explains: ${text(explains.join(", "))}`,
      ...(script === null ? [] : [`- without us: \`sh ${oneLine(script)}\`, beside results.json`]),
    ].join("\n"),
    ...remedies.flatMap((remedy) => [
      `To do: ${text(remedy.what)}${remedy.cost === "" ? "" : ` (cost: ${text(remedy.cost)})`}, then \`${oneLine(remedy.check).replaceAll("`", "'")}\``,
      ["```sh", ...remedy.commands.map((command) => oneLine(command).replaceAll("```", "'''")), "```"].join("\n"),
    ]),
  ];
}
