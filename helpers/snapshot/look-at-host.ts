import { CONSULTED_OF_HOST, CONSULTED_PER_DEVICE } from "../expectations/kernel-values.ts";
import type { Inspected } from "../model/engine-answers.ts";
import type { Evidence } from "../model/evidence.ts";
import type { Facts } from "../model/facts.ts";
import { attributesOf, MANY_LINKS_COMMAND, parseLinks } from "../probes/links.ts";
import { parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import { parseProcNetTcp } from "../probes/parse/parse-proc-net-tcp.ts";
import { sectionsOf } from "../probes/parse/sections.ts";
import { asHost, type HostView } from "../vantage/host-view.ts";
import { gatherFirewall } from "./firewall/index.ts";
import { FRONT_PROGRAMS_COMMAND, readFrontPrograms } from "./front-programs.ts";
import { HAS_POLICIES, POLICIES_COMMAND, readPolicies } from "./ipsec.ts";
import type { BridgePort, ForwardingEntry } from "./living.ts";
import {
  asEvidence,
  linesOf,
  localRoutesOf,
  MACVLANS,
  macvlansOf,
  neighboursOf,
  routesOf,
  rulesOf,
  SECONDS,
  sysctls,
  sysctlsOf,
  unaskedTables,
} from "./printed.ts";
import { readProxies } from "./proxies.ts";
import type { HostState } from "./snapshot.ts";

const SYSCTLS_OF_HOST = [
  "ipv4/ip_forward ipv4/icmp_echo_ignore_all ipv6/conf/all/forwarding bridge/bridge-nf-call-iptables bridge/bridge-nf-call-ip6tables netfilter/nf_conntrack_count netfilter/nf_conntrack_max",
  ...CONSULTED_OF_HOST,
].join(" ");
const SYSCTLS_PER_DEVICE = {
  ...CONSULTED_PER_DEVICE,
  "ipv4/conf": [...new Set([...(CONSULTED_PER_DEVICE["ipv4/conf"] ?? []), "rp_filter", "route_localnet", "proxy_arp"])],
};

/**
 * What the host's own namespaces hold: one question with BusyBox, and some with the host's own programs.
 * @returns null when it did not answer in time
 */
export async function lookAtHost(
  host: HostView,
  containers: readonly Inspected[],
  facts: Facts,
  macvlans: readonly string[],
): Promise<HostState | null> {
  const targets = [
    ...new Set(
      containers.flatMap(({ NetworkSettings }) =>
        Object.values(NetworkSettings.Networks ?? {}).flatMap(({ IPAddress, GlobalIPv6Address }) =>
          [IPAddress, GlobalIPv6Address].flatMap((address) => address || []),
        ),
      ),
    ),
  ];
  const pid = (await host.dockerdPid()) ?? 1;
  const [answer, programs, filters, kinds] = await Promise.all([
    host.askMuch(hostScript(targets, pid), { seconds: SECONDS }),
    host.own(FRONT_PROGRAMS_COMMAND, { seconds: SECONDS }),
    gatherFirewall(host).catch(() => null),
    macvlans.length > 0 && facts.host?.tools.iproute2 === true ? host.own(MACVLANS, { seconds: SECONDS }) : null,
  ]);
  // Cut short by its deadline it would look like a host without routes and sockets.
  if (answer.exitCode !== 0) return null;
  return readHost({
    looked: answer,
    filters,
    programs: programs.stdout,
    macvlans: kinds?.stdout ?? "",
    // dockerd's, as the run's facts have them: the view itself has some of its own.
    namespaces: facts.host?.namespaces ?? {},
  });
}

/**
 * Prints what {@link readHost} reads.
 * @param targets addresses that the kernel is asked its way to
 * @param pid whose mount namespace has the host's own programs: BusyBox' `ip rule` leaves out the `not` of a rule
 */
export function hostScript(targets: readonly string[], pid: number): string {
  return [
    `echo "== links"; ${MANY_LINKS_COMMAND}`,
    'echo "== addresses"; ip addr',
    'echo "== routes"; ip route show table all',
    `echo "== rules"; ${asHost(pid, "ip rule")} 2>/dev/null || ip rule`,
    `echo "== rules 6"; ${asHost(pid, "ip -6 rule")} 2>/dev/null || ip -6 rule 2>/dev/null`,
    `echo "== ipsec"; ${HAS_POLICIES} && ${asHost(pid, POLICIES_COMMAND)} 2>/dev/null`,
    `echo "== sysctls"; ${sysctls(SYSCTLS_OF_HOST, SYSCTLS_PER_DEVICE)}`,
    `echo "== vlan"; ${bridgesWith("vlan_filtering", "1")}`,
    `echo "== ageless"; ${bridgesWith("ageing_time", "0")}`,
    `echo "== ports"; ${attributesOf("/sys/class/net/*/brport", PORT_FILES)}`,
    // /sys does not have it. A line of the interface, and one of what it is as a port.
    `echo "== locked"; ${asHost(pid, "bridge -d link show")} 2>/dev/null | grep -B 1 " locked on"`,
    'echo "== forwarding"; for b in /sys/class/net/*/brforward; do [ -e $b ] && echo "> $b" && od -An -v -tx1 $b; done',
    'echo "== sockets"; for f in tcp tcp6 udp udp6; do [ -e /proc/net/$f ] && cat /proc/net/$f; done',
    // Two processes, however many ports are published. Those of engines inside containers are in other network namespaces.
    `echo "== proxies"; all=$(pidof docker-proxy); for p in $all; do [ /proc/$p/ns/net -ef /proc/self/ns/net ] && echo /proc/$p/cmdline; done | xargs head -n 1 2>/dev/null | tr '\\0' ' '; echo`,
    // One process for all: the shell's own `read` takes a file byte by byte, and there may be hundreds.
    `echo "== halted"; for p in $all; do echo /proc/$p/stat; done | xargs grep -l ") T " 2>/dev/null | while read -r f; do tr "\\0" " " <\${f%stat}cmdline; echo; done`,
    // Without the programs that dockerd starts, which are called so too until they are exec'ed.
    'echo "== engines"; all=$(pidof dockerd); for p in $all; do [ /proc/$p/ns/net -ef /proc/self/ns/net ] || continue; case " $all " in *" $(sed -n "s/^PPid:.//p" /proc/$p/status) "*) continue;; esac; echo "$(tr "\\0" " " </proc/$p/cmdline)"; done 2>/dev/null',
    'echo "== neighbours"; { ip neigh; ip -6 neigh; } 2>/dev/null | grep PERMANENT',
    `echo "== kept"; ( cd /proc/${pid}/root/run/docker/netns 2>/dev/null && set -- $(sed -n 's#.*/run/docker/netns/\\([^ ]*\\) .* nsfs .*#\\1#p' /proc/${pid}/mountinfo) && [ $# -gt 0 ] && ls -Li "$@" 2>/dev/null ) || true`,
    'echo "== lived in"; ls -l /proc/[0-9]*/ns/net 2>/dev/null',
    'echo "== queues"; cat /proc/net/netfilter/nfnetlink_queue 2>/dev/null',
    `echo "== ways"; ${waysScript(targets, pid)}`,
    "true",
  ].join("; ");
}

/**
 * Prints `? address` and the kernel's way there, for each. By one process of the host's own `ip`, where that is iproute2's:
 * BusyBox' goes through all interfaces first, for each address. iproute2 does not say which of several the kernel refuses:
 * all are named before those that it has an answer for.
 */
function waysScript(targets: readonly string[], pid: number): string {
  const each = `for a in ${targets.join(" ")}; do`;
  const batch = `case $(ip -V 2>&1) in *iproute2*) ${each} echo "route get $a"; done | ip -force -batch - 2>/dev/null;; esac`;
  return [
    `told=$(${asHost(pid, batch)})`,
    `if [ -n "$told" ]; then ${each} echo "? $a"; done; echo "$told" | awk '/ dev / { a = $1; if (a !~ /[.:]/) a = $2; print "? " a; print }'`,
    `else ${each} f=-4; case $a in *:*) f=-6;; esac; echo "? $a"; ip $f route get $a 2>&1; done; fi`,
  ].join("; ");
}

/** Names of the bridges of which a file has just this text. */
function bridgesWith(file: string, text: string): string {
  return `grep -lsx ${text} /sys/class/net/*/bridge/${file} | sed "s|^/sys/class/net/||; s|/.*||"`;
}

/** Of a bridge's port, as {@link portsOf} takes them. */
const PORT_FILES = ["hairpin_mode", "isolated", "learning", "unicast_flood", "broadcast_flood", "state", "port_no"];

/** What a look at the host has brought. */
export interface PrintedHost {
  /** By {@link hostScript}. */
  readonly looked: Evidence;
  /** By `FRONT_PROGRAMS_COMMAND`. */
  readonly programs: string;
  readonly filters: HostState["filters"];
  /** By `MACVLANS`. */
  readonly macvlans: string;
  readonly namespaces: HostState["namespaces"];
}

/** Reads it. @throws when a part can't be read */
export function readHost({ looked, programs, filters, macvlans, namespaces }: PrintedHost): HostState {
  const section = sectionsOf(looked.stdout);
  const addresses = parseIpAddress(section("addresses"));
  const own = addresses.flatMap((one) => one.addresses.map(({ address }) => address));
  return {
    links: parseLinks(asEvidence(looked, section("links"))),
    macvlans: macvlansOf(macvlans),
    addresses,
    ports: portsOf(section("ports")),
    lockedPorts: lockedOf(section("locked")),
    vlanFiltering: linesOf(section("vlan")),
    emptyNamespaces: emptyNamespacesOf(section("kept"), section("lived in")),
    agelessBridges: linesOf(section("ageless")),
    routes: [...routesOf(section("routes")), ...localRoutesOf(section("routes"), own)],
    rules: rulesOf(section("rules")),
    rules6: rulesOf(section("rules 6")),
    unasked: unaskedTables(section("rules")),
    unasked6: unaskedTables(section("rules 6")),
    policies: readPolicies(section("ipsec")),
    namespaces,
    sysctls: sysctlsOf(section("sysctls")),
    sockets: parseProcNetTcp(section("sockets")).filter(({ state }) => state === "LISTEN" || state === "UNCONNECTED"),
    neighbours: neighboursOf(section("neighbours")),
    forwarding: forwardingOf(section("forwarding")),
    proxies: readProxies(section("proxies"), section("halted")),
    engines: linesOf(section("engines")),
    frontPrograms: readFrontPrograms(programs),
    filters,
    queues: linesOf(section("queues")).map((line) => Number.parseInt(line, 10)),
    ways: waysOf(section("ways")),
  };
}

/** By which device the kernel sends to each address, or its refusal: of `? address` and what it answered. */
function waysOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split(/^\? /m)
      .slice(1)
      .map((answer) => {
        const [address = "", told = ""] = answer.split("\n");
        // Of IPv6 a refusing route is told as one by the loopback.
        const refusal = /^(?:unreachable|prohibit|blackhole|throw)\b/.exec(told)?.[0];
        return [address, refusal ?? /\bdev (\S+)/.exec(told)?.[1] ?? (told.trim() || "no way")];
      }),
  );
}

/**
 * What has no age in the forwarding tables, 16 bytes a line (`__fdb_entry` of linux/if_bridge.h): hardware address, port, one
 * for the host's own, age in hundredths of a second (4), the port's higher byte.
 */
function forwardingOf(text: string): ForwardingEntry[] {
  return text.split(/^> \/sys\/class\/net\//m).flatMap((block) => {
    const [path = "", ...lines] = block.split("\n");
    return lines.flatMap((line) => {
      const bytes = line.trim().split(/\s+/);
      if (bytes.length !== 16 || bytes.slice(8, 12).some((byte) => byte !== "00")) return [];
      return [
        {
          bridge: path.split("/")[0] ?? "",
          mac: bytes.slice(0, 6).join(":"),
          port: Number.parseInt(`${bytes[12]}${bytes[6]}`, 16),
          local: bytes[7] === "01",
        },
      ];
    });
  });
}

/**
 * Files of namespaces that no process is in. The engine names those of containers by twelve digits; before 23 the file of
 * a container that ended stays, and holds none.
 * @param kept `ls -Li` of those files that a namespace is mounted on @param livedIn `ls -l` of every process's namespace
 */
function emptyNamespacesOf(kept: string, livedIn: string): string[] {
  const lived = new Set([...livedIn.matchAll(/net:\[(\d+)\]/g)].map(([, inode]) => inode));
  return [...kept.matchAll(/^\s*(\d+)\s+([0-9a-f]{12})$/gm)].flatMap(([, inode, name = ""]) =>
    lived.has(inode) ? [] : [name],
  );
}

/** Of `7: veth1@if6: <…> …` and, on the next line, `hairpin off … locked on …`. */
function lockedOf(text: string): string[] {
  return [...text.matchAll(/^\d+: ([^@:\s]+).*\n.* locked on\b/gm)].map(([, name = ""]) => name);
}

function portsOf(text: string): BridgePort[] {
  return linesOf(text).map((line) => {
    const [name = "", hairpin, isolated, learning, flood, broadcastFlood, state, number] = line.split(" ");
    return {
      name,
      hairpin: hairpin === "1",
      isolated: isolated === "1",
      learning: learning !== "0",
      flood: flood !== "0",
      broadcastFlood: broadcastFlood !== "0",
      state: Number(state),
      number: Number(number) || 0,
    };
  });
}
