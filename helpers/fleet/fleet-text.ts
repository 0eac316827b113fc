import type { Card } from "../model/cause.ts";
import type { RunVerdict } from "../model/run-verdict.ts";
import { type Paint, painter, type Style } from "../report/colour.ts";
import { labelled, textWidth, wrap } from "../report/layout.ts";
import { countOf, oneLine } from "../report/plain-text.ts";
import { moment } from "../report/summary-lines.ts";
import type { Fleet, FleetCause, FleetGroup, FleetHost } from "./fleet.ts";

/** So many stand on a screen; the reports have more. */
const MOST = { hosts: 40, causes: 10, groups: 10, names: 8 } as const;

const STYLES: Readonly<Record<RunVerdict, Style>> = {
  conformant: "green",
  partial: "yellow",
  "not conformant": "red",
  "not judged": "yellow",
};

/** Whether a host needs a line of its own. */
export function isTelling({ verdict, differsFrom }: FleetHost): boolean {
  return differsFrom > 0 || verdict === "not conformant" || verdict === "not judged";
}

/** What is said of a host beside its verdict. @param numbers of the causes by their keys */
export function remarkOf(host: FleetHost, numbers: ReadonlyMap<string, number>): string {
  const { verdict, summary, causes, unexplained, differsFrom } = host;
  const told = causes.map((key) => numbers.get(key)).filter((number) => number !== undefined);
  return [
    verdict === "not judged" ? oneLine(summary) : "",
    told.length === 0 ? "" : `cause ${someOf(told.map(String), MOST.names)}`,
    unexplained.length === 0 ? "" : `no cause found for ${someOf(unexplained, MOST.names)}`,
    differsFrom === 0 ? "" : `unlike ${countOf(differsFrom, "host")} of the same version, kernel and configuration`,
  ]
    .filter((part) => part !== "")
    .join("; ");
}

/** The numbers by which a report names its causes. */
export function numbersOf(causes: readonly FleetCause[]): ReadonlyMap<string, number> {
  return new Map(causes.map(({ card }, index) => [card.key, index + 1]));
}

/** A few of the names; the others are counted. */
export function someOf(names: readonly string[], most: number): string {
  const more = names.length - most;
  return `${names.slice(0, most).map(oneLine).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** The times between which the hosts were judged; empty where none was. */
export function judgedBetween(hosts: readonly FleetHost[]): string {
  const times = hosts.flatMap(({ startedAt }) => (startedAt === null ? [] : [moment(startedAt)])).toSorted();
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return "";
  return first === last ? `Judged at ${first}.` : `Judged between ${first} and ${last}.`;
}

/** In words: what a group of hosts is. */
export function groupText({ version, kernel, configuration }: FleetGroup): string {
  const keys = Object.entries(configuration ?? {}).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const set =
    configuration === null ? "configuration not known" : keys.length === 0 ? "no networking key" : keys.join(" ");
  return oneLine(`engine ${version}, kernel ${kernel}, ${set}`);
}

/** What `npm run fleet` prints: hosts that need a look, causes, groups of hosts that are alike, the sentence. */
export function fleetText(
  fleet: Fleet,
  { width, colour }: { readonly width: number; readonly colour: boolean },
): string {
  const paint = painter(colour);
  const numbers = numbersOf(fleet.causes);
  const blocks = [
    hostLines(fleet.hosts, numbers, width, paint),
    ...fleet.causes
      .slice(0, MOST.causes)
      .map(({ card, hosts }, index) => causeLines(card, hosts, index + 1, width, paint)),
    moreOf(fleet.causes.length - MOST.causes, "cause"),
    groupLines(fleet.groups, width, paint),
    wrap(judgedBetween(fleet.hosts), width),
    [paint(STYLES[fleet.verdict], paint("bold", fleet.summary))],
  ];
  return `${blocks
    .map((lines) => lines.filter((line) => line !== "").join("\n"))
    .filter((block) => block !== "")
    .join("\n\n")}\n`;
}

function moreOf(count: number, thing: string): string[] {
  return count > 0 ? [`${countOf(count, `more ${thing}`)}: the reports have all.`] : [];
}

function hostLines(
  hosts: readonly FleetHost[],
  numbers: ReadonlyMap<string, number>,
  width: number,
  paint: Paint,
): string[] {
  const telling = hosts.filter(isTelling);
  const shown = telling.slice(0, MOST.hosts);
  const wide = Math.max(0, ...shown.map(({ name }) => oneLine(name).length));
  return [
    ...shown.flatMap((host) => {
      const head = `${oneLine(host.name).padEnd(wide)}  ${host.verdict.padEnd(14)}  `;
      const [first = "", ...rest] = wrap(remarkOf(host, numbers), Math.max(20, width - head.length));
      return [paint(STYLES[host.verdict], head) + first, ...rest.map((line) => " ".repeat(head.length) + line)];
    }),
    ...moreOf(telling.length - shown.length, "host"),
  ].map((line) => line.trimEnd());
}

function causeLines(card: Card, hosts: readonly string[], number: number, width: number, paint: Paint): string[] {
  const room = textWidth(width);
  const said = (label: string, text: string) => (text === "" ? [] : labelled(label, wrap(oneLine(text), room)));
  const [remedy] = card.remedies;
  return [
    ...wrap(`${number}. ${card.certainty === "guessed" ? "A guess: " : ""}${oneLine(card.what)}`, width).map((line) =>
      paint("bold", line),
    ),
    ...said("on", `${countOf(hosts.length, "host")}: ${someOf(hosts, MOST.names)}`),
    ...said("effect", card.effect),
    ...(remedy === undefined
      ? []
      : [
          ...said("to do", `${remedy.what}:`),
          // Commands are never broken: they are copied.
          ...labelled(
            "",
            remedy.commands.map((line) => `  ${oneLine(line)}`),
          ),
          ...said("", remedy.cost === "" ? "" : `cost: ${remedy.cost}`),
        ]),
  ];
}

function groupLines(groups: readonly FleetGroup[], width: number, paint: Paint): string[] {
  if (groups.length < 2) return [];
  const largest = groups.at(-1);
  const others = groups.slice(0, -1);
  return [
    paint("bold", "Hosts that are alike"),
    ...(largest === undefined ? [] : wrap(`  ${countOf(largest.hosts.length, "host")}: ${groupText(largest)}`, width)),
    ...others
      .slice(0, MOST.groups)
      .flatMap(({ hosts, differs }) =>
        wrap(
          `  ${countOf(hosts.length, "host")} (${someOf(hosts, MOST.names)}): ${oneLine(differs.join("; "))}`,
          width,
        ),
      ),
    ...moreOf(others.length - MOST.groups, "group"),
  ];
}
