import type { NetworkKeyName } from "../model/configuration-facts.ts";
import type { VersionedEngine } from "../model/engine-version.ts";
import { has } from "../model/version-switches.ts";
import { isNetworkKey, type KeyKind, NETWORK_KEYS } from "./keys/index.ts";
import { OTHER_KEYS } from "./other-keys.ts";

/** The networking keys that dockerd's flags set, in the terms of `daemon.json`. */
export type FlagValues = Readonly<Partial<Record<NetworkKeyName | "default-ipc-mode", unknown>>>;

const SHORT: Readonly<Record<string, string>> = {
  b: "bridge",
  D: "debug",
  G: "group",
  H: "host",
  h: "help",
  l: "log-level",
  p: "pidfile",
  r: "restart",
  s: "storage-driver",
  v: "version",
};

/** Flags that take no separate value beside the keys that are boolean. */
const LONE_FLAGS = ["help", "version", "validate", "restart"];

/** strconv.ParseBool of Go, which pflag reads a boolean flag with. */
const TRUE = /^(1|t|T|true|TRUE|True)$/;

/** One flag as it stands on the command line. */
interface Flag {
  readonly name: string;
  readonly value: string;
}

/**
 * Reads dockerd's arguments as pflag does: `--mtu 1400`, `--mtu=1400`, `-b br0`, `-bbr0`; a boolean flag stands alone
 * or with `=false`.
 * @param args without the program's name
 */
export function readFlags(args: readonly string[], engine: VersionedEngine): FlagValues {
  const found: Partial<Record<NetworkKeyName | "default-ipc-mode", unknown>> = {};
  for (const { name, value } of flagsOf(args)) {
    if (name === "default-ipc-mode") found[name] = value;
    const key = keyOfFlag(name, engine);
    if (key !== null) found[key] = taken(NETWORK_KEYS[key].kind, found[key], value);
  }
  return found;
}

/** The file that `--config-file` names; null without the flag. */
export function configFileFlag(args: readonly string[]): string | null {
  return flagsOf(args).findLast(({ name }) => name === "config-file")?.value ?? null;
}

/** dockerd's flag for a key, without dashes. */
export function flagOf(key: NetworkKeyName): string {
  const { flag } = NETWORK_KEYS[key] as { readonly flag?: string };
  return flag ?? key;
}

function keyOfFlag(flag: string, engine: VersionedEngine): NetworkKeyName | null {
  // One flag, two keys: before there were two addresses it set the one.
  if (flag === "host-gateway-ip") return has(engine, "daemon-json-of-28") ? "host-gateway-ips" : "host-gateway-ip";
  const names = Object.keys(NETWORK_KEYS).filter(isNetworkKey);
  return names.find((key) => flagOf(key) === flag) ?? null;
}

function flagsOf(args: readonly string[]): Flag[] {
  const found: Flag[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (arg === "--") break;
    const long = /^--([A-Za-z0-9][\w-]*)(?:=(.*))?$/s.exec(arg);
    const short = /^-([A-Za-z])=?(.*)$/s.exec(arg);
    const name = long?.[1] ?? SHORT[short?.[1] ?? ""];
    if (name === undefined) continue;
    const attached = long === null ? short?.[2] || undefined : long[2];
    const value = attached ?? (standsAlone(name) ? "true" : args[++index]);
    if (value !== undefined) found.push({ name, value });
  }
  return found;
}

function standsAlone(flag: string): boolean {
  const kind = isNetworkKey(flag) ? NETWORK_KEYS[flag].kind : OTHER_KEYS[flag]?.kind;
  return kind === "boolean" || LONE_FLAGS.includes(flag);
}

function taken(kind: KeyKind, before: unknown, value: string): unknown {
  switch (kind) {
    case "text":
      return value;
    case "boolean":
      return TRUE.test(value);
    case "number":
      return Number(value);
    case "list":
      return [...(Array.isArray(before) ? before : []), ...value.split(",")];
    case "pools": {
      const fields = new Map(value.split(",").map((part) => part.toLowerCase().split("=", 2) as [string, string]));
      const pool = { base: fields.get("base") ?? "", size: Number(fields.get("size")) };
      return [...(Array.isArray(before) ? before : []), pool];
    }
    case "driver options": {
      // `--default-network-opt=bridge=com.docker.network.driver.mtu=1400`
      const [driver = "", option = "", ...setting] = value.split("=");
      const all = (before ?? {}) as Record<string, Record<string, string>>;
      return { ...all, [driver]: { ...all[driver], [option]: setting.join("=") } };
    }
  }
}
