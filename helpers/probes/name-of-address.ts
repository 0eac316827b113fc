import { type Evidence, ProbeFailed, type Vantage } from "../model/evidence.ts";

/**
 * The name that the C library of the vantage point gives one of its own addresses: /etc/hosts first, then the resolver.
 * BusyBox has no `getent`; its `traceroute` asks `getnameinfo` for every hop, and the way to an own address is one hop
 * that leaves nothing on the wire.
 * @returns the name; the address itself when it has none
 * @throws ProbeFailed
 */
export async function nameOfOwnAddress(from: Vantage, address: string): Promise<string> {
  return firstHop(await from.ask(`traceroute -q 1 -m 1 -w 2 ${address}`), address);
}

/** Reads the first hop's name of BusyBox `traceroute`'s output: ` 1  name (10.0.0.2)  0.009 ms`. @throws ProbeFailed */
export function firstHop(evidence: Evidence, address: string): string {
  const match = /^ *1 +(\S+) \(([^)]+)\)/m.exec(evidence.stdout);
  if (match?.[1] === undefined || match[2] !== address) {
    throw new ProbeFailed(`the name of ${address} can't be read at ${evidence.vantage}`, evidence);
  }
  return match[1];
}
