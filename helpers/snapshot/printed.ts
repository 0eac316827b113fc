import { isLoopback } from "../model/address.ts";
import type { Evidence } from "../model/evidence.ts";
import { SOMEBODY } from "../model/somebody.ts";
import { type IpRoute, parseIpRoute } from "../probes/parse/parse-ip-route.ts";
import { parseNftTables } from "../probes/parse/parse-nft-table.ts";
import { parseRouteGet } from "../probes/parse/parse-route-get.ts";
import type { KernelTable, Neighbour, WayOut } from "./living.ts";
import type { MacvlanLink } from "./snapshot.ts";

/** Deadline of one question to the host. */
export const SECONDS = 15;

/** What {@link macvlansOf} reads. */
export const MACVLANS = "ip -d -o link show type macvlan";

/** Of `ip -d -o link`: name, parent and mode of each macvlan interface. */
export function macvlansOf(text: string): MacvlanLink[] {
  return [...text.matchAll(/^\d+: ([^@:\s]+)@([^@:\s]+):.*\bmacvlan +mode (\w+)/gm)].map(
    ([, name = "", parent = "", mode = ""]) => ({ name, parent, mode }),
  );
}

/**
 * Prints what {@link sysctlsOf} reads. One process a key, however many devices there are: the shell's own `read` takes
 * byte after byte, and of a sysctl the kernel gives only the first one so.
 * @param single paths below /proc/sys/net, also patterns of the shell: one process for all of these
 */
export function sysctls(single: string, perDevice: Readonly<Record<string, readonly string[]>> = {}): string {
  const files = [single, ...Object.entries(perDevice).flatMap(([tree, keys]) => keys.map((key) => `${tree}/*/${key}`))];
  return `cd /proc/sys/net; ${files.map((some) => `grep -sH . ${some}`).join("; ")}; cd /`;
}

/** Prints, in a container's network namespace, what {@link policyInside} and {@link neighboursOf} read. */
export function policyScript(hasIpv6: boolean): string {
  return [
    `echo "== way 4"; ip -4 route get ${SOMEBODY[4]}; echo "== rules"; ip rule`,
    ...(hasIpv6
      ? [
          `echo "== way 6"; ip -6 route get ${SOMEBODY[6]}; echo "== rules 6"; ip -6 rule; echo "== neighbours 6"; ip -6 neigh | grep PERMANENT`,
        ]
      : []),
  ].join("; ");
}

/** What a namespace's policy is, and which ways out come of it. */
export function policyInside(section: (name: string) => string) {
  const waysOut = ([4, 6] as const).flatMap((family): WayOut[] =>
    // A kernel that shows no rules was not asked: it has at least its own three.
    section(family === 4 ? "rules" : "rules 6").trim() === ""
      ? []
      : [{ family, way: parseRouteGet(section(`way ${family}`)) }],
  );
  return {
    rules: rulesOf(section("rules")),
    rules6: rulesOf(section("rules 6")),
    unasked: unaskedTables(section("rules")),
    unasked6: unaskedTables(section("rules 6")),
    waysOut,
  };
}

/** A part of an answer as the parsers of probes take it. */
export function asEvidence(answer: Evidence, stdout: string): Evidence {
  return { ...answer, exitCode: 0, stdout };
}

/** Lines that say something, without the blanks around them. */
export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Network sysctls by their path below /proc/sys/net: of `path:value` on each line. */
export function sysctlsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    linesOf(text).map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );
}

/** IPv4 and IPv6 routes without the local table's. A route that this can't read is left out: it must not hide the others. */
export function routesOf(text: string): IpRoute[] {
  return linesOf(text)
    .filter((line) => !/^(local|broadcast|multicast|anycast) /.test(line))
    .flatMap((line) => {
      try {
        return parseIpRoute(line);
      } catch {
        return [];
      }
    });
}

/**
 * What somebody has the host take for its own without an address of an interface. The kernel has a line for each address.
 * @param own addresses of its interfaces, as the same program writes them
 */
export function localRoutesOf(text: string, own: readonly string[]): IpRoute[] {
  const addresses = new Set(own);
  const lines = linesOf(text).filter((line) => /^local /.test(line));
  return lines.flatMap((line) => {
    const [, range = ""] = line.split(" ");
    if (isLoopback(range.split("/")[0] ?? "") || addresses.has(range)) return [];
    try {
      return parseIpRoute(line);
    } catch {
      return [];
    }
  });
}

/** Policy rules beside the three that every kernel starts with. BusyBox names a table where a rule leads to none. */
export function rulesOf(text: string): string[] {
  return linesOf(text)
    .map((line) => line.replaceAll(/\s+/g, " ").replace(" lookup unspec ", " "))
    .filter(
      (line) => !/^(0: from all lookup local|32766: from all lookup main|32767: from all lookup default)$/.test(line),
    );
}

/**
 * The kernel's own tables to which not every packet comes, even where no earlier rule has led it elsewhere. A kernel that
 * shows no rules was not asked.
 */
export function unaskedTables(text: string): KernelTable[] {
  const rules = linesOf(text);
  const isAsked = (pattern: RegExp): boolean => rules.length === 0 || rules.some((rule) => pattern.test(rule));
  return [
    ...(isAsked(/^\d+:\s+from all lookup (local|255)\s*$/) ? [] : (["local"] as const)),
    ...(isAsked(/^\d+:\s+from all lookup (main|254)\s*$/) ? [] : (["main"] as const)),
  ];
}

/** Of `172.17.0.2 dev docker0 lladdr 02:42:ac:11:00:02 PERMANENT`. */
export function neighboursOf(text: string): Neighbour[] {
  return linesOf(text).flatMap((line) => {
    const [, address, device, mac] = /^(\S+) dev (\S+) lladdr (\S+)/.exec(line) ?? [];
    return address === undefined || device === undefined || mac === undefined
      ? []
      : [{ address, device, mac: mac.toLowerCase() }];
  });
}

/** Rules of the engine's table for its resolver, as nft printed it. @throws UnreadableOutput */
export function resolverRulesOf(text: string): string[] {
  return parseNftTables(text).flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
}
