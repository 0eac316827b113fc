import type { Card, Cause, Certainty, Remedy } from "../model/cause.ts";
import { subjectKey } from "../model/subject.ts";
import type { Way } from "../model/way.ts";
import { effectOf } from "./effect.ts";
import { isMissingRules, kindOfEach, MISSING_RULES } from "./keys.ts";

/** A requirement that failed, with what may explain it. */
export interface Explained {
  readonly id: string;
  /** Best fitting first. */
  readonly causes: readonly (Cause | Card)[];
  readonly ways: readonly Way[];
}

const SUREST_FIRST: readonly Certainty[] = ["seen", "concluded", "guessed"];
/** At most so many pieces of evidence on a card; the rest is counted. */
const MOST_EVIDENCE = 6;
/** At most so many further sentences about the same cause. */
const MOST_SENTENCES = 3;

/**
 * All failures of one cause are one card, the one that explains most first. A failure that several causes fit belongs to
 * the one that explains most others: one act breaks many things. But what was found broken of the operator's own is told
 * whatever else is: it is about other subjects. Of those that explain as much, what concerns most comes first. Guesses come
 * last, and explain only what nothing else does.
 */
export function cardsOf(failures: readonly Explained[]): Card[] {
  const cards: Card[] = [];
  const keyOf = wholesOf(failures);
  const told = new Set<string>();
  const explained = new Set<Explained>();
  const untold = (failure: Explained): readonly Cause[] =>
    candidates(failure).filter((cause) => !told.has(keyOf(cause)) && (!explained.has(failure) || "effect" in cause));
  for (;;) {
    const open = failures
      .map((failure) => ({ failure, keys: untold(failure).map(keyOf) }))
      .filter(({ keys }) => keys.length > 0);
    if (open.length === 0) break;
    const key = mostTold(open.map(({ keys }) => keys));
    const mine = open.filter(({ keys }) => keys.includes(key)).map(({ failure }) => failure);
    cards.push(cardOf(key, mine, keyOf));
    told.add(key);
    for (const failure of mine) explained.add(failure);
  }
  const rank: Readonly<Record<Certainty, number>> = { seen: 0, concluded: 0, guessed: 1 };
  return cards.toSorted(
    (a, b) =>
      rank[a.certainty] - rank[b.certainty] ||
      b.explains.length - a.explains.length ||
      b.subjects.length - a.subjects.length,
  );
}

/** The key of the card that a cause is told on. */
type KeyOf = (cause: Pick<Cause, "key">) => string;

/** So many rules of Docker's are not removed one by one. */
const MANY_PARTS = 3;

/** What is a part of a greater thing that is told as well, or one of many of its parts, is that thing: one act took them all. */
function wholesOf(failures: readonly Explained[]): KeyOf {
  const keys = new Set(failures.flatMap(({ causes }) => causes.map(({ key }) => key)));
  const missing = [...keys].filter(isMissingRules);
  const isOne = keys.has(MISSING_RULES) || missing.length >= MANY_PARTS;
  const each = Map.groupBy(keys, kindOfEach);
  return ({ key }) => {
    if (isOne && isMissingRules(key)) return MISSING_RULES;
    const all = kindOfEach(key);
    return all !== null && (keys.has(all) || (each.get(all)?.length ?? 0) >= MANY_PARTS) ? all : key;
  };
}

/** Guesses count only where there is nothing else. */
function candidates({ causes }: Explained): readonly Cause[] {
  const known = causes.filter(({ certainty }) => certainty !== "guessed");
  return known.length > 0 ? known : causes;
}

/** @param failures the keys that fit each, best first */
function mostTold(failures: readonly (readonly string[])[]): string {
  const counts = new Map<string, number>();
  // The best fitting one weighs a little more, so that between equals it is the one.
  for (const keys of failures)
    for (const key of new Set(keys)) counts.set(key, (counts.get(key) ?? 0) + (keys[0] === key ? 1.01 : 1));
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? "";
}

function cardOf(key: string, failures: readonly Explained[], keyOf: KeyOf): Card {
  // What was found with all of the host in view names the operator's own containers: it speaks first; the whole before a part.
  const causes = failures
    .flatMap((failure) => candidates(failure).filter((cause) => keyOf(cause) === key))
    .toSorted((a, b) => Number(b.key === key) - Number(a.key === key) || Number("effect" in b) - Number("effect" in a));
  const told = causes.find((cause) => cause.key === (causes[0]?.key ?? key) && "effect" in cause);
  const frequent = byFrequency(causes.map(({ what }) => what));
  const first = told?.what ?? frequent[0] ?? "";
  const further = frequent.filter((sentence) => sentence !== first);
  const also = further.slice(0, MOST_SENTENCES);
  const rest = further.length - also.length;
  const evidence = [...new Set(causes.flatMap((cause) => cause.evidence))];
  return {
    key,
    what: first,
    act: causes.find(({ act }) => act !== null)?.act ?? null,
    // What one failure shows for certain is no guess because another one only suggests it.
    certainty: SUREST_FIRST.find((one) => causes.some(({ certainty }) => certainty === one)) ?? "guessed",
    subjects: [
      ...new Map(causes.flatMap(({ subjects }) => subjects).map((subject) => [subjectKey(subject), subject])).values(),
    ],
    evidence: [
      ...also.map((sentence) => `also: ${sentence}`),
      ...(rest > 0 ? [`… and ${rest} more of the kind`] : []),
      ...evidence.slice(0, MOST_EVIDENCE),
      ...(evidence.length > MOST_EVIDENCE ? [`… and ${evidence.length - MOST_EVIDENCE} more`] : []),
    ],
    remedies: remediesOf(key, causes),
    effect: effectsOf(causes, failures),
    explains: failures.map(({ id }) => id),
  };
}

/** What brings some of the missing rules back leaves the others missing: where several kinds are, only what mends all of it. */
function remediesOf(key: string, causes: readonly Cause[]): Remedy[] {
  const all = causes.flatMap(({ remedies }) => remedies);
  const isWhole = isMissingRules(key) && causes.some((cause) => cause.key !== key);
  const restarts = all.filter((one) => one.restarts === "engine");
  return distinct(isWhole && restarts.length > 0 ? restarts : all);
}

/** What the operator's own containers have of it, as the cause tells it, then what packets of the run met. */
function effectsOf(causes: readonly (Cause | Card)[], failures: readonly Explained[]): string {
  const told = causes.find((cause): cause is Card => "effect" in cause)?.effect;
  const ways = failures.flatMap((failure) => failure.ways);
  if (told === undefined) return effectOf(ways);
  return ways.length === 0 ? told : `${told} Of this run: ${effectOf(ways)}`;
}

/** Each once, the most frequent first. */
function byFrequency(texts: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1]).map(([text]) => text);
}

/** Those by hand before those that interrupt, each once. */
function distinct(remedies: readonly Remedy[]): Remedy[] {
  const once = [...Map.groupBy(remedies, ({ commands }) => commands.join("\n")).values()].flatMap(
    ([first]) => first ?? [],
  );
  // A restart interrupts even where nothing runs that it would cost.
  const interrupts = ({ cost, restarts }: Remedy): number => Number(cost !== "" || restarts === "engine");
  return once.toSorted((a, b) => interrupts(a) - interrupts(b));
}
