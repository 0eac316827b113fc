import type { Card } from "../../model/cause.ts";
import type { Results } from "../../model/results.ts";
import { unexplained } from "../cards-text.ts";
import { causeTitle } from "../cause-title.ts";
import { countOf, cut, oneLine, plainText } from "../plain-text.ts";
import { runTroubles } from "../run-troubles.ts";
import { reasonsOf } from "../summary-lines.ts";

/** So many annotations of one level a step of GitHub Actions shows; what is more it drops. */
export const MOST_ANNOTATIONS = 10;
const MAX_TITLE = 200;
const MAX_MESSAGE = 3000;
/** Bytes that a step's summary may have; of one that is longer GitHub shows nothing. */
const MAX_SUMMARY = 1024 * 1024;

/** What GitHub Actions shows above a job, of one run or of several. */
interface Annotation {
  readonly level: "error" | "warning";
  readonly title: string;
  readonly message: string;
}

/** What is wrong beside the runs that have results: one that has none, a fault that nothing saw. */
export type Trouble = Pick<Annotation, "title" | "message">;

/** A run as several of them are told apart; `` where there is only one. */
export interface NamedRun {
  readonly name: string;
  readonly results: Results;
}

/**
 * An annotation for each cause, over all runs that have it; then what no cause explains, what is wrong with a run itself,
 * and what else there is. At most {@link MOST_ANNOTATIONS}: the last one tells how many are left out.
 */
export function annotationsOf(runs: readonly NamedRun[], troubles: readonly Trouble[] = []): Annotation[] {
  const told = troubles.map((trouble): Annotation => ({ level: "error", ...trouble }));
  const all = [...causes(runs), ...runs.flatMap(othersOf), ...told];
  const errors = all.filter(({ level }) => level === "error");
  const warnings = all.filter(({ level }) => level === "warning");
  return [...atMost(errors), ...atMost(warnings)];
}

function atMost(annotations: readonly Annotation[]): readonly Annotation[] {
  if (annotations.length <= MOST_ANNOTATIONS) return annotations;
  const shown = annotations.slice(0, MOST_ANNOTATIONS - 1);
  const rest = annotations.slice(MOST_ANNOTATIONS - 1);
  const level = rest[0]?.level ?? "error";
  return [
    ...shown,
    { level, title: `and ${countOf(rest.length, "more thing")}`, message: rest.map(({ title }) => title).join("\n") },
  ];
}

function causes(runs: readonly NamedRun[]): Annotation[] {
  const byKey = new Map<string, { card: Card; on: string[]; ids: Set<string> }>();
  for (const { name, results } of runs)
    for (const card of results.cards) {
      const known = byKey.get(card.key) ?? { card, on: [], ids: new Set<string>() };
      byKey.set(card.key, known);
      known.on.push(name);
      for (const id of card.explains) known.ids.add(id);
    }
  return [...byKey.values()].map(({ card, on, ids }) => ({
    level: "error",
    title: `${onRuns(on)}${causeTitle(card)}`,
    message: [
      card.effect,
      ...card.remedies
        .slice(0, 1)
        .flatMap(({ what, commands, cost, check }) => [
          `To do: ${what}`,
          ...commands.map((line) => `  ${line}`),
          ...(cost === "" ? [] : [`Cost: ${cost}`]),
          `Then: ${check}`,
        ]),
      `Explains ${countOf(ids.size, "failure")}: ${[...ids].join(", ")}`,
    ].join("\n"),
  }));
}

function onRuns(names: readonly string[]): string {
  const told = names.filter((name) => name !== "");
  return told.length === 0 ? "" : `${told.join(", ")}: `;
}

function othersOf({ name, results }: NamedRun): Annotation[] {
  const open = unexplained(results.requirements, results.cards).filter(({ disturbed }) => disturbed !== true);
  return [
    ...(open.length === 0
      ? []
      : [
          {
            level: "error" as const,
            title: `${onRuns([name])}No cause found for ${countOf(open.length, "failure")}`,
            message: open.map(({ id, must, reason }) => `${id} ${must}: ${reason}`).join("\n"),
          },
        ]),
    ...runTroubles(results).map(({ says }) => ({
      level: "error" as const,
      title: `${onRuns([name])}The run itself`,
      message: says,
    })),
    ...(results.verdict === "partial"
      ? [
          {
            level: "warning" as const,
            title: `${onRuns([name])}${results.summary}`,
            message: reasonsOf(results.requirements, "not run")
              .map(([reason, ids]) => `${reason} (${ids.join(", ")})`)
              .join("\n"),
          },
        ]
      : []),
  ];
}

/** The line by which GitHub Actions takes an annotation. Nothing in it can begin another command. */
export function annotationLine({ level, title, message }: Annotation): string {
  const data = (text: string) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const property = (text: string) => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
  return `::${level} title=${property(cut(oneLine(title), MAX_TITLE))}::${data(cut(plainText(message), MAX_MESSAGE))}`;
}

/** What may be added to a summary that holds so many bytes already: cut at a line where it is too long, which it says. */
export function summaryWithin(markdown: string, held: number): string {
  const room = MAX_SUMMARY - held;
  if (Buffer.byteLength(markdown) <= room) return markdown;
  const note = "\n\nThe rest did not fit in here: it is in the reports.\n";
  const kept = Buffer.from(markdown)
    .subarray(0, Math.max(0, room - note.length))
    .toString();
  const lines = kept.slice(0, Math.max(0, kept.lastIndexOf("\n")));
  return lines === "" ? "" : `${lines}${note}`;
}
