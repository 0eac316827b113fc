import { CONSULTED_INSIDE } from "../expectations/kernel-values.ts";
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
import type { HostView } from "../vantage/host-view.ts";
import type { FoundContainer } from "./foreign-containers.ts";
import { type DefaultRoute, type LivingInside, sharesNetwork } from "./living.ts";
import { lookByPrograms, type ToldByPrograms, UNTOLD } from "./look-by-programs.ts";
import { neighboursOf, policyInside, policyScript, sysctls, sysctlsOf } from "./printed.ts";

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
  const [interfaces, tables, files, told] = await Promise.all([
    host.askMuch(interfacesScript(own), { seconds: SECONDS }),
    host.askMuch(tablesScript(pids), { seconds: SECONDS }),
    host.askMuch(filesScript(dockerd, own), { seconds: SECONDS }),
    lookByPrograms(
      host,
      filtered.map((container) => ({ pid: container.pid, hasIpv6: hasIpv6(container) })),
      facts,
    ),
  ]);
  return readInsides(own, { interfaces: interfaces.stdout, tables: tables.stdout, files: files.stdout, told });
}

/** One process for all namespaces' names, one that enters each; the end tells that it was not cut short. */
function interfacesScript(found: readonly FoundContainer[]): string {
  const links = found.map(({ container }) => `/proc/${container.pid}/ns/net`).join(" ");
  const each = [true, false].map((wanted) => {
    const pids = found.filter(({ container }) => hasIpv6(container) === wanted).map(({ container }) => container.pid);
    const inside = `ip addr && { ${policyScript(wanted)}; echo "== sysctls"; ${sysctls(CONSULTED_INSIDE)}; true; }`;
    return `for p in ${pids.join(" ")}; do echo "=== $p"; nsenter -t $p -n -- sh -c ${quoted(inside)} && echo "== end"; done`;
  });
  return `{ echo "=== namespaces"; ls -l ${links}; ${each.join("; ")}; } 2>/dev/null; true`;
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

interface Printed {
  readonly interfaces: string;
  readonly tables: string;
  readonly files: string;
  /** By process number. */
  readonly told: ReadonlyMap<number, ToldByPrograms>;
}

/** Reads what the scripts printed. */
export function readInsides(found: readonly FoundContainer[], printed: Printed): ReadonlyMap<number, LivingInside> {
  const interfaces = blocksOf(printed.interfaces, /^=== /m);
  const namespaces = namespacesOf(interfaces.get("namespaces") ?? "");
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
    try {
      insides.set(pid, {
        namespaces: { net: namespace },
        addresses: parseIpAddress(section("addresses")),
        ...routesInside(table("route"), table("ipv6_route")),
        ...policyInside(section),
        neighbours: [...parseProcNetArp(table("arp")), ...neighboursOf(section("neighbours 6"))],
        sysctls: sysctlsOf(section("sysctls")),
        ...(printed.told.get(pid) ?? UNTOLD),
        sockets: waiting(["tcp", "tcp6", "udp", "udp6"].map(table).join("")),
        resolvConf: files.get(`.${resolvConfPath}`) ?? null,
        hostsFile: files.get(`.${hostsPath}`) ?? null,
      });
    } catch {
      // What one container shows unreadably must not hide the others.
    }
  }
  return insides;
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
