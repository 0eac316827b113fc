import { randomInt } from "node:crypto";
import { formatIpv6 } from "../model/ipv6.ts";

/**
 * A /64 of the range for private use with a random 40-bit global id (RFC 4193 3.2): two of them meet once in a million
 * millions, so that nothing of the host's is asked for.
 */
export function uniqueLocalSubnet(): string {
  const globalId = (BigInt(randomInt(2 ** 20)) << 20n) | BigInt(randomInt(2 ** 20));
  return `${formatIpv6((0xfdn << 120n) | (globalId << 80n))}/64`;
}
