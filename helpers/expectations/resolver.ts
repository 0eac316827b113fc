import { isLoopback } from "../model/address.ts";
import type { Facts, HostFacts, ResolverFile } from "../model/facts.ts";
import { isIpv6 } from "../model/ipv6.ts";
import { has } from "../model/version-switches.ts";
import { anything, type Expectation, exactly } from "./expectation.ts";

/** Address of the engine's own resolver inside a container on a user-defined network. */
export const EMBEDDED_RESOLVER = "127.0.0.11";

/** Google's public resolvers: what the engine falls back to when the host names none that a container could ask. */
export const FALLBACK_RESOLVERS = {
  ipv4: ["8.8.8.8", "8.8.4.4"],
  ipv6: ["2001:4860:4860::8888", "2001:4860:4860::8844"],
} as const;

/** `--dns`, `--dns-search`, `--dns-option` of one container; an empty or absent list = not given. */
export interface ResolverOptions {
  readonly dns?: readonly string[];
  readonly search?: readonly string[];
  readonly options?: readonly string[];
}

/** What each part of a container's /etc/resolv.conf must say, in order; comments never count. */
export interface ExpectedResolvConf {
  readonly nameservers: Expectation<readonly string[]>;
  readonly search: Expectation<readonly string[]>;
  readonly options: Expectation<readonly string[]>;
}

type List = Expectation<readonly string[]>;
type Key = "dns" | "dns-search" | "dns-opts";
type ResolverFacts = Pick<Facts, "configuration" | "engine" | "host">;

/** The container's own list, else the daemon's; null when neither is given. */
function override(facts: ResolverFacts, given: readonly string[] | undefined, key: Key): List | null {
  if (given !== undefined && given.length > 0) return exactly(given, "the container's option");
  const configured = facts.configuration[key];
  return configured !== undefined && configured.length > 0 ? exactly(configured, `${key} of the daemon`) : null;
}

/** How a container's file comes about: a copy of the host's, or one that dockerd writes. Since 26.0 it writes each. */
type Made = "copied" | "written";

/** Who gets which file of the host's: `/etc/resolv.conf`, or what stands behind a stub that it names. */
type Network = "default bridge" | "any other";

function fromHost(
  facts: ResolverFacts,
  part: "nameservers" | "search" | "options",
  made: Made,
  network: Network,
): List {
  if (facts.host === null) return anything("copied from the host, whose view is missing");
  const resolver = network === "any other" ? hostsOwnResolver(facts.host) : facts.host.resolver;
  const olderRules = made === "written" && part !== "nameservers" && !has(facts, "generated-resolv-conf");
  return exactly(
    olderRules ? (resolver.rewritten?.[part] ?? resolver[part]) : resolver[part],
    "the host's resolv.conf",
  );
}

/** What the host's own programs go by, and the engine's resolver, which asks from the host (moby buildSandboxOptions). */
export function hostsOwnResolver({ resolver }: HostFacts): ResolverFile {
  return resolver.own ?? resolver;
}

function mapped(list: List, change: (values: readonly string[]) => readonly string[], why: string): List {
  return list.known ? exactly(change(list.value), `${list.why}, ${why}`) : list;
}

/** `.` alone means "no search domain" (resolv.conf(5) knows no such domain; moby OverrideSearch). */
function searchOf(facts: ResolverFacts, given: ResolverOptions, made: Made, network: Network): List {
  const chosen = override(facts, given.search, "dns-search");
  if (chosen === null) return fromHost(facts, "search", made, network);
  return mapped(chosen, (domains) => domains.filter((domain) => domain !== "."), 'without "."');
}

function optionsOf(facts: ResolverFacts, given: ResolverOptions, made: Made, network: Network): List {
  return override(facts, given.options, "dns-opts") ?? fromHost(facts, "options", made, network);
}

/** The words that options are in the file: one that was given may hold several (`ndots:1 timeout:2`). */
function words(options: readonly string[]): string[] {
  return options.flatMap((option) => option.split(/\s+/)).filter((word) => word !== "");
}

/** The same as they are read back. */
function asWritten(options: List): List {
  return options.known ? exactly(words(options.value), options.why) : options;
}

/** True when the container or the daemon sets any of the three lists. */
function anyOverride(facts: ResolverFacts, given: ResolverOptions): boolean {
  return (
    override(facts, given.dns, "dns") !== null ||
    override(facts, given.search, "dns-search") !== null ||
    override(facts, given.options, "dns-opts") !== null
  );
}

/** How options or search domains alone hand a host's loopback servers to containers, before 26.0; null where they don't. */
export function loopbackCopied(facts: ResolverFacts): string | null {
  const { configuration, host } = facts;
  const key = (["dns-opts", "dns-search"] as const).find((one) => (configuration[one] ?? []).length > 0);
  const own = (host?.resolver.nameservers ?? []).filter(isLoopback);
  if (has(facts, "generated-resolv-conf") || key === undefined || (configuration.dns ?? []).length > 0) return null;
  if (own.length === 0) return null;
  return `"${key}" in daemon.json has this engine (before 26.0) hand the host's own nameserver ${own.join(", ")} to containers, where that is each one's own loopback and nobody listens: name a server that containers reach in "dns" beside it`;
}

/**
 * resolv.conf of a container on the default bridge: the chosen nameservers as given, else the host's without loopback ones and,
 * without IPv6 on the network, without IPv6 ones; if none is left, Google's.
 * Before 26.0 any override at all kept the host's nameservers unfiltered (moby sandbox_dns_unix.go, resolvconf.go).
 */
export function defaultBridgeResolvConf(
  facts: ResolverFacts,
  given: ResolverOptions = {},
  network: { readonly ipv6: boolean } = { ipv6: facts.configuration.ipv6 ?? false },
): ExpectedResolvConf {
  const unfiltered = !has(facts, "generated-resolv-conf") && anyOverride(facts, given);
  const usable = (servers: readonly string[]): readonly string[] => {
    const left = servers.filter((server) => !isLoopback(server) && (network.ipv6 || !isIpv6(server)));
    if (left.length > 0) return left;
    return [...FALLBACK_RESOLVERS.ipv4, ...(network.ipv6 ? FALLBACK_RESOLVERS.ipv6 : [])];
  };
  const made = anyOverride(facts, given) ? "written" : "copied";
  const host = fromHost(facts, "nameservers", made, "default bridge");
  return {
    nameservers:
      override(facts, given.dns, "dns") ??
      (unfiltered ? host : mapped(host, usable, "those a container can use, else Google's")),
    search: searchOf(facts, given, made, "default bridge"),
    options: asWritten(optionsOf(facts, given, made, "default bridge")),
  };
}

/**
 * resolv.conf of a container on a user-defined network: 127.0.0.11, the search domains, and `ndots:0` unless ndots was set.
 * Before 26.0 IPv6 nameservers were listed behind 127.0.0.11 (moby rebuildDNS): those of the host, and Google's on a network
 * with IPv6 where the host has none that a container could ask. Unless they were given, these are not asserted.
 */
export function userNetworkResolvConf(facts: ResolverFacts, given: ResolverOptions = {}): ExpectedResolvConf {
  const chosen = override(facts, given.dns, "dns") ?? fromHost(facts, "nameservers", "written", "any other");
  const embedded = exactly<readonly string[]>([EMBEDDED_RESOLVER], "the engine's resolver");
  let nameservers: List = embedded;
  if (!has(facts, "generated-resolv-conf")) {
    const listed = chosen.known ? chosen.value.filter(isIpv6) : [];
    if (override(facts, given.dns, "dns") !== null) {
      nameservers = exactly([EMBEDDED_RESOLVER, ...listed], "the engine's resolver, then IPv6 ones (before 26.0)");
    } else if (!chosen.known || listed.length > 0 || chosen.value.every(isLoopback)) {
      nameservers = anything("before 26.0 IPv6 resolvers of the host, or Google's, may stand behind 127.0.0.11");
    }
  }
  return {
    nameservers,
    search: searchOf(facts, given, "written", "any other"),
    options: mapped(
      optionsOf(facts, given, "written", "any other"),
      (options) => {
        // Since 26.0 it looks at each option as it was given, before that at the words of the file.
        const looked = has(facts, "generated-resolv-conf") ? options : words(options);
        return [...words(options), ...(looked.some((option) => option.startsWith("ndots:")) ? [] : ["ndots:0"])];
      },
      "with ndots:0 unless ndots is set",
    ),
  };
}

/**
 * resolv.conf of a host-mode container. Without any override it is a copy of the host's own /etc/resolv.conf, stub resolver and all:
 * compare with that file, since the facts hold systemd-resolved's upstream file where there is one. `--dns` and the daemon's `dns` are honoured.
 */
export function hostModeResolvConf(facts: ResolverFacts, given: ResolverOptions = {}): ExpectedResolvConf {
  if (!anyOverride(facts, given)) {
    const copy = anything("a copy of the host's /etc/resolv.conf: compare with that file");
    return { nameservers: copy, search: copy, options: copy };
  }
  return {
    nameservers: override(facts, given.dns, "dns") ?? fromHost(facts, "nameservers", "written", "any other"),
    search: searchOf(facts, given, "written", "any other"),
    options: asWritten(optionsOf(facts, given, "written", "any other")),
  };
}
