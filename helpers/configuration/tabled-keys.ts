import { VERSION_SWITCHES } from "../expectations/version-switches.ts";
import { labEngines } from "../lab/engine-versions.ts";
import { renderKeys } from "../report/keys-table.ts";
import type { CatalogueEntry } from "../report/results.ts";
import { NETWORK_KEYS, type NetworkKey } from "./keys.ts";

/** `docs/daemon-json.md` from the registry of keys, for the engines of the lab. */
export function keysDocument(entries: readonly CatalogueEntry[]): string {
  const keys = Object.entries<NetworkKey>(NETWORK_KEYS).map(([name, { scope, effect, since }]) => ({
    name,
    scope,
    effect,
    ...(since === undefined ? {} : { since: VERSION_SWITCHES[since].since.replace(/^Engine /, "") }),
  }));
  return renderKeys(
    keys,
    labEngines("20.10,26.1,28.5").map(({ version }) => version),
    entries,
  );
}
