import type { LivingMap } from "../model/living-map.ts";
import { type Drawn, type DrawnGroup, type DrawnLine, type DrawnNetwork, drawnOf } from "./drawing-cards.ts";
import { type Box, type Placed, place, type Size } from "./drawing-places.ts";
import { oneLine } from "./plain-text.ts";
import { STATE_SIGNS } from "./workloads.ts";
import type { XmlElement } from "./xml.ts";

/** Of a monospaced letter of 12 px. */
const LETTER = 7.25;
const LINE = 19;
const PADDING = 10;
/** Around the drawing. */
export const MARGIN = 24;
/** Room below the host's box. */
const BELOW_HOST = 11;

/** A host as shapes and texts, without style. */
interface MapDrawing extends Size {
  readonly content: readonly XmlElement[];
}

/** Where a thing leads to, by its name; null for nowhere. */
type Leads = (kind: "container" | "network", name: string) => string | null;

/**
 * Draws uplinks, networks with their subnets, containers by project with their ports. Names are text in it and nothing
 * else. Same map, same drawing.
 * @param above room that is left above, for a head
 */
export function drawMap(map: LivingMap, above = 0, leads: Leads = () => null): MapDrawing {
  const drawn = drawnOf(map);
  const sizes = new Map<string, Size>([
    ...drawn.networks.map((network) => [network.id, sizeOfNetwork(network)] as const),
    ...drawn.groups.map((group) => [group.id, sizeOfGroup(group)] as const),
  ]);
  const placed = place(drawn, sizes);
  const words = hostLines(map);
  const letters = Math.max(...words.map(({ length }) => length));
  const host = { x: MARGIN, y: above, width: letters * LETTER + 2 * PADDING, height: words.length * LINE + 12 };
  const top = above + host.height + BELOW_HOST + MARGIN;
  return {
    width: Math.ceil(Math.max(placed.width, host.width) + 2 * MARGIN),
    height: Math.ceil(placed.height + top + MARGIN),
    content: [
      rect(host, "box"),
      ...words.map((line, index) =>
        written(line, MARGIN + PADDING, above + (index + 1) * LINE + 1, index === 0 ? "bold" : "dim"),
      ),
      {
        name: "g",
        attributes: { transform: `translate(${MARGIN} ${top})` },
        content: [
          ...placed.columns.flatMap((column) => uplinkLines(drawn, placed, column)),
          ...drawn.edges.map((edge) => edgeLine(placed, edge)),
          ...drawn.networks.flatMap((network) => networkBox(network, boxOf(placed, network.id), leads)),
          ...drawn.groups.flatMap((group) => groupBox(group, boxOf(placed, group.id), leads)),
        ],
      },
    ],
  };
}

/** The host: by what it is reached, and whom it asks for names. */
function hostLines({ uplinks, nameServers = [] }: LivingMap): string[] {
  const ways = uplinks.map(({ device, addresses }) => `${device} ${addresses.join(" ")}`).join("   ");
  return [
    `this host  ${oneLine(ways === "" ? "no uplink was seen" : ways)}`,
    ...(nameServers.length === 0 ? [] : [`asks for names  ${oneLine(nameServers.join(" "))}`]),
  ];
}

function boxOf({ boxes }: Placed, id: string): Box {
  const box = boxes.get(id);
  if (box === undefined) throw new Error(`${id} was placed nowhere`);
  return box;
}

/** From the uplinks down a column, with a branch to each network that reaches the world by them. */
function uplinkLines({ networks }: Drawn, placed: Placed, { x, members }: Placed["columns"][number]): XmlElement[] {
  const boxes = networks.filter(({ id, open }) => open && members.includes(id)).map(({ id }) => boxOf(placed, id));
  if (boxes.length === 0) return [];
  const middle = ({ y, height }: Box): number => y + height / 2;
  // Above the first network the lines of all columns run side by side along the uplinks' box.
  return [
    path(`M ${x} ${Math.max(...boxes.map(middle))} V ${-LINE / 2} H ${LETTER} V ${-BELOW_HOST - MARGIN}`, "line"),
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

function networkBox({ name, state, lines }: DrawnNetwork, box: Box, leads: Leads): XmlElement[] {
  const shown = [
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
  const href = leads("network", name);
  return href === null ? shown : [{ name: "a", attributes: { href }, content: shown }];
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

function groupBox({ title, lines }: DrawnGroup, box: Box, leads: Leads): XmlElement[] {
  const broken = lines.some(({ state }) => state === "broken");
  const first = box.y + (title === "" ? 0 : LINE);
  return [
    rect(box, broken ? "box broken" : "box"),
    ...(title === "" ? [] : [written(title, box.x + PADDING, box.y + LINE - 3, "bold")]),
    ...lines.flatMap((line, index) => lineTexts(line, box.x + PADDING, first + (index + 1) * LINE - 3, leads)),
  ];
}

function lineTexts({ state, name, text, ports }: DrawnLine, x: number, y: number, leads: Leads): XmlElement[] {
  let at = x + (text.length + 4) * LETTER;
  const shown = ports.map((port) => {
    const element = written(port.text, at, y, port.broken ? "broken" : "dim");
    at += (port.text.length + 2) * LETTER;
    return element;
  });
  const texts = [
    written(STATE_SIGNS[state], x, y, state),
    written(text, x + 2 * LETTER, y, state === "broken" ? "broken" : ""),
    ...shown,
  ];
  const href = leads("container", name);
  return href === null ? texts : [{ name: "a", attributes: { href }, content: texts }];
}

export function written(text: string, x: number, y: number, style: string): XmlElement {
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
