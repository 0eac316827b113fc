import type { Claim, Claims, NetworkConfiguration, NetworkKeyName } from "../model/configuration-facts.ts";
import type { FlagValues } from "./flags.ts";
import { isNetworkKey, type KeyKind, NETWORK_KEYS } from "./keys/index.ts";

/**
 * Merges `daemon.json` with the flags of the running dockerd. dockerd refuses to start when one option stands in both;
 * where that is so all the same, the flag is what it started with. A value of another type than the key's is none.
 * @param file the values of a `daemon.json`; `{}` when there is none
 */
export function claimsOf(file: Readonly<Record<string, unknown>>, flags: FlagValues): Claims {
  const claims: Partial<Record<NetworkKeyName, Claim>> = {};
  for (const key of Object.keys(NETWORK_KEYS).filter(isNetworkKey)) {
    const { kind } = NETWORK_KEYS[key];
    const [inFile, inFlags] = [file[key], flags[key]].map((value) => setValue(kind, value));
    if (inFlags !== undefined)
      claims[key] = { value: inFlags, origin: "flag", ...(inFile === undefined ? {} : { alsoInFile: inFile }) };
    else if (inFile !== undefined) claims[key] = { value: inFile, origin: "file" };
  }
  return claims;
}

/**
 * The claims as the expectations read them, and the one key beside networking that a suite judges, `default-ipc-mode`.
 * Everything else in `daemon.json` (registries, proxies, credentials) stays unread.
 */
export function claimedConfiguration(file: Readonly<Record<string, unknown>>, flags: FlagValues): NetworkConfiguration {
  const values = Object.entries(claimsOf(file, flags)).map(([key, { value }]) => [key, value] as const);
  const ipcMode = flags["default-ipc-mode"] ?? file["default-ipc-mode"];
  return {
    ...Object.fromEntries(values),
    ...(typeof ipcMode === "string" ? { "default-ipc-mode": ipcMode } : {}),
  };
}

/** The value if it sets the key, else undefined: dockerd takes a zero, an empty list and an empty text for not set. */
function setValue(kind: KeyKind, value: unknown): unknown {
  switch (kind) {
    case "text":
      return typeof value === "string" && value !== "" ? value : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "number":
      return typeof value === "number" && value > 0 ? value : undefined;
    case "list":
      return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string")
        ? value
        : undefined;
    case "pools": {
      const pools = Array.isArray(value) ? value.map(poolOf).filter((pool) => pool !== null) : [];
      return pools.length > 0 ? pools : undefined;
    }
    case "driver options":
      return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
        ? value
        : undefined;
  }
}

/** Go takes the fields' names in any case. */
function poolOf(pool: unknown): { base: string; size: number } | null {
  if (typeof pool !== "object" || pool === null) return null;
  const fields = new Map(Object.entries(pool).map(([name, field]) => [name.toLowerCase(), field as unknown]));
  const [base, size] = [fields.get("base"), fields.get("size")];
  return typeof base === "string" && typeof size === "number" ? { base, size } : null;
}
