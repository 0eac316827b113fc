import { usesNftables } from "../expectations/firewall.ts";
import type { Inspected } from "../model/engine-answers.ts";
import type { Evidence } from "../model/evidence.ts";
import type { Facts } from "../model/facts.ts";
import { quoted } from "../model/shell-words.ts";
import { LINKS_COMMAND, parseLinks } from "../probes/links.ts";
import { parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import { parseProcNetArp } from "../probes/parse/parse-proc-net-arp.ts";
import { sectionsOf } from "../probes/parse/sections.ts";
import { asHost, type HostView } from "../vantage/host-view.ts";
import { routesInside, tablesOf, waiting } from "./look-into-containers.ts";
import {
  asEvidence,
  MACVLANS,
  macvlansOf,
  neighboursOf,
  pairsOf,
  policyInside,
  policyScript,
  resolverRulesOf,
  routesOf,
  SECONDS,
  sysctls,
} from "./printed.ts";
import type { InsideState, MacvlanLink } from "./snapshot.ts";

/** What each container's namespaces hold, by its main process: one question with BusyBox, one with the host's iptables. */
export async function lookInside(
  host: HostView,
  containers: readonly Inspected[],
  facts: Facts,
  macvlans: readonly string[],
): Promise<ReadonlyMap<number, InsideState>> {
  const pids = containers.map(({ State }) => State.Pid);
  if (pids.length === 0) return new Map();
  const dockerd = (await host.dockerdPid()) ?? 1;
  const filtered = containers.filter(
    ({ HostConfig: { NetworkMode = "" } }) => !/^(host$|none$|container:)/.test(NetworkMode),
  );
  const listing = inEach(filtered, "iptables-save -c");
  const filtered6 = filtered.filter(({ NetworkSettings }) =>
    Object.values(NetworkSettings.Networks ?? {}).some(({ GlobalIPv6Address }) => GlobalIPv6Address !== ""),
  );
  const children = containers.filter(({ NetworkSettings }) =>
    Object.values(NetworkSettings.Networks ?? {}).some(({ NetworkID }) => macvlans.includes(NetworkID)),
  );
  const { iptablesSave = false, iproute2 = false } = facts.host?.tools ?? {};
  const [answer, filters, filters6, resolvers, kinds] = await Promise.all([
    host.ask(insideScript(pids), { seconds: SECONDS }),
    iptablesSave ? host.ask(asHost(dockerd, listing), { seconds: SECONDS }) : null,
    iptablesSave && filtered6.length > 0
      ? host.ask(asHost(dockerd, inEach(filtered6, "ip6tables-save -c")), { seconds: SECONDS })
      : null,
    usesNftables(facts)
      ? host.ask(asHost(dockerd, inEach(filtered, "nft list table ip docker-dns")), { seconds: SECONDS })
      : null,
    iproute2 && children.length > 0
      ? host.ask(asHost(dockerd, inEach(children, MACVLANS)), { seconds: SECONDS })
      : null,
  ]);
  return readInsides(answer, {
    filters: filters?.stdout ?? "",
    filters6: filters6?.stdout ?? "",
    resolvers: resolvers?.stdout ?? null,
    macvlans: kinds?.stdout ?? "",
  });
}

/** Prints what {@link readInsides} reads. */
function insideScript(pids: readonly number[]): string {
  // Few processes per container: on a busy host each takes its time, and there may be dozens of containers.
  const own = `ip addr; echo "== routes"; ip route show table all; ${policyScript(true)}; echo "== sysctls"; ${sysctls("ipv4/icmp_echo_ignore_all ipv4/ip_default_ttl ipv6/conf/lo/disable_ipv6")}; echo "== hostname"; hostname`;
  const each = [
    'echo "=== $p"; cd /proc/$p || continue',
    // With the mount namespace for /sys, which shows the devices of the namespace that it was mounted in.
    `echo "== links"; nsenter -t $p -n -m -- /bin/sh -c ${quoted(LINKS_COMMAND)}`,
    `echo "== addresses"; nsenter -t $p -n -u -- sh -c ${quoted(own)}`,
    'echo "== namespaces"; ls -l ns',
    'echo "== files"; head -n 9999 root/etc/resolv.conf root/etc/hosts net/tcp net/tcp6 net/udp net/udp6 net/route net/ipv6_route net/arp',
    'echo "== end"',
  ].join("; ");
  return `for p in ${pids.join(" ")}; do { ${each}; } 2>/dev/null; done; true`;
}

/** What programs of the host's printed in each container's network namespace. */
interface ListedInside {
  /** Of `iptables-save -c`. */
  readonly filters: string;
  /** Of `ip6tables-save -c`. */
  readonly filters6: string;
  /** Of `nft list table ip docker-dns`; null where the engine's backend is iptables. */
  readonly resolvers: string | null;
  /** Of `MACVLANS`. */
  readonly macvlans: string;
}

/** Reads what was printed of each container, by its main process; one that can't be read is left out. */
function readInsides(answer: Evidence, listed: ListedInside): ReadonlyMap<number, InsideState> {
  const rules = new Map(blocksOf(listed.filters));
  const rules6 = new Map(blocksOf(listed.filters6));
  const resolvers = listed.resolvers === null ? null : new Map(blocksOf(listed.resolvers));
  const modes = new Map(blocksOf(listed.macvlans));
  return new Map(
    blocksOf(answer.stdout).flatMap(([pid, text]) => {
      const inside = readInside(answer, text, {
        rules: rules.get(pid) ?? null,
        rules6: rules6.get(pid) ?? null,
        resolver: resolvers === null ? null : (resolvers.get(pid) ?? ""),
        macvlans: macvlansOf(modes.get(pid) ?? ""),
      });
      return inside === null ? [] : [[pid, inside] as const];
    }),
  );
}

/** A program of the host's in the network namespace of each container, with the container's pid above what it says. */
function inEach(containers: readonly Inspected[], command: string): string {
  const pids = containers.map(({ State }) => State.Pid).join(" ");
  return `for p in ${pids}; do echo "=== $p"; nsenter -t $p -n -- ${command} 2>/dev/null; done; true`;
}

/** Null when the container has ended meanwhile, shows nothing, or was not reached before the deadline. */
function readInside(
  answer: Evidence,
  text: string,
  {
    rules,
    rules6,
    resolver,
    macvlans,
  }: {
    readonly rules: string | null;
    readonly rules6: string | null;
    readonly resolver: string | null;
    readonly macvlans: readonly MacvlanLink[];
  },
): InsideState | null {
  const section = sectionsOf(text);
  if (!/^== end$/m.test(text) || section("addresses") === "") return null;
  const namespaces = Object.fromEntries(
    [...section("namespaces").matchAll(/ (\w+) -> (\w+:\[\d+\])$/gm)].map(([, kind = "", inode = ""]) => [kind, inode]),
  );
  if (namespaces.net === undefined) return null;
  const file = filesOf(section("files"));
  const sockets = ["tcp", "tcp6", "udp", "udp6"].map((table) => file(`net/${table}`) ?? "").join("");
  try {
    return {
      links: section("links").trim() === "" ? [] : parseLinks(asEvidence(answer, section("links"))),
      macvlans,
      addresses: parseIpAddress(section("addresses")),
      routes: routesOf(section("routes")),
      ...policyInside(section),
      resolvConf: file("root/etc/resolv.conf"),
      hostsFile: file("root/etc/hosts"),
      hostname: section("hostname").trim(),
      namespaces,
      sockets: waiting(sockets),
      ...routesInside(file("net/route") ?? "", file("net/ipv6_route") ?? ""),
      neighbours: [...parseProcNetArp(file("net/arp") ?? ""), ...neighboursOf(section("neighbours 6"))],
      tables: tablesOf(rules, rules6),
      resolverRules: resolver === null ? null : resolverRulesOf(resolver),
      sysctls: pairsOf(section("sysctls")),
    };
  } catch {
    // What one container shows unreadably must not hide the others.
    return null;
  }
}

/** The files of one `head` of several: each has its name above it, those that are not there are missing. */
function filesOf(text: string): (path: string) => string | null {
  const files = new Map<string, string>();
  for (const block of text.split(/^==> /m).slice(1)) {
    const end = block.indexOf(" <==\n");
    // The blank line between two files is the program's.
    files.set(block.slice(0, end), block.slice(end + " <==\n".length).replace(/\n\n$/, "\n"));
  }
  return (path) => files.get(path) ?? null;
}

/** `=== <pid>` introduces each container. */
function blocksOf(text: string): [number, string][] {
  return text
    .split(/^=== /m)
    .slice(1)
    .map((block) => {
      const end = block.indexOf("\n");
      return [Number(block.slice(0, end)), block.slice(end + 1)];
    });
}
