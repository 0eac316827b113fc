import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Fault, RESTART } from "../faults/fault.ts";
import type { Card } from "../model/cause.ts";
import type { CatalogueEntry, ReportedProbe, RequirementResult } from "../model/results.ts";
import type { Source } from "../model/source.ts";
import { PROJECT_ROOT } from "../project-root.ts";
import { formatCard } from "../report/cards-text.ts";
import { labelled, textWidth, wrap } from "../report/layout.ts";
import { countOf, oneLine } from "../report/plain-text.ts";
import { sourceText } from "../report/source-text.ts";
import { DOCUMENTS } from "../requirement/sources.ts";
import { type Walk, walkLines } from "../trace/index.ts";

/** Questions shown; the others are counted. */
const MOST_QUESTIONS = 12;
/** Faults shown; the others are counted. */
const MOST_FAULTS = 12;

/** What is known of a requirement without any engine: its sentence, where that is from, what breaks it and what mends that. */
export function writtenLines(entry: CatalogueEntry, faults: readonly Fault[], width: number): string[] {
  const { id, must, suite, file, appliesTo, needs, sources, differs = [] } = entry;
  const text = textWidth(width);
  const breaking = faults.filter(({ caughtBy }) => caughtBy.includes(id));
  return [
    ...wrap(`${id}  ${must}`, width),
    "",
    ...labelled("suite", [`${suite}, ${file}${lineIn(file, id)}`]),
    ...labelled("applies to", wrap(appliesTo, text)),
    ...(needs.length === 0 ? [] : labelled("needs", wrap(needs.join(", "), text))),
    ...sources.flatMap((source, index) => labelled(index === 0 ? "sources" : "", wrap(withTitle(source), text))),
    ...differs.flatMap(({ source, instead, seenOn }) =>
      labelled("differs", wrap(`${instead} Seen on ${seenOn.join(", ")}, against ${sourceText(source)}`, text)),
    ),
    "",
    "What breaks it",
    ...(breaking.length === 0
      ? labelled("", ["no fault of the catalogue (docs/faults.md says why)"])
      : breaking.slice(0, MOST_FAULTS).flatMap((fault) => faultLines(fault, text))),
    ...(breaking.length > MOST_FAULTS
      ? labelled("", [`and ${countOf(breaking.length - MOST_FAULTS, "more fault")}: npm run prove -- --list ${id}`])
      : []),
  ];
}

function faultLines({ id, breaks, comesBy, undo }: Fault, width: number): string[] {
  return [
    ...labelled("·", wrap(breaks, width)),
    ...labelled("", wrap(`comes by: ${comesBy}`, width)),
    ...undo.map(
      (line) =>
        labelled("", [`mends it: ${line === RESTART ? `${RESTART} (see what that stops)` : oneLine(line)}`])[0] ?? "",
    ),
    ...labelled("", [`try it: npm run prove -- --faults ${id}`]),
  ];
}

/** A source; with the title of its document where nobody can open it. */
function withTitle(source: Source): string {
  const title = DOCUMENTS.find(({ key }) => key === source.document)?.title;
  return source.link === undefined && title !== undefined ? `${sourceText(source)} (${title})` : sourceText(source);
}

/** `:120`, the line of a file in which a requirement is written; empty where it is not found. */
function lineIn(file: string, id: string): string {
  const lines = readFileSync(join(PROJECT_ROOT, file), "utf8").split("\n");
  const index = lines.findIndex((line) => line.includes(`"${id}"`));
  return index < 0 ? "" : `:${index + 1}`;
}

/** What it looks like on this host now. @param walk the way of one of its packets; null where none was followed */
export function observedLines(
  result: RequirementResult,
  cards: readonly Card[],
  walk: Walk | null,
  width: number,
): string[] {
  const text = textWidth(width);
  const { id, verdict, reason, probes, needs } = result;
  const judged = probes.filter(({ expected }) => expected !== undefined);
  const read = probes.length - judged.length;
  return [
    `On this host now: ${verdict}${reason === "" ? "" : `: ${oneLine(reason)}`}`,
    ...judged.slice(0, MOST_QUESTIONS).flatMap((probe, index) => questionLines(probe, index + 1, text)),
    ...(judged.length > MOST_QUESTIONS
      ? labelled("", [`and ${countOf(judged.length - MOST_QUESTIONS, "more question")}`])
      : []),
    ...(read > 0
      ? labelled(
          judged.length === 0 ? "reads" : "",
          wrap(
            `${judged.length === 0 ? "" : "beside these it reads: "}${[...new Set(probes.flatMap((probe) => (probe.expected === undefined ? [readText(probe)] : [])))].slice(0, 8).join("; ")}`,
            text,
          ),
        )
      : []),
    ...(walk === null
      ? []
      : [
          "",
          `The way of a packet from ${walk.from} to ${walk.to} (${walk.protocol.toUpperCase()}):`,
          ...walkLines(walk),
        ]),
    ...cards.filter(({ explains }) => explains.includes(id)).flatMap((card) => ["", formatCard(card, "", width)]),
    ...(needs.includes("lab") ? labelled("", ["npm run test:lab shows it"]) : []),
  ];
}

function questionLines(probe: ReportedProbe, number: number, width: number): string[] {
  const { role, vantage, command, expected, outcome } = probe;
  const pieces = expected?.answer ?? [];
  const wanted = `${expected?.outcomes.join(" or ") ?? ""}${pieces.length === 0 ? "" : `, with "${pieces.join(" … ")}"`}`;
  return [
    ...labelled(
      `${number}`,
      wrap(`${role === "control" ? "control, " : ""}from ${vantage}: ${oneLine(command)}`, width),
    ),
    ...labelled("", wrap(`had to come: ${wanted}; came: ${outcome ?? "an answer"}`, width)),
  ];
}

function readText({ vantage, command, question }: ReportedProbe): string {
  if (question?.kind === "read")
    return `${question.what}${question.of === null ? "" : ` of ${question.of}`} (${vantage})`;
  return `${oneLine(command).slice(0, 60)} (${vantage})`;
}
