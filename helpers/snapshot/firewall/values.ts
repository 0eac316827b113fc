import { isIpv4, parseIpv4 } from "../../model/ipv4.ts";
import { isIpv6, parseIpv6 } from "../../model/ipv6.ts";
import type { Value } from "./model.ts";

/** An address as a number with its family; null when the text is none. */
export function addressNumber(text: string): { readonly family: "ip" | "ip6"; readonly value: bigint } | null {
  if (isIpv4(text)) return { family: "ip", value: BigInt(parseIpv4(text)) };
  if (isIpv6(text)) return { family: "ip6", value: parseIpv6(text) };
  return null;
}

/** The addresses of `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `::1` or `10.0.0.1-10.0.0.9`; null when the text is no such thing. */
export function addressValue(text: string): { readonly family: "ip" | "ip6"; readonly value: Value } | null {
  const ends = text.split("-");
  if (ends.length === 2) {
    const [from, to] = ends.map(addressNumber);
    if (!from || !to || from.family !== to.family) return null;
    return { family: from.family, value: { from: from.value, to: to.value } };
  }
  const [plain = "", length] = text.split("/");
  const address = addressNumber(plain);
  if (address === null) return null;
  const bits = address.family === "ip" ? 32 : 128;
  const all = (1n << BigInt(bits)) - 1n;
  if (length === undefined) return { family: address.family, value: { from: address.value, to: address.value } };
  if (/^\d+$/.test(length)) {
    const prefix = Number(length);
    if (prefix > bits) return null;
    const rest = (1n << BigInt(bits - prefix)) - 1n;
    return { family: address.family, value: { from: address.value & (all ^ rest), to: address.value | rest } };
  }
  const mask = addressNumber(length);
  if (mask === null || mask.family !== address.family) return null;
  return { family: address.family, value: { mask: mask.value, bits: address.value & mask.value } };
}

/** A hardware address as a number, so that a mask can be laid on it; null when the text is none. */
export function macNumber(text: string): bigint | null {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? BigInt(`0x${text.replaceAll(":", "")}`) : null;
}

/** One hardware address as what a rule asks for; null when the text is none. */
export function macValue(text: string): Value | null {
  const number = macNumber(text);
  return number === null ? null : { from: number, to: number };
}

/** A number as programs print it, `80`, `0x50`; null when the text is none. */
export function numberOf(text: string): bigint | null {
  return /^(\d+|0x[0-9a-f]+)$/i.test(text) ? BigInt(text) : null;
}

/** `80` or `80:90` (also `:90`, `80:`) as a range up to `most`; null when the text is no such thing. */
export function rangeOf(text: string, most: bigint, separator = ":"): Value | null {
  const [low = "", high, ...rest] = text.split(separator);
  const from = low === "" && high !== undefined ? 0n : numberOf(low);
  const to = high === undefined ? from : high === "" ? most : numberOf(high);
  return rest.length > 0 || from === null || to === null || (low === "" && (high ?? "") === "") ? null : { from, to };
}

/** Numbers of the protocols that rules call by name or number; what is not here is compared as text. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  "1": "icmp",
  "6": "tcp",
  "17": "udp",
  "58": "icmpv6",
  "132": "sctp",
  "ipv6-icmp": "icmpv6",
  icmp6: "icmpv6",
  "50": "esp",
  "51": "ah",
  "47": "gre",
  "136": "udplite",
  "33": "dccp",
};

/** One spelling per protocol. */
export function protocolName(text: string): string {
  const lower = text.toLowerCase();
  return PROTOCOLS[lower] ?? lower;
}

/** The numbers of ICMP types that rules call by name. */
const ICMP_TYPES: Readonly<Record<string, number>> = {
  "echo-reply": 0,
  "destination-unreachable": 3,
  "echo-request": 8,
  "time-exceeded": 11,
};
const ICMPV6_TYPES: Readonly<Record<string, number>> = {
  "destination-unreachable": 1,
  "packet-too-big": 2,
  "time-exceeded": 3,
  "echo-request": 128,
  "echo-reply": 129,
  "router-solicitation": 133,
  "nd-router-solicit": 133,
  "router-advertisement": 134,
  "nd-router-advert": 134,
  "neighbour-solicitation": 135,
  "neighbor-solicitation": 135,
  "nd-neighbor-solicit": 135,
  "neighbour-advertisement": 136,
  "neighbor-advertisement": 136,
  "nd-neighbor-advert": 136,
};

/** An ICMP type by name or number, a code behind a slash left aside; null when unknown. */
export function icmpType(text: string, family: "ip" | "ip6"): bigint | null {
  const [name = ""] = text.split("/");
  const named = (family === "ip" ? ICMP_TYPES : ICMPV6_TYPES)[name];
  return named === undefined ? numberOf(name) : BigInt(named);
}

const TCP_FLAGS: Readonly<Record<string, bigint>> = {
  fin: 1n,
  syn: 2n,
  rst: 4n,
  psh: 8n,
  ack: 16n,
  urg: 32n,
  ecn: 64n,
  ece: 64n,
  cwr: 128n,
};

/** The bits of `SYN,ACK`, `ALL`, `NONE`; null when a name is unknown. */
export function tcpFlags(names: readonly string[]): bigint | null {
  let bits = 0n;
  for (const name of names) {
    const lower = name.toLowerCase();
    const flag = lower === "all" ? 63n : lower === "none" ? 0n : (TCP_FLAGS[lower] ?? numberOf(lower));
    if (flag === null) return null;
    bits |= flag;
  }
  return bits;
}
