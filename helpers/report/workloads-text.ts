import type { Card, Remedy } from "../model/cause.ts";
import type { ContainerRow, NetworkRow, State } from "../model/living-map.ts";
import { subjectText } from "../model/subject.ts";
import { PLACES } from "../reach/places.ts";
import { type Paint, painter, type Style } from "./colour.ts";
import { surpriseLines } from "./exposure-table.ts";
import { labelled, textWidth, wrap } from "./layout.ts";
import { oneLine } from "./plain-text.ts";
import { causesText, type ReachGroup, reachGlyph, reachGroups } from "./reach-text.ts";
import { STATE_SIGNS, type WorkloadsReport } from "./workloads.ts";

const STYLES: Readonly<Record<State, Style>> = {
  right: "green",
  broken: "red",
  noted: "yellow",
  changed: "yellow",
  "not running": "dim",
};

/** So many subjects of one cause are named; the others are counted. */
const NAMED = 8;

interface Options {
  readonly width: number;
  readonly colour: boolean;
}

/** What `npm run workloads` prints: what runs here as a tree, what is broken by cause, notes, the verdict. */
export function workloadsText(report: WorkloadsReport, { width, colour }: Options): string {
  const paint = painter(colour);
  const used = report.networks.filter(({ containers, state }) => containers.length > 0 || state !== "right");
  const unused = report.networks.length - used.length;
  const blocks = [
    used.map((network) => networkLines(network, paint).join("\n")).join("\n"),
    unused === 0
      ? ""
      : paint("dim", `${unused} ${unused === 1 ? "network" : "networks"} without a running container: as they must be`),
    stoppedLines(report, paint).join("\n"),
    ...report.cards.map((card, index) => cardLines(card, index + 1, width, paint).join("\n")),
    reachLines(report, width, paint).join("\n"),
    notesOf(report, width).join("\n"),
    exposureLines(report, width).join("\n"),
    notJudgedOf(report, width).join("\n"),
    paint(report.exitCode === 0 ? "green" : report.exitCode === 1 ? "red" : "yellow", paint("bold", report.summary)),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function glyph(state: State, paint: Paint): string {
  const [sign, style] = [STATE_SIGNS[state], STYLES[state]];
  return paint(style, sign);
}

function networkLines(network: NetworkRow, paint: Paint): string[] {
  const about = [network.driver, network.device, ...network.subnets].filter((part) => part !== "").join(" ");
  const name = network.driver === "" ? network.name : `network ${network.name}`;
  return [
    `${glyph(network.state, paint)} ${paint("bold", oneLine(name))}${about === "" ? "" : `  ${paint("dim", about)}`}`,
    ...network.containers.map((container) => containerLine(container, paint)),
  ];
}

function containerLine({ name, project, addresses, ports, state, status }: ContainerRow, paint: Paint): string {
  const shown = [
    project === null ? "" : paint("dim", `(${oneLine(project)})`),
    status === "paused" ? paint("dim", "paused") : "",
    addresses.join(" "),
    ports.map((port) => `${glyph(port.state, paint)} ${port.text}`).join("  "),
  ].filter((part) => part !== "");
  return `  ${glyph(state, paint)} ${oneLine(name)}  ${shown.join("  ")}`.trimEnd();
}

function stoppedLines({ stopped }: WorkloadsReport, paint: Paint): string[] {
  const broken = stopped.filter(({ state }) => state === "broken");
  const others = stopped.length - broken.length;
  return [
    ...broken.map(({ name, status }) => `${glyph("broken", paint)} ${oneLine(name)}  ${status}`),
    ...(others === 0
      ? []
      : [
          paint(
            "dim",
            `${others} other ${others === 1 ? "container does" : "containers do"} not run, and not because of the network`,
          ),
        ]),
  ];
}

function cardLines(card: Card, number: number, width: number, paint: Paint): string[] {
  const room = textWidth(width);
  const subjects = card.subjects.slice(0, NAMED).map(subjectText).map(oneLine);
  const more = card.subjects.length - subjects.length;
  const lines = (label: string, text: string): string[] =>
    text === "" ? [] : labelled(label, wrap(oneLine(text), room));
  return [
    ...wrap(`${number}. ${oneLine(card.what)}`, width).map((line) => paint("bold", line)),
    ...lines("concerns", `${subjects.join(", ")}${more > 0 ? ` and ${more} more` : ""}`),
    ...lines("effect", card.effect),
    ...lines("likely by", card.act ?? ""),
    ...lines("seen", card.evidence.slice(0, 4).join("; ")),
    ...card.remedies.flatMap((remedy, index) => remedyLines(remedy, index, room)),
    ...lines("breaks", card.explains.join(" ")),
  ];
}

function remedyLines({ what, commands, cost, check }: Remedy, index: number, room: number): string[] {
  return [
    ...labelled(index === 0 ? "mend" : "or", wrap(`${oneLine(what)}:`, room)),
    // Commands are never broken: they are copied.
    ...labelled(
      "",
      commands.map((command) => `  ${command}`),
    ),
    ...labelled("costs", wrap(cost === "" ? "nothing" : cost, room)),
    ...labelled("check", [check]),
  ];
}

const PLACE_TITLES: Readonly<Record<(typeof PLACES)[number], string>> = {
  "host's loopback": "loopback",
  "host's own address": "own address",
  "same network": "same network",
  "another network": "other network",
};

/** The grid of tried connections: expected above observed, a column for each place. */
function reachLines(report: WorkloadsReport, width: number, paint: Paint): string[] {
  if (report.reach === null) return [];
  const titles = PLACES.map((place) => PLACE_TITLES[place]);
  const line = (label: string, cells: readonly string[]): string =>
    `  ${label.padEnd(10)}${titles.map((title, at) => (cells[at] || "–").padEnd(title.length + 2)).join("")}`.trimEnd();
  return [
    paint("bold", "Connections that were tried"),
    line("from", titles),
    ...reachGroups(report, NAMED).flatMap((group) => gridLines(group, line, width, paint)),
    ...report.reach.failed.map((text) => `! No container of ours could be started on network ${oneLine(text)}`),
  ];
}

function gridLines(
  group: ReachGroup,
  line: (label: string, cells: readonly string[]) => string,
  width: number,
  paint: Paint,
): string[] {
  const { right, ports, expected, observed, because } = group;
  const why = causesText(group);
  const shown = (text: string): string => (right === false ? paint("red", text) : text);
  return [
    ...wrap(`${reachGlyph(group)} ${oneLine(ports)}`, width).map(shown),
    line("expected", expected),
    shown(line("observed", observed)),
    ...because.flatMap((text) => labelled("because", wrap(oneLine(text), textWidth(width)))),
    ...(why === "" ? [] : labelled("", [why])),
  ];
}

/** So many ports of one surprise are named. */
const SURPRISING = 4;

/** Ports that are open otherwise than people expect; the whole table is in the reports. */
function exposureLines({ exposure }: WorkloadsReport, width: number): string[] {
  const surprising = exposure.some(({ surprise }) => surprise !== null);
  const texts = [
    ...surpriseLines(exposure, SURPRISING),
    ...(surprising ? ["Who reaches which port, and by which rule: reports/workloads.md, “Who reaches what”."] : []),
  ];
  return texts.flatMap((text) =>
    wrap(`! ${oneLine(text)}`, width).map((line, index) => (index === 0 ? line : `  ${line}`)),
  );
}

function notesOf({ notes }: WorkloadsReport, width: number): string[] {
  return notes.flatMap(({ what, todo }) =>
    wrap(`! ${oneLine(what)}${todo === "" ? "" : ` ${oneLine(todo)}`}`, width).map((line, index) =>
      index === 0 ? line : `  ${line}`,
    ),
  );
}

function notJudgedOf({ changed, unseen }: WorkloadsReport, width: number): string[] {
  const blind = unseen.flatMap((why) => wrap(`~ Not judged: ${oneLine(why)}.`, width));
  if (changed.length === 0) return blind;
  return wrap(
    `~ Changed by the engine each time that it was looked at, and not judged: ${changed.map(oneLine).join(", ")}. Look again once it is left alone: npm run workloads.`,
    width,
  );
}
