import { subjectText } from "../model/subject.ts";
import { PLACES } from "../reach/places.ts";
import { EXPOSURE_HEAD, EXPOSURE_LEGEND, exposureRows } from "./exposure-table.ts";
import { markdownTable, markdownText } from "./markdown-text.ts";
import { causesText, reachGlyph, reachGroups } from "./reach-text.ts";
import { STATE_SIGNS, type WorkloadsReport } from "./workloads.ts";
import { workloadsDrawing } from "./workloads-drawing.ts";

/** `workloads.md`: the same as the console, for an issue or a chat. */
export function workloadsMarkdown(report: WorkloadsReport): string {
  return [
    `# The living host: ${report.verdict}`,
    `${markdownText(report.summary)} Engine ${markdownText(report.engine.version)} on ${markdownText(report.engine.hostname)}, ${report.startedAt}.`,
    ...report.cards.flatMap((card, index) => [
      `## ${index + 1}. ${markdownText(card.what)}`,
      [
        `- **Concerns:** ${card.subjects
          .map(subjectText)
          .map((text) => markdownText(text))
          .join(", ")}`,
        `- **Effect:** ${markdownText(card.effect)}`,
        ...(card.act === null ? [] : [`- **Likely by:** ${markdownText(card.act)}`]),
        `- **Breaks:** ${card.explains.join(", ")}`,
      ].join("\n"),
      ...card.remedies.flatMap(({ what, commands, cost, check }) => [
        `To ${markdownText(what)} (${cost === "" ? "costs nothing" : markdownText(cost)}):`,
        ["```sh", ...commands, "```"].join("\n"),
        `Check: \`${check}\``,
      ]),
      ...(card.evidence.length === 0 ? [] : [["```text", ...card.evidence, "```"].join("\n")]),
    ]),
    ...(report.notes.length === 0
      ? []
      : [
          "## Worth knowing",
          report.notes.map(({ what, todo }) => `- ${markdownText(`${what} ${todo}`.trim())}`).join("\n"),
        ]),
    ...report.unseen.map((why) => `Not judged: ${markdownText(why)}.`),
    ...(report.changed.length === 0
      ? []
      : [
          `Changed by the engine each time that it was looked at, and not judged: ${report.changed.map((text) => markdownText(text)).join(", ")}.`,
        ]),
    ...(report.exposure.length === 0
      ? []
      : [
          "## Who reaches what",
          EXPOSURE_LEGEND,
          markdownTable(
            EXPOSURE_HEAD,
            exposureRows(report.exposure).map((row) => row.map((cell) => markdownText(cell))),
          ),
        ]),
    ...(report.reach === null
      ? []
      : [
          "## Connections that were tried",
          `From ${
            report.reach.callers
              .map(({ name, network }) => `${name} on network ${network}`)
              .map((text) => markdownText(text))
              .join(", ") || "the host alone"
          }; removed since.`,
          markdownTable(
            ["", "published port", "", ...PLACES, "because"],
            reachGroups(report, report.reach.rows.length).flatMap((group) => {
              const { ports, expected, observed } = group;
              return [
                [reachGlyph(group), ports, "expected", ...expected, group.because.join("; ")],
                ["", "", "observed", ...observed, causesText(group)],
              ].map((row) => row.map((cell) => markdownText(cell)));
            }),
          ),
          ...report.reach.failed.map(
            (text) => `No container of ours could be started on network ${markdownText(text)}.`,
          ),
        ]),
    "## What runs here",
    ["```mermaid", workloadsDrawing(report), "```"].join("\n"),
    [
      "| | network | container | project | addresses | ports |",
      "|---|---|---|---|---|---|",
      ...report.networks.flatMap((network) =>
        network.containers.map(
          ({ name, project, addresses, ports, state }) =>
            `| ${STATE_SIGNS[state]} | ${markdownText(network.name)} | ${markdownText(name)} | ${markdownText(project ?? "")} | ${addresses.join(" ")} | ${ports.map((port) => `${STATE_SIGNS[port.state]} ${port.text}`).join("<br>")} |`,
        ),
      ),
    ].join("\n"),
    "",
  ].join("\n\n");
}
