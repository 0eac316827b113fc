import type { NetworkConfiguration, NetworkKeyName } from "../../model/configuration-facts.ts";
import type { VersionedEngine } from "../../model/engine-version.ts";
import { has, VERSION_SWITCHES } from "../../model/version-switches.ts";
import { DEFAULT_BRIDGE_KEYS } from "./default-bridge.ts";
import { ENGINE_KEYS } from "./engine.ts";
import type { ValueProblem } from "./judge-value.ts";
import type { Beside, NetworkKey } from "./key.ts";
import { NAME_KEYS } from "./names.ts";
import { NEW_NETWORK_KEYS } from "./new-networks.ts";

export type { KeyKind, NetworkKey } from "./key.ts";

/** Every networking key of `daemon.json` that this project knows. What is not here stays unread (registries, proxies, credentials). */
export const NETWORK_KEYS = {
  ...DEFAULT_BRIDGE_KEYS,
  ...NAME_KEYS,
  ...ENGINE_KEYS,
  ...NEW_NETWORK_KEYS,
} as const satisfies Record<NetworkKeyName, NetworkKey>;

/** Narrows any key of a file to one that this project knows. */
export function isNetworkKey(key: string): key is NetworkKeyName {
  return Object.hasOwn(NETWORK_KEYS, key);
}

/** Every key with what is known of it. */
export function keyRecords(): readonly (readonly [NetworkKeyName, NetworkKey])[] {
  return Object.entries<NetworkKey>(NETWORK_KEYS).map(([key, record]) => [key as NetworkKeyName, record]);
}

/** The value that holds without a key, where that is one for every host; null: none; undefined: the engine or the host chooses. */
export function defaultOf(key: NetworkKeyName, beside: Beside): unknown {
  const record: NetworkKey = NETWORK_KEYS[key];
  return record.default?.(beside);
}

/** What this engine has against a value of the right type; null when it takes it. */
export function judgeValue(key: NetworkKeyName, value: unknown, engine: VersionedEngine): ValueProblem | null {
  const { judge }: NetworkKey = NETWORK_KEYS[key];
  return judge?.(value, engine) ?? null;
}

/** Whether a running container keeps dockerd from changing it where live-restore is on: the default bridge stays as it is. */
export function isKeptByLiveRestore(key: NetworkKeyName): boolean {
  return NETWORK_KEYS[key].scope === "default bridge" || key === "default-address-pools";
}

/** Whether this engine has the key. */
export function isKnownTo(key: NetworkKeyName, { engine }: Pick<Beside, "engine">): boolean {
  const { since }: NetworkKey = NETWORK_KEYS[key];
  return since === undefined || has({ engine }, since);
}

/** Why a key has no effect beside the other keys of this configuration; null when it has. */
export function withoutEffect(key: NetworkKeyName, beside: Beside): string | null {
  const { scope, since, needs, noEffect }: NetworkKey = NETWORK_KEYS[key];
  const { configuration }: { readonly configuration: NetworkConfiguration } = beside;
  if (since !== undefined && !isKnownTo(key, beside))
    return `this version has no such key: it came with ${VERSION_SWITCHES[since].since}`;
  if (scope === "default bridge" && key !== "bridge" && configuration.bridge === "none")
    return '"bridge": "none": there is no default bridge that it could change';
  if (needs === "IPv6" && configuration.ipv6 !== true)
    return '"ipv6" is not on: the default bridge has no IPv6 that it could change';
  if (needs === "rules" && configuration.iptables === false)
    return '"iptables": false: dockerd makes no rule that it could change';
  return noEffect?.(beside) ?? null;
}
