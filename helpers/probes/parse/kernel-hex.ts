import { SocketAddress } from "node:net";
import type { Words } from "./words.ts";

/**
 * Addresses as /proc/net prints them: each 32-bit word in hexadecimal, in the byte order of the machine. Read as
 * little-endian, which is the order of every architecture that Docker Engine is released for except s390x.
 */
export function bytesOfWords(words: Words, hex: string, count: 4 | 16): number[] {
  if (!new RegExp(`^[0-9A-Fa-f]{${count * 2}}$`).test(hex))
    words.fail(`${JSON.stringify(hex)} is no address of ${count} bytes`);
  const bytes = Array.from({ length: count }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16));
  return bytes.map((_, index) => bytes[index - (index % 4) + 3 - (index % 4)] ?? 0);
}

/** The usual text of 4 or 16 bytes in network order; IPv6 compressed as inet_ntop does. */
export function addressOfBytes(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[index * 2] ?? 0) * 256 + (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  return new SocketAddress({ address: groups.join(":"), family: "ipv6" }).address;
}

/** A hexadecimal number without `0x`. */
export function hexNumber(words: Words, hex: string, what: string): number {
  return /^[0-9A-Fa-f]{1,8}$/.test(hex)
    ? Number.parseInt(hex, 16)
    : words.fail(`the ${what} ${JSON.stringify(hex)} is no hexadecimal number`);
}
