import { type Drawn, type DrawnGroup, type DrawnLine, type DrawnNetwork, drawnOf } from "./drawing-cards.ts";
import { type Box, type Placed, place, type Size } from "./drawing-places.ts";
import { oneLine } from "./plain-text.ts";
import { STATE_SIGNS, type WorkloadsReport } from "./workloads.ts";
import { renderXml, type XmlElement } from "./xml.ts";

/** Of a monospaced letter of 12 px. */
const LETTER = 7.25;
const LINE = 19;
const PADDING = 10;
const MARGIN = 24;
/** Height of what stands above the networks. */
const HEAD = 118;
/** Where the uplinks stand in it. */
const UPLINKS = 76;

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

/**
 * The host as a drawing: uplinks, networks with their subnets, containers by project with their ports, and what is
 * broken in red. Names are text in it and nothing else.
 */
export function workloadsSvg(report: WorkloadsReport): string {
  const drawn = drawnOf(report);
  const sizes = new Map<string, Size>([
    ...drawn.networks.map((network) => [network.id, sizeOfNetwork(network)] as const),
    ...drawn.groups.map((group) => [group.id, sizeOfGroup(group)] as const),
  ]);
  const placed = place(drawn, sizes);
  const width = Math.ceil(Math.max(placed.width, ...headOf(report).map((text) => text.length * 10)) + 2 * MARGIN);
  const height = Math.ceil(placed.height + HEAD + 2 * MARGIN);
  return renderXml({
    name: "svg",
    attributes: { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, role: "img" },
    content: [
      { name: "title", content: oneLine(`${report.engine.hostname}: ${report.summary}`) },
      { name: "style", content: STYLE },
      { name: "rect", attributes: { class: "page", width, height } },
      ...head(report),
      {
        name: "g",
        attributes: { transform: `translate(${MARGIN} ${HEAD + MARGIN})` },
        content: [
          ...placed.columns.flatMap((column) => uplinkLines(drawn, placed, column)),
          ...drawn.edges.map((edge) => edgeLine(placed, edge)),
          ...drawn.networks.flatMap((network) => networkBox(network, boxOf(placed, network.id))),
          ...drawn.groups.flatMap((group) => groupBox(group, boxOf(placed, group.id))),
        ],
      },
    ],
  });
}

function boxOf({ boxes }: Placed, id: string): Box {
  const box = boxes.get(id);
  if (box === undefined) throw new Error(`${id} was placed nowhere`);
  return box;
}

function headOf({ engine, summary, uplinks }: WorkloadsReport): readonly [string, string, string] {
  const ways = uplinks.map(({ device, addresses }) => `${device} ${addresses.join(" ")}`);
  return [oneLine(engine.hostname), oneLine(summary), ways.join("   ") || "no uplink was seen"];
}

function head(report: WorkloadsReport): XmlElement[] {
  const [name, summary, ways] = headOf(report);
  const tone = report.exitCode === 0 ? "right" : report.exitCode === 1 ? "broken" : "noted";
  return [
    written(name, MARGIN, MARGIN + 12, "title"),
    written(summary, MARGIN, MARGIN + 36, tone),
    rect({ x: MARGIN, y: UPLINKS, width: ways.length * LETTER + 2 * PADDING, height: LINE + 12 }, "box"),
    written(ways, MARGIN + PADDING, UPLINKS + LINE + 1, "bold"),
  ];
}

/** From the uplinks down a column, with a branch to each network that reaches the world by them. */
function uplinkLines({ networks }: Drawn, placed: Placed, { x, members }: Placed["columns"][number]): XmlElement[] {
  const boxes = networks.filter(({ id, open }) => open && members.includes(id)).map(({ id }) => boxOf(placed, id));
  if (boxes.length === 0) return [];
  const middle = ({ y, height }: Box): number => y + height / 2;
  // Above the first network the lines of all columns run side by side along the uplinks' box.
  return [
    path(
      `M ${x} ${Math.max(...boxes.map(middle))} V ${-LINE / 2} H ${LETTER} V ${UPLINKS + LINE + 12 - HEAD - MARGIN}`,
      "line",
    ),
    ...boxes.map((box) => path(`M ${x} ${middle(box)} H ${box.x}`, "line")),
  ];
}

function edgeLine(placed: Placed, { network, group, broken }: Drawn["edges"][number]): XmlElement {
  const [from, to] = [boxOf(placed, network), boxOf(placed, group)];
  const [x1, y1, x2, y2] = [from.x + from.width, from.y + from.height / 2, to.x, to.y + to.height / 2];
  const middle = (x1 + x2) / 2;
  return path(`M ${x1} ${y1} C ${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`, broken ? "line broken" : "line");
}

function sizeOfNetwork({ lines }: DrawnNetwork): Size {
  return {
    width: Math.max(...lines.map((line) => line.length + 2)) * LETTER + 2 * PADDING,
    height: lines.length * LINE + PADDING,
  };
}

function networkBox({ state, lines }: DrawnNetwork, box: Box): XmlElement[] {
  return [
    rect(box, state === "broken" ? "network broken" : "network"),
    ...lines.map((line, index) =>
      written(
        index === 0 ? `${STATE_SIGNS[state]} ${line}` : `  ${line}`,
        box.x + PADDING,
        box.y + (index + 1) * LINE - 3,
        index === 0 ? `bold ${state === "right" ? "" : state}` : "dim",
      ),
    ),
  ];
}

function sizeOfGroup({ title, lines }: DrawnGroup): Size {
  const letters = [title.length, ...lines.map((line) => lettersOf(line))];
  return {
    width: Math.max(...letters) * LETTER + 2 * PADDING,
    height: (lines.length + (title === "" ? 0 : 1)) * LINE + PADDING,
  };
}

/** Two blanks stand before each port. */
function lettersOf({ text, ports }: DrawnLine): number {
  return text.length + 2 + ports.reduce((sum, port) => sum + port.text.length + 2, 0);
}

function groupBox({ title, lines }: DrawnGroup, box: Box): XmlElement[] {
  const broken = lines.some(({ state }) => state === "broken");
  const first = box.y + (title === "" ? 0 : LINE);
  return [
    rect(box, broken ? "box broken" : "box"),
    ...(title === "" ? [] : [written(title, box.x + PADDING, box.y + LINE - 3, "bold")]),
    ...lines.flatMap((line, index) => lineTexts(line, box.x + PADDING, first + (index + 1) * LINE - 3)),
  ];
}

function lineTexts({ state, text, ports }: DrawnLine, x: number, y: number): XmlElement[] {
  let at = x + (text.length + 4) * LETTER;
  const shown = ports.map((port) => {
    const element = written(port.text, at, y, port.broken ? "broken" : "dim");
    at += (port.text.length + 2) * LETTER;
    return element;
  });
  return [
    written(STATE_SIGNS[state], x, y, state),
    written(text, x + 2 * LETTER, y, state === "broken" ? "broken" : ""),
    ...shown,
  ];
}

function written(text: string, x: number, y: number, style: string): XmlElement {
  return { name: "text", attributes: { x: round(x), y: round(y), class: style.trim() }, content: text };
}

function rect({ x, y, width, height }: Box, style: string): XmlElement {
  return {
    name: "rect",
    attributes: { x: round(x), y: round(y), width: round(width), height: round(height), rx: 6, class: style },
  };
}

function path(d: string, style: string): XmlElement {
  return {
    name: "path",
    attributes: { d: d.replaceAll(/\d+\.\d+/g, (one) => String(round(Number(one)))), class: style },
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
