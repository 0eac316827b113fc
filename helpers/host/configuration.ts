import type { NetworkConfiguration } from "../engine/facts.ts";

/** Networking keys that this project reads; everything else in `daemon.json` (registries, proxies, keys) stays unread. */
const TEXT_KEYS = [
  "bip",
  "bip6",
  "bridge",
  "fixed-cidr",
  "fixed-cidr-v6",
  "default-gateway",
  "default-gateway-v6",
  "ip",
  "host-gateway-ip",
  "firewall-backend",
  "default-ipc-mode",
] as const;
const BOOLEAN_KEYS = [
  "icc",
  "ip-forward",
  "ip-forward-no-drop",
  "ip-masq",
  "iptables",
  "ip6tables",
  "ipv6",
  "userland-proxy",
  "allow-direct-routing",
  "live-restore",
  "experimental",
] as const;
const LIST_KEYS = ["dns", "dns-opts", "dns-search", "host-gateway-ips"] as const;

/** The flag that sets the same option; only where it is not `--<key>`. */
const FLAG_ALIASES: Readonly<Record<string, string>> = {
  b: "bridge",
  "dns-opt": "dns-opts",
  "host-gateway-ip": "host-gateway-ips",
  "default-address-pool": "default-address-pools",
  "default-network-opt": "default-network-opts",
};

/** Boolean flags may stand alone (`--ipv6`); these are the ones that take no separate value. */
const BOOLEAN_FLAGS = new Set<string>(BOOLEAN_KEYS);

type Raw = Record<string, unknown>;

/**
 * Merges `daemon.json` with the flags of the running dockerd. dockerd refuses to start when one option stands in both,
 * so the two never disagree on a running daemon; flags are laid over the file.
 * @param file parsed `daemon.json`; `{}` when there is none
 * @param flags dockerd's arguments without the program's name
 */
export function effectiveConfiguration(file: Raw, flags: readonly string[]): NetworkConfiguration {
  const merged: Raw = { ...file, ...fromFlags(flags) };
  const configuration: Record<string, unknown> = {};
  for (const key of TEXT_KEYS) if (typeof merged[key] === "string") configuration[key] = merged[key];
  for (const key of BOOLEAN_KEYS) if (typeof merged[key] === "boolean") configuration[key] = merged[key];
  for (const key of LIST_KEYS) {
    const value = merged[key];
    if (Array.isArray(value) && value.every((item) => typeof item === "string") && value.length > 0)
      configuration[key] = value;
  }
  // 0 is dockerd's own "not set".
  if (typeof merged.mtu === "number" && merged.mtu > 0) configuration.mtu = merged.mtu;
  const pools = merged["default-address-pools"];
  if (Array.isArray(pools) && pools.length > 0) configuration["default-address-pools"] = pools.filter(isPool);
  const options = merged["default-network-opts"];
  if (typeof options === "object" && options !== null && Object.keys(options).length > 0)
    configuration["default-network-opts"] = options;
  return configuration;
}

function isPool(pool: unknown): pool is { base: string; size: number } {
  return (
    typeof pool === "object" &&
    pool !== null &&
    "base" in pool &&
    "size" in pool &&
    typeof pool.base === "string" &&
    typeof pool.size === "number"
  );
}

function fromFlags(flags: readonly string[]): Raw {
  const found: Raw = {};
  for (let i = 0; i < flags.length; i++) {
    const match = /^--?([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(flags[i] ?? "");
    if (match === null) continue;
    const flag = match[1] ?? "";
    const key = FLAG_ALIASES[flag] ?? flag;
    let value = match[2];
    if (BOOLEAN_FLAGS.has(key)) {
      found[key] = value === undefined || /^(1|t|T|true|TRUE|True)$/.test(value);
      continue;
    }
    value ??= flags[++i];
    if (value !== undefined) take(found, key, value);
  }
  return found;
}

function take(found: Raw, key: string, value: string): void {
  if (key === "mtu") found.mtu = Number(value);
  else if ((LIST_KEYS as readonly string[]).includes(key))
    found[key] = [...((found[key] as string[] | undefined) ?? []), ...value.split(",")];
  else if (key === "default-address-pools") {
    const fields = new Map(value.split(",").map((part) => part.split("=", 2) as [string, string]));
    const pool = { base: fields.get("base") ?? "", size: Number(fields.get("size")) };
    found[key] = [...((found[key] as unknown[] | undefined) ?? []), pool];
  } else if (key === "default-network-opts") {
    // `--default-network-opt=bridge=com.docker.network.driver.mtu=1400`
    const [driver = "", option = "", setting = ""] = value.split("=", 3);
    const all = (found[key] as Record<string, Record<string, string>> | undefined) ?? {};
    found[key] = { ...all, [driver]: { ...all[driver], [option]: setting } };
  } else found[key] = value;
}

/** Where this dockerd reads its configuration file. */
export function configFileOf(flags: readonly string[]): string {
  for (let i = 0; i < flags.length; i++) {
    const flag = flags[i] ?? "";
    if (flag.startsWith("--config-file=")) return flag.slice("--config-file=".length);
    if (flag === "--config-file") return flags[i + 1] ?? "/etc/docker/daemon.json";
  }
  return "/etc/docker/daemon.json";
}
