import type { Uplink } from "../model/facts.ts";
import { SOMEBODY } from "../model/somebody.ts";
import { parseRouteGet, type Way } from "../probes/parse/parse-route-get.ts";

const FAR = { ipv4: SOMEBODY[4], ipv6: SOMEBODY[6] } as const;

export type Family = keyof typeof FAR;

/** Links that the engine made, which lead to containers and nowhere else. */
const OF_ENGINE = /^(docker\d+|docker_gwbridge|br-[0-9a-f]{12})$/;
/** Nearly the same for the shell: a host with a hundred networks is not asked about each of their bridges. */
const OF_ENGINE_AS_GLOBS = `docker[0-9]|docker_gwbridge|br-${"[0-9a-f]".repeat(12)}`;

/**
 * Asks the kernel for the way out, never a table's text: policy rules, several tables, several next hops and metrics
 * are the kernel's to weigh. First the way itself, then the way over each link from its own address: under a tunnel
 * that takes all, and where only rules about sources lead out, that is the host's place on its network.
 */
export const WAYS_COMMAND = [
  `echo "ipv4 - $(ip route get ${FAR.ipv4} 2>/dev/null | head -n 1)"`,
  `echo "ipv6 - $(ip -6 route get ${FAR.ipv6} 2>/dev/null | head -n 1)"`,
  `for l in /sys/class/net/*; do l=\${l##*/}; case $l in lo|veth*|${OF_ENGINE_AS_GLOBS}) continue;; esac; ` +
    // IFF_UP and IFF_BROADCAST: what is no such link (a tunnel) has no neighbours.
    "read -r f 2>/dev/null </sys/class/net/$l/flags || continue; [ $((f & 3)) = 3 ] || continue; " +
    `${overLink("ipv4")}; ${overLink("ipv6")}; done`,
].join("; ");

function overLink(family: Family): string {
  const [ip, inet] = family === "ipv4" ? ["ip -4", "inet"] : ["ip -6", "inet6"];
  const first = `a=$(${ip} addr show dev $l scope global 2>/dev/null | sed -n 's|^ *${inet} \\([^ /]*\\).*|\\1|p' | head -n 1)`;
  return `${first}; echo "${family} $l $(${ip} route get ${FAR[family]} \${a:+from $a} oif $l 2>/dev/null | head -n 1)"`;
}

/**
 * The host's place on its network, by the answer to {@link WAYS_COMMAND}:
 * the kernel's own way out where it leads over a router on a link with neighbours; else, under a VPN that takes all, the
 * way over such a link that the VPN's own packets take; else the tunnel itself; else, on a host that has no way out,
 * the one link that can lead anywhere.
 * @param addressed links that have an address of this family that is valid beyond the link
 * @returns null where none stands out
 */
export function uplinkOf(answer: string, family: Family, addressed: ReadonlySet<string>): Uplink | null {
  const answers = answer
    .split("\n")
    .map((line) => /^(\S+) (\S+) ?(.*)$/.exec(line))
    .flatMap((match) => (match?.[1] === family ? [{ over: match[2] ?? "", way: parseRouteGet(match[3] ?? "") }] : []));
  const overLinks = answers.filter(({ over, way }) => over !== "-" && way !== null && !OF_ENGINE.test(over));
  const neighbourly = new Set(overLinks.map(({ over }) => over));
  const own = answers.find(({ over }) => over === "-")?.way ?? null;
  if (own !== null && own.gateway !== null && neighbourly.has(own.interface)) return asUplink(own);
  const routed = overLinks.find(({ way }) => way?.gateway != null)?.way ?? own;
  if (routed !== null) return asUplink(routed);
  // Asked for the way over a link, a kernel without a route takes every address to be on that link.
  const candidates = overLinks.filter(({ over }) => addressed.has(over));
  const [only] = candidates;
  return candidates.length === 1 && only?.way != null ? asUplink(only.way) : null;
}

function asUplink({ interface: name, gateway, source }: Way): Uplink | null {
  return source === "" ? null : { interface: name, address: source, gateway: gateway ?? "" };
}
