import { isList, type Json, listOf, objectOf, taggedOf, textOf } from "./json.ts";
import type { Elements, Field, Match, Value } from "./model.ts";
import { addressValue, icmpType, macNumber, macValue, numberOf, protocolName, tcpFlags } from "./values.ts";

/** The left side of a comparison. */
interface Asked {
  readonly fields: readonly Field[];
  /** Only these bits are compared. */
  readonly mask: bigint | null;
  /** Addresses of this family: a packet of the other one does not match. */
  readonly family: "ip" | "ip6" | undefined;
  /** What the packet must be for the property to be there: `tcp dport` asks for TCP as well. */
  readonly implied: readonly Match[];
}

const META: Readonly<Record<string, Field>> = {
  iif: "in device",
  iifname: "in device",
  oif: "out device",
  oifname: "out device",
  l4proto: "protocol",
  nfproto: "family",
  protocol: "family",
  mark: "mark",
  length: "length",
  skuid: "owner",
  skgid: "owner",
  pkttype: "packet type",
  ipsec: "ipsec",
  secpath: "ipsec",
};

const PAYLOADS: Readonly<Record<string, Field>> = {
  "ip saddr": "source address",
  "ip6 saddr": "source address",
  "ip daddr": "destination address",
  "ip6 daddr": "destination address",
  "ip protocol": "protocol",
  "ip6 nexthdr": "protocol",
  "ip length": "length",
  "ip ttl": "ttl",
  "ip6 hoplimit": "ttl",
  "ip dscp": "dscp",
  "ip frag-off": "fragment",
  "ether type": "family",
  "ether saddr": "source mac",
  "arp operation": "arp operation",
  "arp saddr ip": "source address",
  "arp daddr ip": "destination address",
  "arp saddr ether": "source mac",
};

const WITH_PORTS = new Set(["tcp", "udp", "sctp", "dccp", "udplite", "th"]);

/** What an expression asks a packet for; null when this reader does not know it. */
export function askedOf(expression: Json | undefined): Asked | null {
  const [kind, body] = taggedOf(expression);
  const inner = objectOf(body);
  switch (kind) {
    case "meta": {
      const field = META[textOf(inner.key)];
      return field === undefined ? null : asked([field]);
    }
    case "ct": {
      if (textOf(inner.key) === "direction") return asked(["direction"]);
      const key = textOf(inner.key);
      if (inner.dir !== undefined) return ofConnection(textOf(inner.dir), key, textOf(inner.family));
      if (key === "state") return asked(["connection state"]);
      if (key === "status") return asked(["connection status"]);
      return key === "mark" ? asked(["connection mark"]) : null;
    }
    case "tcp option":
      return textOf(inner.name) === "maxseg" && textOf(inner.field) === "size"
        ? asked(["mss"], undefined, [isProtocol("tcp")])
        : null;
    case "rt":
      return textOf(inner.key) === "ipsec" ? asked(["ipsec"]) : null;
    case "payload":
      return payloadOf(textOf(inner.protocol), textOf(inner.field));
    case "fib":
      return fibOf(textOf(inner.result), listOf(inner.flags).map(textOf));
    case "concat": {
      const parts = listOf(body).map(askedOf);
      const known = parts.filter((part) => part !== null);
      if (known.length !== parts.length || known.some(({ mask }) => mask !== null)) return null;
      return {
        fields: known.flatMap(({ fields }) => fields),
        mask: null,
        family: known.find(({ family }) => family !== undefined)?.family,
        implied: known.flatMap(({ implied }) => implied),
      };
    }
    case "&": {
      const [left, right] = listOf(body);
      const whole = askedOf(left);
      const [field] = whole?.fields ?? [];
      if (whole === null || field === undefined || whole.mask !== null) return null;
      const mask = field === "tcp flags" ? tcpFlags(namesIn(right)) : maskOf(right);
      return mask === null ? null : { ...whole, mask };
    }
    default:
      return null;
  }
}

const ORIGINALS: Readonly<Record<string, Field>> = {
  saddr: "original source",
  daddr: "original destination",
  "proto-src": "original source port",
  "proto-dst": "original destination port",
};

/** With a direction it is a property of the connection: of its first packet, or of the answers (which is not known). */
function ofConnection(direction: string, key: string, family: string): Asked | null {
  const [, framed = family, name = ""] = /^(?:(ip6?) )?(\S+)$/.exec(key) ?? [];
  const field = ORIGINALS[name];
  if (direction !== "original" || field === undefined) return null;
  return asked([field], framed === "ip" || framed === "ip6" ? framed : undefined);
}

function asked(fields: readonly Field[], family?: "ip" | "ip6", implied: readonly Match[] = []): Asked {
  return { fields, mask: null, family, implied };
}

function payloadOf(protocol: string, name: string): Asked | null {
  const field = PAYLOADS[`${protocol} ${name}`];
  if (field !== undefined && protocol === "arp") return asked([field], undefined, [OF_ARP]);
  if (field !== undefined) return asked([field], protocol === "ether" ? undefined : protocol === "ip6" ? "ip6" : "ip");
  const implied = protocol === "th" ? [] : [isProtocol(protocol)];
  if (WITH_PORTS.has(protocol) && (name === "sport" || name === "dport"))
    return asked([name === "sport" ? "source port" : "destination port"], undefined, implied);
  if (protocol === "tcp" && name === "flags") return asked(["tcp flags"], undefined, implied);
  if (protocol === "icmp" && name === "type") return asked(["icmp type"], "ip", [isProtocol("icmp")]);
  if (protocol === "icmpv6" && name === "type") return asked(["icmp type"], "ip6", [isProtocol("icmpv6")]);
  return null;
}

function fibOf(result: string, flags: readonly string[]): Asked | null {
  const of = flags.toSorted().join(" ");
  if (result === "oif" || result === "check") {
    if (of === "iif saddr") return asked(["return path"]);
    return of === "saddr" ? asked(["return path by any device"]) : null;
  }
  // With a device among the flags it is another question: local on that device.
  if (of === "daddr iif" && result === "type") return asked(["destination type on its device"]);
  if (result !== "type" || flags.length !== 1) return null;
  if (flags[0] === "daddr") return asked(["destination type"]);
  return flags[0] === "saddr" ? asked(["source type"]) : null;
}

const OF_ARP: Match = { kind: "field", fields: ["family"], not: false, any: [[{ word: "arp" }]] };

function isProtocol(name: string): Match {
  return { kind: "field", fields: ["protocol"], not: false, any: [[{ word: protocolName(name) }]] };
}

function maskOf(value: Json | undefined): bigint | null {
  const text = textOf(value);
  const number = numberOf(text) ?? macNumber(text);
  if (number !== null) return number;
  const address = addressValue(text);
  return address !== null && "from" in address.value ? address.value.from : null;
}

/** The names of `"syn"`, `["syn","ack"]` or `{"|": ["syn","ack"]}`. */
function namesIn(value: Json | undefined): string[] {
  const [kind, body] = taggedOf(value);
  if (kind === "|") return listOf(body).flatMap(namesIn);
  if (isList(value)) return value.flatMap(namesIn);
  return [textOf(value)];
}

/** One value for one field; null when it can't be read. */
function fieldValue(value: Json | undefined, field: Field): Value | null {
  const [kind, body] = taggedOf(value);
  if (kind === "prefix") {
    const { addr, len } = objectOf(body);
    return addressValue(`${textOf(addr)}/${textOf(len)}`)?.value ?? null;
  }
  if (kind === "range") {
    const [from, to] = listOf(body).map((end) => fieldValue(end, field));
    return from && to && "from" in from && "from" in to ? { from: from.from, to: to.to } : null;
  }
  // `oif missing` is printed as false, or as device 0.
  if (field === "return path" || field === "return path by any device")
    return typeof value === "boolean" || value === 0 ? { word: value === true ? "kept" : "missing" } : null;
  if (field === "ipsec") return typeof value === "boolean" ? { word: value ? "ipsec" : "none" } : null;
  const text = textOf(value);
  if (text === "") return null;
  if (text === "*") return { word: "*" };
  switch (field) {
    case "source address":
    case "destination address":
    case "original source":
    case "original destination":
      return addressValue(text)?.value ?? null;
    case "icmp type": {
      const type = icmpType(text, "ip") ?? icmpType(text, "ip6");
      return type === null ? null : { from: type, to: type };
    }
    case "source mac":
      return macValue(text);
    case "source port":
    case "destination port":
    case "original source port":
    case "original destination port":
    case "length":
    case "mss":
    case "ttl":
    case "dscp":
    case "fragment":
    case "owner":
    case "mark":
    case "connection mark": {
      const number = numberOf(text) ?? SERVICES[text] ?? null;
      return number === null ? null : { from: number, to: number };
    }
    case "tcp flags": {
      const bits = tcpFlags(namesIn(value));
      return bits === null ? null : { from: bits, to: bits };
    }
    case "packet type":
      return { word: text === "host" ? "unicast" : text };
    case "family":
      return { word: FAMILIES[text] ?? text };
    case "protocol":
      return { word: protocolName(text) };
    default:
      return {
        word:
          text.toLowerCase() === text || field === "in device" || field === "out device" ? text : text.toLowerCase(),
      };
  }
}

const FAMILIES: Readonly<Record<string, string>> = {
  ipv4: "ip",
  ipv6: "ip6",
  "0x0800": "ip",
  "0x0806": "arp",
  "0x86dd": "ip6",
};

/** nft prints numbers, but for a few versions that print some ports by name. */
const SERVICES: Readonly<Record<string, bigint>> = { ssh: 22n, domain: 53n, http: 80n, https: 443n };

/**
 * The elements of a set, a list in braces, or a single value, for these fields.
 * @returns null when one of them can't be read
 */
export function elementsOf(value: Json | undefined, fields: readonly Field[]): Elements | null {
  const elements: (readonly Value[])[] = [];
  for (const item of listOf(value)) {
    const element = elementOf(item, fields);
    if (element === null) return null;
    elements.push(element);
  }
  return elements;
}

/** One element, with or without the frame that holds its timeout or counter. */
export function elementOf(item: Json | undefined, fields: readonly Field[]): readonly Value[] | null {
  const [kind, body] = taggedOf(item);
  if (kind === "elem") return elementOf(objectOf(body).val, fields);
  const parts = kind === "concat" ? listOf(body) : [item];
  if (parts.length !== fields.length) return null;
  const values = parts.map((part, index) => {
    const field = fields[index];
    return field === undefined ? null : fieldValue(part, field);
  });
  const known = values.filter((each) => each !== null);
  return known.length === values.length ? known : null;
}

/** Types of sets → fields, for the elements of a named set that is read before anything asks for it. */
const SET_TYPES: Readonly<Record<string, Field>> = {
  ether_addr: "source mac",
  ipv4_addr: "destination address",
  ipv6_addr: "destination address",
  inet_proto: "protocol",
  inet_service: "destination port",
  ifname: "in device",
  iface_index: "in device",
  mark: "mark",
  ct_state: "connection state",
  nf_proto: "family",
  icmp_type: "icmp type",
  icmpv6_type: "icmp type",
};

/** The fields of a set's type, any side of them; null when one is unknown. */
export function fieldsOfType(type: Json | undefined): readonly Field[] | null {
  const known = listOf(type).map((name) => SET_TYPES[textOf(name)]);
  const fields = known.filter((field) => field !== undefined);
  return fields.length === known.length && fields.length > 0 ? fields : null;
}

/**
 * The steps of a `match` statement: what it implies, then the comparison. Where that is not known, what it implies still
 * is: a property of ICMPv6 is asked of no other packet.
 */
export function matchSteps(body: Json): readonly Match[] {
  const known = knownMatch(body);
  if (known !== null) return known;
  const text = JSON.stringify({ match: body });
  const { left, right } = objectOf(body);
  const [kind, inner] = taggedOf(left);
  if (kind === "payload" && isOfAllArp(objectOf(inner), right)) return [OF_ARP];
  const protocol = textOf(objectOf(inner).protocol);
  const implied =
    kind === "tcp option"
      ? [isProtocol("tcp")]
      : kind === "payload" && OF_PROTOCOL.has(protocol)
        ? [isProtocol(protocol)]
        : kind === "payload" && protocol === "vlan"
          ? [TAGGED]
          : [];
  const isSome = isByChance(kind, textOf(objectOf(inner).key));
  return [...implied, isSome ? { kind: "some", text, drawn: kind === "numgen" } : { kind: "unknown", text }];
}

/** arptables asks first whether it is ARP between Ethernet's and IPv4's addresses: what else there is nobody has. */
function isOfAllArp({ protocol, field }: Readonly<Record<string, Json>>, right: Json | undefined): boolean {
  const lengths: Readonly<Record<string, number>> = { htype: 1, hlen: 6, plen: 4 };
  return protocol === "arp" && lengths[textOf(field)] === right;
}

/** What one packet says nothing of: a number that is drawn, a part of all addresses, the hour. */
function isByChance(kind: string, key: string): boolean {
  return ["numgen", "jhash", "symhash"].includes(kind) || (kind === "meta" && ["hour", "day", "time"].includes(key));
}

/** Frames with a VLAN's tag are of a family of their own: none of our packets. */
const TAGGED: Match = { kind: "field", fields: ["family"], not: false, any: [[{ word: "vlan" }]] };

const OF_PROTOCOL = new Set(["tcp", "udp", "icmp", "icmpv6", "sctp", "dccp", "udplite", "esp", "ah"]);

/** null when this reader does not know it. */
function knownMatch(body: Json): readonly Match[] | null {
  const { op, left, right } = objectOf(body);
  const question = askedOf(left);
  const operator = textOf(op);
  if (question === null) return null;
  const { fields, mask, family, implied } = question;
  const [field] = fields;
  const framed = family === undefined ? {} : { family };
  if (typeof right === "string" && right.startsWith("@"))
    return mask !== null || (operator !== "==" && operator !== "!=" && operator !== "in")
      ? null
      : [...implied, { kind: "set", fields, not: operator === "!=", set: right.slice(1), ...framed }];
  const made = comparison(operator, right, fields, mask);
  if (made === null || field === undefined) return null;
  return [...implied, { kind: "field", fields, ...made, ...framed }];
}

const MOST = (1n << 128n) - 1n;

function comparison(
  operator: string,
  right: Json | undefined,
  fields: readonly Field[],
  mask: bigint | null,
): { readonly not: boolean; readonly any: Elements } | null {
  const [field] = fields;
  if (field === undefined) return null;
  const not = operator === "!=";
  if (field === "tcp flags") {
    const bits = tcpFlags(namesIn(right));
    if (bits === null) return null;
    if (mask !== null) return { not, any: [[{ mask, bits }]] };
    // Without a mask `==` compares all of them, `in` asks whether any is set.
    return operator === "in" ? { not: false, any: [[{ anyOf: bits }]] } : { not, any: [[{ from: bits, to: bits }]] };
  }
  if (mask !== null) {
    const value = fieldValue(right, field) ?? (maskOf(right) === null ? null : { from: maskOf(right) ?? 0n, to: 0n });
    return value === null || !("from" in value) ? null : { not, any: [[{ mask, bits: value.from }]] };
  }
  const [kind, body] = taggedOf(right);
  const any = elementsOf(kind === "set" ? body : right, fields);
  if (any === null) return null;
  const first = any[0]?.[0];
  switch (operator) {
    case "==":
    case "!=":
    case "in":
      return { not, any };
    case "<":
    case ">":
    case "<=":
    case ">=": {
      if (first === undefined || !("from" in first)) return null;
      if (operator === "<") return { not: true, any: [[{ from: first.from, to: MOST }]] };
      if (operator === "<=") return { not: false, any: [[{ from: 0n, to: first.from }]] };
      if (operator === ">") return { not: true, any: [[{ from: 0n, to: first.from }]] };
      return { not: false, any: [[{ from: first.from, to: MOST }]] };
    }
    default:
      return null;
  }
}
