import type { Packet } from "./packet.ts";

/** A solicitation goes to a group of the link, its answer to who asked; neither belongs to a connection (RFC 4861). */
const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const NEVER_ROUTED = 255;

const BASE = {
  family: "ip6",
  protocol: "icmpv6",
  state: "untracked",
  ttl: NEVER_ROUTED,
  mark: 0,
  length: 72,
} as const satisfies Packet;

/** By which the neighbours of a link learn each other's hardware addresses in IPv6: the question, and its answer. */
export const DISCOVERY: readonly Packet[] = [
  { ...BASE, icmpType: SOLICITATION, destination: "ff02::1:ff00:1", destinationType: "multicast" },
  { ...BASE, icmpType: ADVERTISEMENT },
];

/**
 * By which one who sends learns a neighbour's hardware address: the question, and its answer.
 * @param asker address of who asks @param asked the address that is looked for
 */
export function discoveryOf(
  family: 4 | 6,
  asker: string,
  asked: string,
): { readonly question: Packet; readonly answer: Packet } {
  const [question = BASE, answer = BASE] = DISCOVERY;
  if (family === 6) return { question, answer };
  const arp = { family: "arp", protocol: "arp", mark: 0 } as const;
  return {
    question: { ...arp, arpOperation: "request", source: asker, destination: asked },
    answer: { ...arp, arpOperation: "reply", source: asked, destination: asker },
  };
}
