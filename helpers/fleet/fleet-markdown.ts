import { markdownTable, markdownText } from "../report/markdown-text.ts";
import { countOf, oneLine } from "../report/plain-text.ts";
import type { Fleet } from "./fleet.ts";
import { groupText, isTelling, judgedBetween, numbersOf, remarkOf, someOf } from "./fleet-text.ts";

/** So many rows has a table; `fleet.json` has all. */
const MOST = { hosts: 200, causes: 50, groups: 50, names: 30 } as const;
/** Longer than any sentence. */
const WHOLE = 20_000;

/** `fleet.md`: the report of many hosts in Markdown. */
export function fleetMarkdown({ summary, hosts, causes, groups }: Fleet): string {
  const text = (content: string) => markdownText(content, WHOLE);
  const numbers = numbersOf(causes);
  const telling = hosts.filter(isTelling);
  const more = (count: number, thing: string) =>
    count > 0 ? [`${countOf(count, `more ${thing}`)}: see fleet.json.`] : [];
  return `${[
    `# ${text(summary)}`,
    text(judgedBetween(hosts)),
    ...(telling.length === 0
      ? []
      : [
          "## Hosts that need a look",
          markdownTable(
            ["host", "verdict", "what"],
            telling.slice(0, MOST.hosts).map((host) => [text(host.name), host.verdict, text(remarkOf(host, numbers))]),
          ),
          ...more(telling.length - MOST.hosts, "host"),
        ]),
    ...(causes.length === 0 ? [] : ["## What happened"]),
    ...causes
      .slice(0, MOST.causes)
      .flatMap(({ card, hosts: on }, index) => [
        `### ${index + 1}. ${card.certainty === "guessed" ? "A guess: " : ""}${text(card.what)}`,
        `On ${countOf(on.length, "host")}: ${text(someOf(on, MOST.names))}. ${text(card.effect)}`,
        ...card.remedies
          .slice(0, 1)
          .flatMap(({ what, commands, cost }) => [
            `To do: ${text(what)}${cost === "" ? "" : ` (cost: ${text(cost)})`}`,
            ["```sh", ...commands.map((line) => oneLine(line).replaceAll("```", "'''")), "```"].join("\n"),
          ]),
      ]),
    ...more(causes.length - MOST.causes, "cause"),
    ...(groups.length < 2
      ? []
      : [
          "## Hosts that are alike",
          markdownTable(
            ["hosts", "what they are", "in what they differ from the largest group"],
            groups
              .slice(0, MOST.groups)
              .map((group) => [
                text(`${group.hosts.length}: ${someOf(group.hosts, MOST.names)}`),
                text(groupText(group)),
                text(group.differs.join("; ")),
              ]),
          ),
          ...more(groups.length - MOST.groups, "group"),
        ]),
  ]
    .filter((block) => block !== "")
    .join("\n\n")}\n`;
}
