import type { VersionedEngine } from "../model/engine-version.ts";
import { has, type SwitchKey, VERSION_SWITCHES } from "../model/version-switches.ts";
import { isNetworkKey, NETWORK_KEYS, type NetworkKey } from "./keys/index.ts";
import { FLAG_NAMES_WITHOUT_EFFECT, OTHER_KEYS, type OtherKey } from "./other-keys.ts";

/** What is known of a key; null for one that no dockerd knows. */
export function keyOf(key: string): NetworkKey | OtherKey | null {
  if (isNetworkKey(key)) return NETWORK_KEYS[key];
  return Object.hasOwn(OTHER_KEYS, key) ? (OTHER_KEYS[key] ?? null) : null;
}

/** Whether this version of dockerd has a key. */
export function existsIn(known: NetworkKey | OtherKey, engine: VersionedEngine): boolean {
  const until = "until" in known ? known.until : undefined;
  return (known.since === undefined || has(engine, known.since)) && (until === undefined || !has(engine, until));
}

/** Names that do not keep this dockerd from starting: its keys and its flags. */
export function isName(name: string, engine: VersionedEngine): boolean {
  const known = keyOf(name);
  if (known !== null) return existsIn(known, engine);
  const key = FLAG_NAMES_WITHOUT_EFFECT[name];
  if (key === undefined) return false;
  const behind = key === "" ? null : keyOf(key);
  return behind === null || existsIn(behind, engine);
}

/** All names that this dockerd takes. */
export function namesOf(engine: VersionedEngine): string[] {
  return [...Object.keys(NETWORK_KEYS), ...Object.keys(OTHER_KEYS)].filter((key) => isName(key, engine));
}

/** The version that a switch of behaviour came with. */
export const sinceOf = (key: SwitchKey): string => VERSION_SWITCHES[key].since;

/** When a key came, or went, as far as that is why this dockerd lacks it. */
export function versionsOf(known: NetworkKey | OtherKey, engine: VersionedEngine): string {
  if (known.since !== undefined && !has(engine, known.since))
    return `the key came with ${sinceOf(known.since)}, and this is ${engine.engine.version}`;
  const until = "until" in known ? known.until : undefined;
  return until === undefined ? "" : `the key is gone since ${sinceOf(until)}, and this is ${engine.engine.version}`;
}
