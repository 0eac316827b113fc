import type { VersionedEngine } from "./engine-version.ts";
import { has } from "./version-switches.ts";

/**
 * True for every way in which versions and clients say "nothing": null, absent, "", 0, [] and {}.
 * `false` is not blank: it answers a question.
 */
export function isBlank(value: unknown): boolean {
  if (value === null || value === undefined || value === "" || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}

const ALWAYS = ["SandboxID", "SandboxKey", "Ports", "Networks"] as const;

const UNTIL_API_1_52 = [
  "Bridge",
  "HairpinMode",
  "LinkLocalIPv6Address",
  "LinkLocalIPv6PrefixLen",
  "SecondaryIPAddresses",
  "SecondaryIPv6Addresses",
  "EndpointID",
  "Gateway",
  "GlobalIPv6Address",
  "GlobalIPv6PrefixLen",
  "IPAddress",
  "IPPrefixLen",
  "IPv6Gateway",
  "MacAddress",
] as const;

/** The keys of `NetworkSettings` in a container's inspect (measured: API 1.41, 1.45, 1.51; moby api/types for 1.52). The API version is the one asked with. */
export function networkSettingsFields(engine: VersionedEngine): readonly string[] {
  return has(engine, "no-top-level-network-settings") ? ALWAYS : [...ALWAYS, ...UNTIL_API_1_52];
}

/** Where the container's short id is listed in `Networks.<n>` of a user-defined network (moby#47599; DNSNames since API 1.44). */
export function fieldsWithShortId(engine: VersionedEngine): readonly ("Aliases" | "DNSNames")[] {
  return [
    ...(has(engine, "no-short-id-in-aliases") ? [] : (["Aliases"] as const)),
    ...(has(engine, "dns-names-field") ? (["DNSNames"] as const) : []),
  ];
}
