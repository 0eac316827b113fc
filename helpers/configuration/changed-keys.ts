import { isDeepStrictEqual } from "node:util";
import type { NetworkKeyName } from "../model/configuration-facts.ts";
import { isNetworkKey, NETWORK_KEYS } from "./keys/index.ts";

/** A networking key that one of two files sets otherwise. */
export interface ChangedKey {
  readonly key: NetworkKeyName;
  /** The value in either file; undefined = not set. */
  readonly before: unknown;
  readonly after: unknown;
  /** What can show its effect, as words of `npm test -- …`; empty where no requirement covers it. */
  readonly words: readonly string[];
}

export interface ChangedKeys {
  readonly network: readonly ChangedKey[];
  /** Changed keys that are not about networks, by name only: their values may be secret. */
  readonly others: readonly string[];
}

/**
 * What differs between two `daemon.json`, as the values that count.
 * @param exists whether a word names a suite, a requirement or a tag; only such words cover a key
 */
export function changedKeys(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  exists: (word: string) => boolean,
): ChangedKeys {
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    // A null is dockerd's "not set".
    (key) => !isDeepStrictEqual(before[key] ?? undefined, after[key] ?? undefined),
  );
  return {
    network: changed.filter(isNetworkKey).map((key) => ({
      key,
      before: before[key] ?? undefined,
      after: after[key] ?? undefined,
      words: NETWORK_KEYS[key].influences.filter(exists),
    })),
    others: changed.filter((key) => !isNetworkKey(key)),
  };
}

/** A value of a key for people: as the file has it, or `not set`. */
export function valueText(value: unknown): string {
  return value === undefined ? "not set" : JSON.stringify(value);
}
