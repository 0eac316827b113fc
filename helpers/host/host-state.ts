import type { HostState } from "../model/host-state.ts";
import { parseNftTables } from "../probes/parse/parse-nft-table.ts";
import { asHost, type HostView, readAsHost } from "../vantage/host-view.ts";
import { withoutVolatileRouteWords } from "./fingerprint.ts";

const SYSCTLS = [
  "net/ipv4/ip_forward",
  "net/ipv4/conf/all/rp_filter",
  "net/ipv4/conf/all/route_localnet",
  "net/ipv6/conf/all/forwarding",
  "net/ipv6/conf/all/disable_ipv6",
  "net/bridge/bridge-nf-call-iptables",
  "net/bridge/bridge-nf-call-ip6tables",
];

const question = (pid: number): string =>
  [
    'echo "== links"; for l in /sys/class/net/*; do echo "${l##*/} mtu $(cat $l/mtu 2>/dev/null) $(readlink $l/master)"; done',
    'echo "== addresses"; ip -o addr',
    'echo "== routes"; ip route show table all; ip -6 route 2>/dev/null; ip rule 2>/dev/null; ip -6 rule 2>/dev/null',
    `echo "== iptables"; ${asHost(pid, "iptables-save 2>/dev/null")}`,
    `echo "== ip6tables"; ${asHost(pid, "ip6tables-save 2>/dev/null")}`,
    `echo "== nft"; ${asHost(pid, "nft --stateless list ruleset 2>/dev/null")}`,
    `echo "== sysctls"; for f in ${SYSCTLS.join(" ")}; do [ -r /proc/sys/$f ] && echo "$f = $(cat /proc/sys/$f)"; done`,
    "true",
  ].join("; ");

/** Asks the host for all that a reload, a VPN or an edit may have changed since another run: one question. */
export async function takeHostState(host: HostView): Promise<HostState> {
  const { stdout } = await host.ask(question((await host.dockerdPid()) ?? 1), { seconds: 20 });
  return readHostState(stdout);
}

/**
 * A text that is another one once something of {@link takeHostState} has changed, or the content of a file of the
 * host's: what it costs to look at it again and again. Containers that come and go change it as well.
 */
export async function hostStateMark(host: HostView, file: string): Promise<string> {
  const pid = (await host.dockerdPid()) ?? 1;
  // Counters, and the time of iptables-save.
  const steady = "sed '/^#/d;s/\\[[0-9]*:[0-9]*\\]//;s/expires [0-9a-z]*//'";
  const { stdout } = await host.ask(
    `{ ${question(pid)}; } | ${steady} | md5sum; ${readAsHost(pid, file)} 2>/dev/null | md5sum`,
    { seconds: 20 },
  );
  return stdout.replaceAll(/\s+-\s*/g, " ").trim();
}

/** Reads the answer of {@link takeHostState}'s question. What is missing in it is empty. */
export function readHostState(text: string): HostState {
  const sections = new Map<string, string>();
  for (const block of text.split(/^== /m).slice(1)) {
    const end = block.indexOf("\n");
    sections.set(block.slice(0, end), block.slice(end + 1));
  }
  const lines = (name: string) =>
    (sections.get(name) ?? "")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  return {
    links: lines("links")
      .filter((line) => !OF_CONTAINERS.test(line))
      .map((line) => line.replace(/ \S*\/([^/\s]+)$/, " on $1")),
    addresses: lines("addresses").flatMap(addressText),
    routes: lines("routes")
      .map(withoutVolatileRouteWords)
      .filter((line) => !OF_KERNEL.test(line) && !OF_CONTAINERS.test(line)),
    "firewall rules": [
      ...rulesOf("iptables", lines("iptables")),
      ...rulesOf("ip6tables", lines("ip6tables")),
      ...nftRules(sections.get("nft") ?? ""),
    ],
    sysctls: lines("sysctls"),
  };
}

/** They come and go with every container. */
const OF_CONTAINERS = /\bveth/;
/** Routes that follow from addresses. */
const OF_KERNEL = /^(local|broadcast|multicast|anycast|fe80|ff00)|\btable (local|255)\b/;

/** `2: eth0    inet 192.0.2.2/24 brd … scope global eth0` → `192.0.2.2/24 on eth0`; none for link-local ones. */
function addressText(line: string): string[] {
  const [, device = "", address = ""] = /^\d+: (\S+)\s+inet6? (\S+)/.exec(line) ?? [];
  return address === "" || address.startsWith("fe80") ? [] : [`${address} on ${device}`];
}

/** `iptables-save` as the commands that make its rules; without what counters have counted. */
function rulesOf(program: string, lines: readonly string[]): string[] {
  let table = "filter";
  return lines.flatMap((line) => {
    if (line.startsWith("*")) table = line.slice(1);
    const [, chain = "", policy = ""] = /^:(\S+) (\S+)/.exec(line) ?? [];
    if (chain !== "") return [`${program} -t ${table} ${policy === "-" ? `-N ${chain}` : `-P ${chain} ${policy}`}`];
    return line.startsWith("-") ? [`${program} -t ${table} ${line}`] : [];
  });
}

/** What iptables keeps in nftables is told by iptables-save. */
const OF_IPTABLES = /^(ip|ip6|arp|bridge) (filter|nat|mangle|raw|security)$/;

/** Rules of other tables. Elements of sets are left out: programs like fail2ban change them by themselves. */
function nftRules(ruleset: string): string[] {
  try {
    return parseNftTables(ruleset)
      .filter(({ family, name }) => !OF_IPTABLES.test(`${family} ${name}`))
      .flatMap(({ family, name: table, chains }) =>
        chains.flatMap(({ name, base, rules }) => [
          `nft ${family} ${table} chain ${name}${base === null ? "" : ` { ${base} }`}`,
          ...rules.map((rule) => `nft ${family} ${table} ${name}: ${rule}`),
        ]),
      );
  } catch {
    // A ruleset that no parser knows is compared by nothing; the suites that read it say so.
    return [];
  }
}
