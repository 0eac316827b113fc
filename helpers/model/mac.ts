import { formatIpv4, parseIpv4 } from "./ipv4.ts";
import { formatIpv6 } from "./ipv6.ts";

/** The six bytes of `02:42:ac:11:00:02`. Throws a RangeError that quotes the text. */
function bytesOf(mac: string): number[] {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac)) throw new RangeError(`not a MAC address: ${JSON.stringify(mac)}`);
  return mac.split(":").map((byte) => Number.parseInt(byte, 16));
}

/** `172.17.0.2` → `02:42:ac:11:00:02`, the generated MAC of engines before 28.0 (moby#48808 made it random). */
export function macFromAddress(address: string): string {
  const octets = formatIpv4(parseIpv4(address)).split(".").map(Number);
  return [0x02, 0x42, ...octets].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** True for a locally administered unicast address, the only pattern a generated MAC keeps since 28.0. */
export function isLocallyAdministeredUnicast(mac: string): boolean {
  const [first] = bytesOf(mac);
  return first !== undefined && (first & 0b11) === 0b10;
}

/** The IPv6 link-local address the kernel forms from a MAC (modified EUI-64, RFC 4291 appendix A). */
export function eui64LinkLocal(mac: string): string {
  const bytes = bytesOf(mac);
  const [first = 0, ...rest] = bytes;
  const identifier = [first ^ 0x02, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  return formatIpv6(identifier.reduce((value, byte) => value * 256n + BigInt(byte), 0xfe80n << 48n));
}
