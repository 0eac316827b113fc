import { usesNftables } from "../expectations/firewall.ts";
import { EMBEDDED_RESOLVER } from "../expectations/resolver.ts";
import { isLoopback } from "../model/address.ts";
import type { Facts } from "../model/facts.ts";
import { quoted } from "../model/shell-words.ts";
import { parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import { parseProcNetArp } from "../probes/parse/parse-proc-net-arp.ts";
import { parseProcNetIpv6Route } from "../probes/parse/parse-proc-net-ipv6-route.ts";
import { type KernelRoute, parseProcNetRoute } from "../probes/parse/parse-proc-net-route.ts";
import { type KernelSocket, parseProcNetTcp } from "../probes/parse/parse-proc-net-tcp.ts";
import { parseResolvConf } from "../probes/parse/parse-resolv-conf.ts";
import { sectionsOf } from "../probes/parse/sections.ts";
import { UnreadableOutput } from "../probes/parse/unreadable-output.ts";
import { HOST_PATH, type HostView } from "../vantage/host-view.ts";
import type { Table } from "./firewall/model.ts";
import { readIptables } from "./firewall/read-iptables.ts";
import type { FoundContainer } from "./foreign-containers.ts";
import { type DefaultRoute, type LivingInside, sharesNetwork } from "./living.ts";
import { neighboursOf, policyInside, policyScript, resolverRulesOf } from "./printed.ts";

/** Deadline of one question. */
const SECONDS = 60;

/**
 * Reads the network namespace of each container that runs, by the number of its main process. Their mount and PID
 * namespaces are never entered: sockets and routes are read below /proc, interfaces with this view's `ip` in the network
 * namespace, the files that the engine made for them where the engine keeps them.
 * @returns by process number; what ended meanwhile is left out
 */
export async function lookIntoContainers(
  host: HostView,
  found: readonly FoundContainer[],
  facts: Facts,
): Promise<ReadonlyMap<number, LivingInside>> {
  const own = found.filter(({ container }) => container.pid > 0 && container.networkMode !== "host");
  if (own.length === 0) return new Map();
  const dockerd = (await host.dockerdPid()) ?? 1;
  const pids = own.map(({ container }) => container.pid);
  const filtered = own
    .map(({ container }) => container)
    .filter((container) => !sharesNetwork(container) && container.endpoints.length > 0);
  const [interfaces, tables, files, rules] = await Promise.all([
    host.askMuch(interfacesScript(own), { seconds: SECONDS }),
    host.askMuch(tablesScript(pids), { seconds: SECONDS }),
    host.askMuch(filesScript(dockerd, own), { seconds: SECONDS }),
    filtered.length === 0
      ? null
      : host.askMuch(
          usesNftables(facts)
            ? rulesScript(dockerd, filtered, RESOLVER_TABLE)
            : `${rulesScript(dockerd, filtered, RULES)}; ${rulesScript(dockerd, filtered.filter(hasIpv6), RULES6, MARK6)}`,
          { seconds: SECONDS },
        ),
  ]);
  return readInsides(own, {
    interfaces: interfaces.stdout,
    tables: tables.stdout,
    files: files.stdout,
    rules: rules?.stdout ?? "",
    isNftables: usesNftables(facts),
  });
}

/** One process for all namespaces' names, one that enters each; the end tells that it was not cut short. */
function interfacesScript(found: readonly FoundContainer[]): string {
  const links = found.map(({ container }) => `/proc/${container.pid}/ns/net`).join(" ");
  const each = [true, false].map((wanted) => {
    const pids = found.filter(({ container }) => hasIpv6(container) === wanted).map(({ container }) => container.pid);
    const inside = `ip addr && { ${policyScript(wanted)}; ${ARP_IGNORE}; true; }`;
    return `for p in ${pids.join(" ")}; do echo "=== $p"; nsenter -t $p -n -- sh -c ${quoted(inside)} && echo "== end"; done`;
  });
  return `{ echo "=== namespaces"; ls -l ${links}; ${each.join("; ")}; } 2>/dev/null; true`;
}

/**
 * By the shell's own `read`: a process for each of hundreds of namespaces would be most of the look. It takes byte after
 * byte, and of a sysctl the kernel gives only the first one so: all values of this one have one digit.
 */
const ARP_IGNORE =
  'echo "== arp_ignore"; cd /proc/sys/net/ipv4/conf && for d in *; do read -r v <$d/arp_ignore; echo "$d $v"; done';

function arpIgnoreOf(text: string): Pick<LivingInside, "arpIgnore"> {
  const lines = [...text.matchAll(/^(\S+) (\d+)$/gm)];
  return lines.length === 0
    ? {}
    : { arpIgnore: Object.fromEntries(lines.map(([, device, value]) => [device, Number(value)])) };
}

function hasIpv6({ endpoints }: FoundContainer["container"]): boolean {
  return endpoints.some(({ address6 }) => address6 !== "");
}

/** By process number. @param listed `ls -l` of the namespaces */
function namespacesOf(listed: string): ReadonlyMap<string, string> {
  return new Map(
    [...listed.matchAll(/ \/proc\/(\d+)\/ns\/net -> (net:\[\d+\])$/gm)].map(([, pid = "", namespace = ""]) => [
      pid,
      namespace,
    ]),
  );
}

const TABLES = ["route", "ipv6_route", "arp"];
const OF_SOCKETS = "net/tcp net/tcp6 net/udp net/udp6";

/**
 * Prints the tables of each namespace, its name above each: a few processes for all, as `head` prints several files. To go
 * through a table of TCP takes the kernel a millisecond, however short it is (it has every namespace's connections in it):
 * where it counts no sockets of a kind, that table is left out, and of the others as many lines are asked for as there are
 * sockets, for only who asks for more has it go through all again to find the end. Those that wait are told first.
 */
function tablesScript(pids: readonly number[]): string {
  const every = pids.join(" ");
  // `77/net/sockstat6:TCP6: inuse 1 …` is the file 77/net/tcp6. A single file would have no name above it.
  const heads =
    '{ of[$6] = of[$6] " " $1 "/net/" tolower($4) } END { for (n in of) print "head -n " n + 1 of[n] " /dev/null" }';
  const counted = `for p in ${every}; do echo $p/net/sockstat; echo $p/net/sockstat6; done | xargs grep -sE "^(TCP|UDP)6?: inuse [1-9]" | awk -F '[/: ]+' ${quoted(heads)} | sh`;
  const all = `for p in ${every}; do for t in ${OF_SOCKETS}; do echo $p/$t; done; done | xargs head -n 99999 /dev/null`;
  return [
    "cd /proc",
    `for p in ${every}; do for t in ${TABLES.join(" ")}; do echo $p/net/$t; done; done | xargs head -n 99999 /dev/null 2>/dev/null`,
    `if [ -r self/net/sockstat ]; then ${counted}; else ${all}; fi 2>/dev/null | grep -E "^==> |^ +sl |^ *[0-9]+: [0-9A-F:]+ [0-9A-F:]+ (0A|07) "`,
    "true",
  ].join("; ");
}

function filesScript(dockerd: number, found: readonly FoundContainer[]): string {
  const paths = found.flatMap(({ resolvConfPath, hostsPath }) => [resolvConfPath, hostsPath]).filter((path) => path);
  // The last one is none of theirs: a single file would have no name above it.
  return `cd /proc/${dockerd}/root; head -n 999 ${paths.map((path) => quoted(`.${path}`)).join(" ")} /dev/null 2>/dev/null; true`;
}

/** What prints a namespace's rules, by the engine's backend. Of one table alone the program would make it. */
const RULES = "iptables-save";
const RULES6 = "ip6tables-save";
const RESOLVER_TABLE = "nft list table ip docker-dns";

/** What stands before the process number above the rules of IPv6. */
const MARK6 = "6 ";

/**
 * A program of the host's in each network namespace, from the host's own mount namespace. BusyBox' `nsenter` finds it by
 * the path, for it is none of its own applets.
 */
function rulesScript(dockerd: number, of: readonly { readonly pid: number }[], program: string, mark = ""): string {
  const pids = of.map(({ pid }) => pid).join(" ");
  return `export PATH=${HOST_PATH}:$PATH; for p in ${pids}; do echo "=== ${mark}$p"; nsenter -t ${dockerd} -m -n/proc/$p/ns/net -- ${program} 2>/dev/null && echo "== end"; done; true`;
}

interface Printed {
  readonly interfaces: string;
  readonly tables: string;
  readonly files: string;
  readonly rules: string;
  /** Whether these are nftables' own. */
  readonly isNftables: boolean;
}

/** Reads what the scripts printed. */
export function readInsides(found: readonly FoundContainer[], printed: Printed): ReadonlyMap<number, LivingInside> {
  const interfaces = blocksOf(printed.interfaces, /^=== /m);
  const namespaces = namespacesOf(interfaces.get("namespaces") ?? "");
  const rules = blocksOf(printed.rules, /^=== /m);
  const tables = filesOf(printed.tables);
  const files = filesOf(printed.files);
  const insides = new Map<number, LivingInside>();
  for (const { container, resolvConfPath, hostsPath } of found) {
    const { pid } = container;
    const shown = interfaces.get(String(pid)) ?? "";
    const namespace = namespaces.get(String(pid));
    if (!/^== end$/m.test(shown) || namespace === undefined) continue;
    const section = sectionsOf(`== addresses\n${shown}`);
    const table = (name: string): string => tables.get(`${pid}/net/${name}`) ?? "";
    const listed = whole(rules.get(String(pid)));
    const listed6 = whole(rules.get(`${MARK6}${pid}`));
    try {
      insides.set(pid, {
        namespaces: { net: namespace },
        addresses: parseIpAddress(section("addresses")),
        ...routesInside(table("route"), table("ipv6_route")),
        ...policyInside(section),
        neighbours: [...parseProcNetArp(table("arp")), ...neighboursOf(section("neighbours 6"))],
        ...arpIgnoreOf(section("arp_ignore")),
        tables: printed.isNftables ? null : tablesOf(listed, listed6),
        sockets: waiting(["tcp", "tcp6", "udp", "udp6"].map(table).join("")),
        resolverRules: listed !== null && printed.isNftables ? resolverRulesOf(listed) : null,
        resolvConf: files.get(`.${resolvConfPath}`) ?? null,
        hostsFile: files.get(`.${hostsPath}`) ?? null,
      });
    } catch {
      // What one container shows unreadably must not hide the others.
    }
  }
  return insides;
}

/** What stands above the mark of its end; null where that is not there. */
function whole(block: string | undefined): string | null {
  const [text = "", end] = (block ?? "").split(/^(== end)$/m);
  return end === undefined ? null : text;
}

function blocksOf(text: string, mark: RegExp): Map<string, string> {
  return new Map(
    text
      .split(mark)
      .slice(1)
      .map((block) => {
        const end = block.indexOf("\n");
        return [block.slice(0, end), block.slice(end + 1)] as const;
      }),
  );
}

/** The files of one `head` of several; those that are not there are missing. */
function filesOf(text: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const block of text.split(/^==> /m).slice(1)) {
    const end = block.indexOf(" <==\n");
    // Between two files there is an empty line.
    files.set(block.slice(0, end), block.slice(end + 5).replace(/\n\n$/, "\n"));
  }
  return files;
}

/** A namespace's routes. @param routes text of /proc/net/route @param routes6 of /proc/net/ipv6_route */
export function routesInside(
  routes: string,
  routes6: string,
): Pick<LivingInside, "defaults" | "mainRoutes" | "routes6"> {
  const mainRoutes = routes.trim() === "" ? [] : parseProcNetRoute(routes.trimEnd());
  const read6 = parseProcNetIpv6Route(routes6);
  return { mainRoutes, routes6: read6, defaults: [...defaultsOf(mainRoutes, 4), ...defaultsOf(read6, 6)] };
}

/**
 * The packet filter of what `iptables-save` and `ip6tables-save` printed; null where it can't be read.
 * @param saved null where it could not be listed
 * @param saved6 null where nobody asked for it either
 */
export function tablesOf(saved: string | null, saved6: string | null): Table[] | null {
  if (saved === null) return null;
  try {
    return [...readIptables(saved, "iptables"), ...readIptables(saved6 ?? "", "ip6tables")];
  } catch (error) {
    if (error instanceof UnreadableOutput) return null;
    throw error;
  }
}

function defaultsOf(routes: readonly KernelRoute[], family: 4 | 6): DefaultRoute[] {
  return routes
    .filter(({ prefix, interface: device, flags }) => prefix === 0 && device !== "*" && !flags.reject)
    .map(({ gateway, interface: device }) => ({ family, gateway, interface: device }));
}

/** Sockets that wait for somebody. @param text of the tables below /proc/net */
export function waiting(text: string): KernelSocket[] {
  if (text.trim() === "") return [];
  return parseProcNetTcp(text).filter(({ state }) => state === "LISTEN" || state === "UNCONNECTED");
}

/** Whether it asks its own loopback alone for names: the engine's resolver, or another one. */
export function asksLoopback({ resolvConf }: LivingInside): boolean {
  const { nameservers } = parseResolvConf(resolvConf ?? "");
  return nameservers.length > 0 && nameservers.every(isLoopback);
}

/** Whether its resolver is the engine's own. */
export function asksEmbeddedResolver({ resolvConf }: LivingInside): boolean {
  return new RegExp(`^nameserver\\s+${EMBEDDED_RESOLVER.replaceAll(".", "\\.")}\\s*$`, "m").test(resolvConf ?? "");
}
