import { noteText } from "../../model/note.ts";
import type { Subject } from "../../model/subject.ts";
import { PLACES } from "../../reach/places.ts";
import { EXPOSURE_HEAD, EXPOSURE_LEGEND, exposureRows } from "../exposure-table.ts";
import { causesText, type ReachGroup, reachGroups } from "../reach-text.ts";
import { moment } from "../summary-lines.ts";
import type { WorkloadsReport } from "../workloads.ts";
import { cardAnchor, cardHtml } from "./cards.ts";
import { framePage, headerHtml, section } from "./frame.ts";
import { type Html, html, prose, table } from "./html.ts";
import type { Judged } from "./map.ts";
import { livingHtml } from "./maps.ts";

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
      ["living", "Map", section("living", "What runs here", livingHtml(report, judgedBy(cards)))],
      [
        "exposure",
        "Ports",
        exposure.length === 0
          ? none
          : section(
              "exposure",
              "Who reaches what",
              html`<p>${prose(EXPOSURE_LEGEND)}</p>${table("Ports", EXPOSURE_HEAD, exposureRows(exposure))}`,
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
                ["published port", "", ...PLACES, "because"],
                reachGroups(report, reach.rows.length).flatMap((group) => [
                  [
                    `${group.right ? "✓" : "✗"} ${group.ports}`,
                    "expected",
                    ...group.expected,
                    group.because.join("; "),
                  ],
                  ["", "observed", ...group.observed, causesHtml(group, cards)],
                ]),
              ),
            ),
      ],
      ["notes", "Notes", notes.length === 0 ? none : section("notes", "Worth knowing", listOf(notes.map(noteText)))],
    ],
  });
}

function causesHtml(group: ReachGroup, cards: WorkloadsReport["cards"]): Html {
  if (group.causes.length === 0) return html`${prose(causesText(group))}`;
  return html`${group.causes.map((at) => html`<a href="#${cardAnchor(at)}">${cards[at]?.what ?? ""}</a> `)}`;
}

/** The cards that name a thing of the map. */
function judgedBy(cards: WorkloadsReport["cards"]): Judged {
  return (kind, name) => {
    const found = cards.flatMap(({ what, subjects }, index) =>
      subjects.some((subject) => isNamed(subject, kind, name)) ? [{ what, index }] : [],
    );
    return found.length === 0
      ? null
      : html`${found.map(({ what, index }) => html`<a href="#${cardAnchor(index)}">${what}</a> `)}`;
  };
}

function isNamed(subject: Subject, kind: "container" | "network", name: string): boolean {
  if (subject.kind === kind) return subject.name === name;
  if (subject.kind === "host" || subject.kind === "container" || subject.kind === "network") return false;
  return kind === "container" ? subject.container === name : "network" in subject && subject.network === name;
}

function listOf(texts: readonly string[]): Html {
  return html`<ul>${texts.map((text) => html`<li>${prose(text)}</li>`)}</ul>`;
}
