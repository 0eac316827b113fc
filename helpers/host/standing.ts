import type { HostRoute, HostStanding } from "../model/facts.ts";
import { asHost, type HostView } from "../vantage/host-view.ts";

/** Asks the host: one question, answered in a few milliseconds. */
export async function takeStanding(host: HostView): Promise<HostStanding> {
  const pid = (await host.dockerdPid()) ?? 1;
  const { stdout } = await host.ask(
    'echo "== routes"; ip route show table all; ' +
      `echo "== iptables"; ${asHost(pid, "iptables --version; iptables -S FORWARD")} 2>/dev/null; ` +
      'echo "== mtus"; for l in /sys/class/net/*; do echo "${l##*/} $(cat $l/mtu 2>/dev/null)"; done; true',
    { seconds: 20 },
  );
  return readStanding(stdout);
}

/** Reads the answer of {@link takeStanding}'s question. What is missing in it is empty. */
export function readStanding(text: string): HostStanding {
  const sections = new Map<string, string>();
  for (const block of text.split(/^== /m).slice(1)) {
    const end = block.indexOf("\n");
    sections.set(block.slice(0, end), block.slice(end + 1));
  }
  const iptables = sections.get("iptables") ?? "";
  const mtus = [...(sections.get("mtus") ?? "").matchAll(/^(\S+) (\d+)$/gm)];
  return {
    routes: foreignRoutes(sections.get("routes") ?? ""),
    forwardPolicy: /^-P FORWARD (\S+)/m.exec(iptables)?.[1] ?? "",
    iptables: /^iptables (v.+)$/m.exec(iptables)?.[1] ?? "",
    mtus: Object.fromEntries(mtus.map(([, name, mtu]) => [name ?? "", Number(mtu)])),
  };
}

/** Devices that engines make and remove: what they route changes with every network. */
const OF_ENGINES = /^(docker0|docker_gwbridge|br-[0-9a-f]{12}|veth\S*)$/;

/** IPv4 routes of every table, without default and local ones and those over Docker's own devices; each once. */
function foreignRoutes(text: string): HostRoute[] {
  const found = new Map<string, HostRoute>();
  for (const line of text.split("\n")) {
    const match = /^(?:unicast |unreachable |blackhole |prohibit )?(\d+\.\d+\.\d+\.\d+)(\/\d+)?(?:\s|$)/.exec(line);
    if (match === null || match[2] === "/0") continue;
    const device = /\bdev (\S+)/.exec(line)?.[1] ?? "";
    const table = /\btable (\S+)/.exec(line)?.[1] ?? "main";
    if (table === "local" || OF_ENGINES.test(device)) continue;
    const onLink = device !== "" && !/\bvia /.test(line);
    const route = { destination: `${match[1]}${match[2] ?? "/32"}`, device, onLink, table };
    found.set(`${route.destination} ${device} ${table}`, route);
  }
  return [...found.values()].toSorted((a, b) => a.destination.localeCompare(b.destination, "en", { numeric: true }));
}
