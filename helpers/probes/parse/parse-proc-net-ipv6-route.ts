import { addressOfBytes } from "./kernel-hex.ts";
import type { KernelRoute } from "./parse-proc-net-route.ts";

/** RTF_UP, RTF_GATEWAY, RTF_HOST, RTF_REJECT of linux/route.h, RTF_ANYCAST and RTF_LOCAL of linux/ipv6_route.h. */
const BITS = { up: 0x1, gateway: 0x2, host: 0x4, reject: 0x200, anycast: 0x100000, local: 0x80000000 } as const;
/** The metric of the kernel's own entry for what no route is for: it is there in every namespace. */
const LAST = 0xffffffff;

/**
 * Reads /proc/net/ipv6_route: IPv6 routes of every table, without what is for the host itself, for everybody on a link
 * (multicast), and the kernel's own last entry. Lines: destination, its prefix, source, its prefix, next hop, metric,
 * counters, flags, device, all in hexadecimal. What is no such line is left out. A route that leads nowhere has the
 * device `*`, as one of IPv4 has.
 */
export function parseProcNetIpv6Route(text: string): KernelRoute[] {
  return text.split("\n").flatMap((line) => {
    const [to = "", length = "", , , hop = "", metric = "", , , flags = "", device] = line.trim().split(/\s+/);
    const [destination, gateway] = [addressOf(to), addressOf(hop)];
    const [prefix, weight, bits] = [length, metric, flags].map((word) => Number.parseInt(word, 16));
    if (destination === null || gateway === null || device === undefined) return [];
    if (prefix === undefined || weight === undefined || bits === undefined || Number.isNaN(prefix + weight + bits))
      return [];
    const has = (bit: number): boolean => Math.floor(bits / bit) % 2 === 1;
    if (has(BITS.local) || has(BITS.anycast) || to.startsWith("ff") || weight === LAST) return [];
    const reject = has(BITS.reject);
    if (device === "lo" && !reject) return [];
    return [
      {
        interface: reject ? "*" : device,
        destination,
        prefix,
        gateway: /^0*$/.test(hop) ? null : gateway,
        metric: weight,
        flags: { up: has(BITS.up), gateway: has(BITS.gateway), host: has(BITS.host), reject },
      },
    ];
  });
}

function addressOf(hex: string): string | null {
  if (!/^[0-9a-f]{32}$/.test(hex)) return null;
  return addressOfBytes(
    Array.from({ length: 16 }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16)),
  );
}
