import { CONSULTED_INSIDE } from "../expectations/kernel-values.ts";
import type { Inspected } from "../model/engine-answers.ts";
import type { Evidence } from "../model/evidence.ts";
import type { Facts } from "../model/facts.ts";
import { quoted } from "../model/shell-words.ts";
import { LINKS_COMMAND, parseLinks } from "../probes/links.ts";
import { parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import { parseProcNetArp } from "../probes/parse/parse-proc-net-arp.ts";
import { sectionsOf } from "../probes/parse/sections.ts";
import { asHost, type HostView } from "../vantage/host-view.ts";
import { lookByPrograms, type ToldByPrograms, UNTOLD } from "./look-by-programs.ts";
import { routesInside, waiting } from "./look-into-containers.ts";
import {
  asEvidence,
  MACVLANS,
  macvlansOf,
  neighboursOf,
  policyInside,
  policyScript,
  routesOf,
  SECONDS,
  sysctls,
  sysctlsOf,
} from "./printed.ts";
import type { InsideState, MacvlanLink } from "./snapshot.ts";

/** What each container's namespaces hold, by its main process: one question with BusyBox, some with the host's programs. */
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
  const hasIpv6 = ({ NetworkSettings }: Inspected): boolean =>
    Object.values(NetworkSettings.Networks ?? {}).some(({ GlobalIPv6Address }) => GlobalIPv6Address !== "");
  const children = containers.filter(({ NetworkSettings }) =>
    Object.values(NetworkSettings.Networks ?? {}).some(({ NetworkID }) => macvlans.includes(NetworkID)),
  );
  const { iproute2 = false } = facts.host?.tools ?? {};
  const asked = filtered.map((container) => ({ pid: container.State.Pid, hasIpv6: hasIpv6(container) }));
  const [answer, told, kinds] = await Promise.all([
    host.ask(insideScript(pids), { seconds: SECONDS }),
    lookByPrograms(host, asked, facts),
    iproute2 && children.length > 0
      ? host.ask(asHost(dockerd, inEach(children, MACVLANS)), { seconds: SECONDS })
      : null,
  ]);
  return readInsides(answer, told, kinds?.stdout ?? "");
}

/** Prints what {@link readInsides} reads. */
function insideScript(pids: readonly number[]): string {
  // Few processes per container: on a busy host each takes its time, and there may be dozens of containers.
  const own = `ip addr; echo "== routes"; ip route show table all; ${policyScript(true)}; echo "== sysctls"; ${sysctls(`ipv4/icmp_echo_ignore_all ipv6/conf/lo/disable_ipv6 ${CONSULTED_INSIDE}`)}; echo "== hostname"; hostname`;
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

/**
 * Reads what was printed of each container, by its main process; one that can't be read is left out.
 * @param macvlans of `MACVLANS`
 */
function readInsides(
  answer: Evidence,
  told: ReadonlyMap<number, ToldByPrograms>,
  macvlans: string,
): ReadonlyMap<number, InsideState> {
  const modes = new Map(blocksOf(macvlans));
  return new Map(
    blocksOf(answer.stdout).flatMap(([pid, text]) => {
      const inside = readInside(answer, text, told.get(pid) ?? UNTOLD, macvlansOf(modes.get(pid) ?? ""));
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
  told: ToldByPrograms,
  macvlans: readonly MacvlanLink[],
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
      ...told,
      sysctls: sysctlsOf(section("sysctls")),
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
