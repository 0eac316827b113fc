import { noteText } from "../../model/note.ts";
import { PLACES } from "../../reach/places.ts";
import { reachCellText } from "../reach-text.ts";
import { moment } from "../summary-lines.ts";
import type { WorkloadsReport } from "../workloads.ts";
import { cardHtml } from "./cards.ts";
import { framePage, headerHtml, section } from "./frame.ts";
import { type Html, html, prose, table } from "./html.ts";
import { mapHtml } from "./living.ts";

/** `workloads.html`: what runs on a host, as `npm run workloads` judged it. */
export function renderWorkloadsPage(report: WorkloadsReport): string {
  const { verdict, summary, engine, startedAt, cards, notes, exposure, reach, changed, unseen } = report;
  const mood = report.exitCode === 0 ? "conformant" : report.exitCode === 1 ? "not-conformant" : "not-judged";
  const none = html``;
  const open = [
    ...unseen.map((why) => `Not judged: ${why}.`),
    ...(changed.length === 0
      ? []
      : [`Changed by the engine while it was looked at, and not judged: ${changed.join(", ")}.`]),
  ];
  return framePage({
    title: `${verdict}: what runs on ${engine.hostname}`,
    header: headerHtml(mood, verdict, "What runs on this Docker host", summary, [
      `Docker ${engine.version} on ${engine.hostname}, ${moment(startedAt)}`,
    ]),
    sections: [
      [
        "causes",
        "Causes",
        cards.length === 0
          ? none
          : section(
              "causes",
              "What happened",
              html`${cards.map((card, index) => cardHtml(card, index, null, html`${card.explains.join(", ")}`))}`,
            ),
      ],
      ["open", "Not judged", open.length === 0 ? none : section("open", "Not judged", listOf(open))],
      ["living", "Map", section("living", "What runs here", mapHtml(report))],
      [
        "exposure",
        "Ports",
        exposure.length === 0
          ? none
          : section(
              "exposure",
              "Who reaches what",
              table(
                "Published ports",
                ["published port", "open to", "by", "although"],
                exposure.map(({ port, openTo, by, despite }) => [port, openTo, by, despite]),
              ),
            ),
      ],
      [
        "reach",
        "Reach",
        reach === null
          ? none
          : section(
              "reach",
              "Connections that were tried",
              table(
                "Connections",
                ["published port", ...PLACES],
                reach.rows.map(({ port, cells }) => [
                  port,
                  ...PLACES.map((place) => reachCellText(cells.filter((cell) => cell.place === place))),
                ]),
              ),
            ),
      ],
      ["notes", "Notes", notes.length === 0 ? none : section("notes", "Worth knowing", listOf(notes.map(noteText)))],
    ],
  });
}

function listOf(texts: readonly string[]): Html {
  return html`<ul>${texts.map((text) => html`<li>${prose(text)}</li>`)}</ul>`;
}
