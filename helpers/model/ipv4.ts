import { isIPv4 } from "node:net";

const OCTET = /^(0|[1-9]\d{0,2})$/;

/** `text` as an unsigned 32-bit number, or null when it is no dotted-quad IPv4 address (leading zeros are refused: they read as octal elsewhere). */
function read(text: string): number | null {
  const octets = text.split(".");
  if (octets.length !== 4) return null;
  let value = 0;
  for (const octet of octets) {
    if (!OCTET.test(octet) || Number(octet) > 255) return null;
    value = value * 256 + Number(octet);
  }
  return value;
}

/** True for a dotted-quad IPv4 address without prefix or port. */
export function isIpv4(text: string): boolean {
  return isIPv4(text);
}

/** `172.17.0.2` as an unsigned 32-bit number. Throws a RangeError that quotes the text. */
export function parseIpv4(text: string): number {
  const value = read(text);
  if (value === null) throw new RangeError(`not an IPv4 address: ${JSON.stringify(text)}`);
  return value;
}

/** The dotted quad of an unsigned 32-bit number. Throws a RangeError outside 0 … 2^32-1. */
export function formatIpv4(value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new RangeError(`not a 32-bit address number: ${value}`);
  }
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
