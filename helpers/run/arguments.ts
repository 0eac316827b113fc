import { nearMiss } from "../configuration/near-miss.ts";
import { EXIT, UserError } from "../engine/errors.ts";
import type { CatalogueEntry } from "../model/results.ts";
import { catalogue } from "./catalogue-index.ts";

/** What `npm test -- …` was asked to run, understood: the requirements, and the files that hold them. */
export interface Selection {
  /** Requirement ids; null = every one. */
  readonly ids: readonly string[] | null;
  readonly files: readonly string[];
}

/**
 * Reads the words after `npm test --`: suites, files of suites, requirement ids, what ids begin with (`PORT`) or tags, in
 * any order, joined by "or".
 * @throws UserError (exit code 64) for a word that is none of these
 */
export function understandSelection(words: readonly string[]): Selection {
  if (words.length === 0) return { ids: null, files: [] };
  const written = catalogue();
  const chosen = words.flatMap((word) => {
    if (word.startsWith("-")) throw usage(`unknown option ${word}`);
    const found = written.filter((one) => isMeant(one, word));
    if (found.length === 0) throw usage(`there is no suite, requirement or tag ${word}${near(word, written)}`);
    return found;
  });
  return { ids: [...new Set(chosen.map((one) => one.id))], files: [...new Set(chosen.map((one) => one.file))] };
}

function isMeant(one: CatalogueEntry, word: string): boolean {
  const path = word.replace(/^\.\//, "");
  const suite = path.replace(/^suites\//, "").replace(/\/$/, "");
  const family = /^[A-Z]+$/.test(word) && one.id.startsWith(`${word}-`);
  return (
    one.suite === suite ||
    one.file === path ||
    one.id.toUpperCase() === word.toUpperCase() ||
    family ||
    one.tags.includes(word)
  );
}

/** The suites as they are written now: how many requirements there are, and whether a word means any of them. */
export function writtenSuites(): {
  readonly count: number;
  readonly ids: ReadonlySet<string>;
  knows(word: string): boolean;
} {
  const written = catalogue();
  const ids = new Set(written.map(({ id }) => id));
  return {
    count: ids.size,
    ids,
    knows: (word) => written.some((one) => isMeant(one, word)),
  };
}

const TEST_USAGE =
  "npm test -- [suite | requirement id | family of ids | tag]…, for example: npm test -- dns UDN-07 PORT. All of them: npm run list";

/** A complaint about the command line; exit code 64. */
export function usage(seen: string, todo: string = TEST_USAGE): UserError {
  return new UserError({
    tried: "Reading the command line",
    seen,
    todo,
    exitCode: EXIT.usage,
  });
}

function near(word: string, known: readonly CatalogueEntry[]): string {
  const prefix = /^[A-Za-z]+/.exec(word)?.[0].toUpperCase() ?? "";
  const ids = known
    .map((one) => one.id)
    .filter((id) => id.startsWith(`${prefix}-`))
    .toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
  if (ids.length > 0 && word.includes("-")) return `; ${prefix} goes from ${ids[0]} to ${ids.at(-1)}`;
  if (ids.length > 0) return `; did you mean ${prefix}?`;
  const suites = [...new Set(known.map((one) => one.suite))].toSorted();
  const families = [...new Set(known.map((one) => one.id.replace(/-.*/, "")))].toSorted();
  const tags = [...new Set(known.flatMap((one) => one.tags))].toSorted();
  const meant = [nearMiss(word, suites), nearMiss(word, tags), nearMiss(word, families)].filter((one) => one !== null);
  // `udp`, `bridge`: a part of a name is what people remember of it.
  const parts = [...suites, ...tags].filter((one) => word.length > 2 && one.includes(word.toLowerCase()));
  const nearest = [...new Set([...meant, ...parts])].slice(0, 5);
  if (nearest.length > 0) return `; did you mean ${nearest.join(" or ")}?`;
  return `; the suites are ${suites.join(", ")}`;
}
