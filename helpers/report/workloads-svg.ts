import { drawMap, MARGIN, written } from "./map-drawing.ts";
import { oneLine } from "./plain-text.ts";
import type { WorkloadsReport } from "./workloads.ts";
import { renderXml } from "./xml.ts";

/** Height of what stands above the map. */
const HEAD = 76;
/** Of a letter of the title. */
const LETTER = 10;

/** Light and dark, by what the reader's screen is set to. */
const STYLE = `
text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1b1f24; white-space: pre }
.page { fill: #ffffff } .box { fill: #f6f8fa; stroke: #8c959f } .network { fill: #ddf4ff; stroke: #54aeff }
.line { stroke: #8c959f; fill: none; stroke-width: 1.5 } .dim { fill: #59636e } .bold { font-weight: 700 } .title { font-size: 17px; font-weight: 700 }
.broken .box, .broken .network, .box.broken, .network.broken { fill: #ffebe9; stroke: #cf222e; stroke-width: 2 }
.line.broken { stroke: #cf222e; stroke-dasharray: 5 4; stroke-width: 2 } text.broken { fill: #b3121f; font-weight: 700 } text.noted, text.changed { fill: #845306 } text.right { fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .page { fill: #0d1117 } .box { fill: #161b22; stroke: #6e7681 } .network { fill: #0c2d4d; stroke: #388bfd }
.line { stroke: #6e7681 } .dim { fill: #9da7b1 } .box.broken, .network.broken { fill: #4b1113; stroke: #ff7b72 }
.line.broken { stroke: #ff7b72 } text.broken { fill: #ffa198 } text.noted, text.changed { fill: #e3b341 } text.right { fill: #56d364 }
}`;

/** The living host as a file of its own: its name, what was found, and the map, what is broken in red. */
export function workloadsSvg(report: WorkloadsReport): string {
  const drawing = drawMap(report, HEAD);
  const [name, summary] = [oneLine(report.engine.hostname), oneLine(report.summary)];
  const width = Math.max(drawing.width, Math.max(name.length, summary.length) * LETTER + 2 * MARGIN);
  const { height } = drawing;
  const tone = report.exitCode === 0 ? "right" : report.exitCode === 1 ? "broken" : "noted";
  return renderXml({
    name: "svg",
    attributes: { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, role: "img" },
    content: [
      { name: "title", content: `${name}: ${summary}` },
      { name: "style", content: STYLE },
      { name: "rect", attributes: { class: "page", width, height } },
      written(name, MARGIN, MARGIN + 12, "title"),
      written(summary, MARGIN, MARGIN + 36, tone),
      ...drawing.content,
    ],
  });
}
