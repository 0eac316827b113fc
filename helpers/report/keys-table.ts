import { compareVersions } from "../model/engine-version.ts";
import type { CatalogueEntry } from "../model/results.ts";
import { markdownTable, markdownText } from "./markdown-text.ts";

/** What is to be proven of a key; a requirement's tag `mtu:scope` says which key and which of these. */
export const ASPECTS = ["effect", "scope", "default", "refusal", "transition"] as const;
export type Aspect = (typeof ASPECTS)[number];

/** A key as the table needs it. */
export interface TabledKey {
  readonly name: string;
  readonly scope: string;
  readonly effect: string;
  /** First engine that knows it; undefined = every one that is judged. */
  readonly since?: string;
}

/** Ids of the requirements that prove one aspect of a key on an engine. */
export function provenBy(
  entries: readonly CatalogueEntry[],
  key: string,
  aspect: Aspect,
  engine: string,
): readonly string[] {
  return entries
    .filter(({ tags, appliesTo }) => tags.includes(`${key}:${aspect}`) && holdsOn(appliesTo, engine))
    .map(({ id }) => id);
}

/** Whether a requirement holds on an engine, as its `appliesTo` says: `since Engine 28.0`, `before Engine 27.0`. */
export function holdsOn(appliesTo: string, engine: string): boolean {
  const bound = (word: string) => new RegExp(`\\b${word} Engine (\\d+(?:\\.\\d+)*)`).exec(appliesTo)?.[1];
  const [since, before] = [bound("since"), bound("before")];
  if (since !== undefined && compareVersions(engine, since) < 0) return false;
  return before === undefined || compareVersions(engine, before) < 0;
}

/** `docs/daemon-json.md`: key × engine × aspect, with the requirements that prove each. */
export function renderKeys(
  keys: readonly TabledKey[],
  engines: readonly string[],
  entries: readonly CatalogueEntry[],
): string {
  const rows = keys.flatMap((key) =>
    engines.map((engine) => [
      markdownText(key.name),
      engine + (key.since !== undefined && compareVersions(engine, key.since) < 0 ? " (unknown there)" : ""),
      ...ASPECTS.map((aspect) =>
        provenBy(entries, key.name, aspect, engine)
          .map((id) => markdownText(id))
          .join(", "),
      ),
    ]),
  );
  return `${[
    "# The networking keys of daemon.json and what proves them",
    "Generated from the registry of keys and the suites' tags (`npm run documents`); edits are overwritten.",
    "Each requirement configures a disposable host of the lab and looks at links, packets, files, processes or rules: `npm run test:lab -- --engines 28.5 KEY-45`, or by tag `npm run test:lab -- icc:effect`. A dash: nothing there to prove on this engine (a switch takes every value of its type; a value of another type is KEY-103 to KEY-105), or it is not proven.",
    markdownTable(
      ["key", "whose networking", "what it does"],
      keys.map(({ name, scope, effect, since }) => [
        markdownText(name),
        markdownText(scope),
        markdownText(since === undefined ? effect : `${effect} (since ${since})`),
      ]),
    ),
    markdownTable(["key", "engine", ...ASPECTS], rows),
  ].join("\n\n")}\n`;
}
