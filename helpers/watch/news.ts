import type { Card } from "../model/cause.ts";
import type { RunVerdict } from "../model/run-verdict.ts";
import { formatCard } from "../report/cards-text.ts";
import { painter } from "../report/colour.ts";
import { outcomeText } from "../report/compact.ts";
import { wrap } from "../report/layout.ts";
import { oneLine } from "../report/plain-text.ts";
import type { CompactResults } from "../report/schema/compact.ts";

/** What a judgement says that the one before did not. A webhook and a command get it as JSON. */
export interface News {
  /** When it was judged, ISO 8601. */
  readonly at: string;
  readonly host: string;
  /** What changed on the host, in words. */
  readonly because: readonly string[];
  readonly verdict: RunVerdict;
  /** Null where nothing was judged before. */
  readonly before: RunVerdict | null;
  readonly summary: string;
  /** Causes that were not there before. */
  readonly came: readonly Card[];
  /** What causes said that are gone. */
  readonly gone: readonly string[];
  /** Failures without a cause that were not there before, and those that are gone. */
  readonly unexplained: { readonly came: readonly string[]; readonly gone: readonly string[] };
  /** Whether anything is otherwise than before; of a first judgement, whether it is not well. */
  readonly changed: boolean;
}

/** Compares two judgements of one host. @param because what made the second one */
export function newsBetween(before: CompactResults | null, now: CompactResults, because: readonly string[]): News {
  const known = new Set(before?.cards.map(({ key }) => key));
  const still = new Set(now.cards.map(({ key }) => key));
  const came = now.cards.filter(({ key }) => !known.has(key));
  const gone = (before?.cards ?? []).filter(({ key }) => !still.has(key)).map(({ what }) => what);
  const unexplained = {
    came: now.unexplained.filter((id) => before?.unexplained.includes(id) !== true),
    gone: (before?.unexplained ?? []).filter((id) => !now.unexplained.includes(id)),
  };
  return {
    at: now.startedAt,
    host: now.engine?.hostname ?? "",
    because,
    verdict: now.verdict,
    before: before?.verdict ?? null,
    summary: outcomeText(now),
    came,
    gone,
    unexplained,
    changed:
      (before === null ? now.exitCode !== 0 : before.verdict !== now.verdict) ||
      came.length + gone.length + unexplained.came.length + unexplained.gone.length > 0,
  };
}

/** A time for the console. @param iso ISO 8601, of UTC */
export function timeText(iso: string): string {
  return `${iso.slice(0, 19).replace("T", " ")} UTC`;
}

/** News for the console: what changed on the host, and what is otherwise because of it. */
export function newsText(news: News, { width, colour }: { readonly width: number; readonly colour: boolean }): string {
  const paint = painter(colour);
  const { at, because, verdict, before, summary, came, gone, unexplained, changed } = news;
  const indented = (text: string) => wrap(oneLine(text), width - 4).map((line) => `    ${line}`);
  return `${[
    `${timeText(at)}  ${because.map(oneLine).join("; ")}`,
    ...(changed || before === null
      ? [
          `  ${paint(verdict === "conformant" ? "green" : verdict === "not conformant" ? "red" : "yellow", oneLine(summary))}`,
          ...gone.flatMap((what) => ["  mended:", ...indented(what)]),
          ...(unexplained.gone.length === 0 ? [] : [`  mended: ${unexplained.gone.join(", ")}`]),
          ...came.map((card) => formatCard(card, "", width, colour)),
          ...(unexplained.came.length === 0 ? [] : [`  no cause found for ${unexplained.came.join(", ")}`]),
        ]
      : [`  as before: ${verdict}`]),
  ].join("\n")}\n`;
}
