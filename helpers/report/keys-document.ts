import { NETWORK_KEYS, type NetworkKey } from "../configuration/keys/index.ts";
import type { CatalogueEntry } from "../model/results.ts";
import { VERSION_SWITCHES } from "../model/version-switches.ts";
import { renderKeys } from "./keys-table.ts";

/**
 * `docs/daemon-json.md` from the registry of keys.
 * @param engines versions of the engines that have a column: `28.5`
 */
export function keysDocument(entries: readonly CatalogueEntry[], engines: readonly string[]): string {
  const keys = Object.entries<NetworkKey>(NETWORK_KEYS).map(([name, { scope, effect, since }]) => ({
    name,
    scope,
    effect,
    ...(since === undefined ? {} : { since: VERSION_SWITCHES[since].since.replace(/^Engine /, "") }),
  }));
  return renderKeys(keys, engines, entries);
}
