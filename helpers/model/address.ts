import { isIpv4 } from "./ipv4.ts";
import { isIpv6, parseIpv6 } from "./ipv6.ts";

/** True when both texts are the same IPv4 or the same IPv6 address, whatever the notation (`fe00::0` and `fe00::`). */
export function sameAddress(one: string, other: string): boolean {
  // IPv4 has one notation only.
  if (!one.includes(":") || !other.includes(":")) return one === other && isIpv4(one);
  return isIpv6(one) && isIpv6(other) && parseIpv6(one) === parseIpv6(other);
}

/** An address, or a name, as it stands before a colon and a port: IPv6 in brackets (RFC 3986). */
export function beforePort(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** True for 127.0.0.0/8 and ::1: addresses that mean another place in another network namespace. */
export function isLoopback(address: string): boolean {
  if (isIpv4(address)) return address.startsWith("127.");
  return isIpv6(address) && parseIpv6(address) === 1n;
}

/** True for 0.0.0.0 and ::, the "every address" of a socket. */
export function isUnspecified(address: string): boolean {
  // IPv4 has one notation only.
  if (!address.includes(":")) return address === "0.0.0.0";
  return address === "::" || (isIpv6(address) && parseIpv6(address) === 0n);
}

/**
 * An IPv4 address out of IPv6's notation for it: `::ffff:10.1.2.3` is `10.1.2.3`; any other text stays. Engine 28 writes
 * the value of `host-gateway-ip` so (measured on 28.5; 20.10 and 26.1 don't).
 */
export function unmapped(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}
