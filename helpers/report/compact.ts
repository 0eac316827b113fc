import type { Card } from "../model/cause.ts";
import type { Results } from "../model/results.ts";
import { unexplained } from "./cards-text.ts";
import { countOf, cut } from "./plain-text.ts";
import type { CompactResults } from "./schema/compact.ts";

/**
 * Bytes of the compact form, its line's end included. Docker cuts a line of a container's log in pieces of 16 KiB, and
 * the pieces of several nodes would mix.
 */
export const MAX_COMPACT = 16_000;

/** How much of a card and of the facts is kept: what is tried first keeps all that anybody reads. */
interface Room {
  readonly characters: number;
  readonly remedies: number;
  /** Evidence, subjects and ids of a card; ids that no card explains. */
  readonly items: number;
}

const ROOMS: readonly Room[] = [
  { characters: 600, remedies: 4, items: 40 },
  { characters: 300, remedies: 2, items: 8 },
];
/** Where that is too much, cards are left out from the end. */
const LEAST: Room = { characters: 200, remedies: 1, items: 3 };
/** Commands are typed as they stand: a remedy with longer ones is left out, none is cut. */
const MAX_COMMANDS = 1500;

/** A run without its evidence, as one line of JSON of at most {@link MAX_COMPACT} bytes. What did not fit is told in it. */
export function renderCompact(results: Results): string {
  return `${JSON.stringify(compactOf(results))}\n`;
}

/** The compact form of a run: verdict, facts and cards, cut until they fit. */
export function compactOf(results: Results): CompactResults {
  const cards = results.cards.length;
  for (const room of [...ROOMS, LEAST]) {
    const compact = within(results, room, cards);
    if (fits(compact)) return compact;
  }
  const sizes = results.cards.map((card) => Buffer.byteLength(JSON.stringify(smaller(card, LEAST))) + 1);
  let left = MAX_COMPACT - Buffer.byteLength(JSON.stringify(within(results, LEAST, 0)));
  const kept = sizes.findIndex((size) => {
    left -= size;
    return left < 0;
  });
  const compact = within(results, LEAST, Math.max(0, kept));
  return fits(compact) ? compact : bare(within(results, LEAST, 0));
}

/** What a run came to, in a sentence; of one that could not begin, why. */
export function outcomeText({
  engine,
  errors,
  summary,
}: Pick<CompactResults, "engine" | "errors" | "summary">): string {
  return engine === null ? (errors[0] ?? summary) : summary;
}

function fits(compact: CompactResults): boolean {
  return Buffer.byteLength(JSON.stringify(compact)) < MAX_COMPACT;
}

function bare({ facts: _facts, ...compact }: CompactResults): CompactResults {
  return { ...compact, configuration: null, leftOut: [...compact.leftOut, "configuration and facts"] };
}

function within(results: Results, room: Room, cards: number): CompactResults {
  const { suiteVersion, runId, startedAt, durationMs, verdict, exitCode, counts, engine, configuration } = results;
  const text = (whole: string) => cut(whole, room.characters);
  const open = unexplained(results.requirements, results.cards).map(({ id }) => id);
  const kept = results.cards.slice(0, cards).map((card) => smaller(card, room));
  const dropped = results.cards.length - cards;
  const isCut = JSON.stringify(kept) !== JSON.stringify(results.cards.slice(0, cards)) || open.length > room.items;
  return {
    compact: 1,
    suiteVersion,
    runId,
    startedAt,
    durationMs,
    verdict,
    summary: text(results.summary),
    exitCode,
    counts,
    selection: results.selection.slice(0, room.items).map(text),
    engine,
    configuration,
    ...(results.facts === undefined
      ? {}
      : { facts: Object.fromEntries(Object.entries(results.facts).map(([name, value]) => [name, text(value)])) }),
    cards: kept,
    errors: results.errors.slice(0, room.items).map(text),
    unexplained: open.slice(0, room.items),
    leftOut: [...(dropped === 0 ? [] : [countOf(dropped, "card")]), ...(isCut ? ["parts of cards"] : [])],
  };
}

function smaller(card: Card, { characters, remedies, items }: Room): Card {
  const text = (whole: string) => cut(whole, characters);
  return {
    key: card.key,
    what: text(card.what),
    act: card.act === null ? null : text(card.act),
    certainty: card.certainty,
    subjects: card.subjects.slice(0, items),
    evidence: card.evidence.slice(0, items).map(text),
    remedies: card.remedies
      .filter(({ commands, check }) => commands.join("\n").length + check.length <= MAX_COMMANDS)
      .slice(0, remedies)
      .map((remedy) => ({ ...remedy, what: text(remedy.what), cost: text(remedy.cost) })),
    effect: text(card.effect),
    explains: card.explains.slice(0, items),
  };
}
