import type { Field, Place, Value } from "./model.ts";
import { addressNumber, macNumber, tcpFlags } from "./values.ts";

/** What a translation changes. */
type OriginalEnd = "source" | "destination" | "sourcePort" | "destinationPort";

/** A packet as a rule sees it. A property that is left out is not known; null says that the packet has none. */
export interface Packet {
  /** `arp` for the question or the answer who has an address: rules of bridges and of the family arp see it. */
  readonly family: "ip" | "ip6" | "arp";
  /** `icmp`, `icmpv6`, `tcp`, `udp`, …; `arp` where there is none. */
  readonly protocol: string;
  readonly source?: string;
  readonly destination?: string;
  readonly sourcePort?: number | null;
  readonly destinationPort?: number | null;
  /** The device it came in by; null for one that this host sends. */
  readonly inDevice?: string | null;
  /** The device it leaves by; null where that is not decided yet, or never is. */
  readonly outDevice?: string | null;
  readonly state?: "new" | "established" | "related" | "invalid" | "untracked";
  /** What its connection's first packet asked for, where that was translated since. */
  readonly original?: Readonly<Pick<Packet, OriginalEnd>>;
  /** The connection's addresses that were translated; empty for none. */
  readonly status?: readonly ("dnat" | "snat")[];
  readonly mark?: number;
  /** Not known, but that of a new connection is 0. */
  readonly connectionMark?: number;
  /** Of the IP packet, in bytes. */
  readonly length?: number;
  /** `["syn"]` */
  readonly tcpFlags?: readonly string[];
  readonly icmpType?: number;
  /** Of ARP: the question who has an address, or the answer. */
  readonly arpOperation?: "request" | "reply";
  readonly sourceType?: string;
  readonly destinationType?: string;
  /** Of its sender, in small letters; null for what this host sends. */
  readonly sourceMac?: string | null;
  /** Hops that are left. */
  readonly ttl?: number;
  /** From port to port of one bridge: it is not routed. */
  readonly bridged?: boolean;
  /** The device by which this host's routes lead to its source; null where none does. */
  readonly returnDevice?: string | null;
  /** Of connections; 0 where no rule chose one. */
  readonly zone?: number;
  /** The zone that the connection of an answer is in. */
  readonly zoneOfConnection?: number;
  /** Rules that have altered what decides later on. */
  readonly alteredBy?: Readonly<Partial<Record<"untrack" | "zone" | "ttl", Place>>>;
}

/** Hops that Linux gives what it sends. */
export const HOPS = 64;

/** What a packet says of one property: its values (several states of a connection), that it has none, or that it is not known. */
export type Said = readonly (bigint | string)[] | "none" | "unknown";

/** Bytes that every network carries in one piece, but for tunnels. */
const WHOLE = 1280;
/** Of IPv4 over links of 1500 bytes: what nearly everybody beyond this host offers. */
const USUAL_MSS = 1460n;
const HAVE_PORTS = new Set(["tcp", "udp", "sctp", "dccp", "udplite"]);

/** What was read of the packet that was asked last: thousands of rules ask the same of one. */
let last: { readonly packet: Packet; readonly read: Partial<Record<Field, Said>> } | null = null;

/** Reads one property of a packet. */
export function saidBy(packet: Packet, field: Field): Said {
  if (last?.packet !== packet) last = { packet, read: {} };
  const said = last.read[field] ?? readField(packet, field);
  last.read[field] = said;
  return said;
}

function readField(packet: Packet, field: Field): Said {
  switch (field) {
    case "family":
      return [packet.family];
    case "protocol":
      return [packet.protocol];
    case "source address":
    case "destination address":
      return addressSaid(field === "source address" ? packet.source : packet.destination);
    case "source port":
    case "destination port": {
      if (!HAVE_PORTS.has(packet.protocol)) return "none";
      return numberSaid(field === "source port" ? packet.sourcePort : packet.destinationPort);
    }
    case "original source":
    case "original destination": {
      const first = originalOf(packet);
      return addressSaid(field === "original source" ? first.source : first.destination);
    }
    case "original source port":
    case "original destination port": {
      if (!HAVE_PORTS.has(packet.protocol)) return "none";
      const first = originalOf(packet);
      return numberSaid(field === "original source port" ? first.sourcePort : first.destinationPort);
    }
    case "in device":
    case "out device": {
      const device = field === "in device" ? packet.inDevice : packet.outDevice;
      return device === undefined ? "unknown" : device === null ? "none" : [device];
    }
    case "connection state":
      return packet.state === undefined ? "unknown" : [packet.state];
    case "connection status":
      return packet.status === undefined ? "unknown" : packet.status.length === 0 ? "none" : packet.status;
    case "mark":
      return numberSaid(packet.mark);
    case "connection mark":
      return packet.connectionMark === undefined && packet.state === "new" ? [0n] : numberSaid(packet.connectionMark);
    case "length":
      return numberSaid(packet.length);
    case "mss": {
      if (packet.protocol !== "tcp") return "none";
      if (packet.tcpFlags === undefined) return "unknown";
      return packet.tcpFlags.includes("syn") ? [packet.family === "ip" ? USUAL_MSS : USUAL_MSS - 20n] : "none";
    }
    case "tcp flags": {
      if (packet.protocol !== "tcp") return "none";
      const bits = packet.tcpFlags === undefined ? null : tcpFlags(packet.tcpFlags);
      return bits === null ? "unknown" : [bits];
    }
    case "icmp type":
      return packet.protocol === "icmp" || packet.protocol === "icmpv6" ? numberSaid(packet.icmpType) : "none";
    case "source type":
      return typeSaid(packet.sourceType, packet.source);
    case "destination type":
      return typeSaid(packet.destinationType, packet.destination);
    case "destination type on its device": {
      const type = typeSaid(packet.destinationType, packet.destination);
      if (type === "unknown" || !type.includes("local") || packet.inDevice === null) return type;
      // Of which device is known of the loopback alone.
      if (packet.inDevice !== "lo") return "unknown";
      return [packet.destination === "::1" || packet.destination?.startsWith("127.") ? "local" : "unicast"];
    }
    case "source mac":
      return packet.sourceMac === null ? "none" : numbered(macNumber(packet.sourceMac ?? ""));
    case "ttl":
      return numberSaid(packet.ttl);
    case "direction":
      return packet.state === "new" ? ["original"] : packet.state === "established" ? ["reply"] : "unknown";
    case "owner":
      // What this host sends itself, its engine and our probes do, as root.
      return packet.inDevice === undefined ? "unknown" : packet.inDevice === null ? [0n] : "none";
    case "bridged":
      return packet.bridged === undefined ? "unknown" : [packet.bridged ? "yes" : "no"];
    case "return path":
    case "return path by any device":
      return returnSaid(packet, field === "return path by any device");
    case "packet type":
      return [/^(22[4-9]|23\d)\./.test(packet.destination ?? "") ? "multicast" : "unicast"];
    case "arp operation":
      return packet.family !== "arp" ? "none" : packet.arpOperation === undefined ? "unknown" : [packet.arpOperation];
    case "dscp":
      return [0n];
    case "fragment":
      return packet.length !== undefined && packet.length <= WHOLE ? [0n] : "unknown";
    case "ipsec":
      return ["none"];
  }
}

/** What a connection's first packet asked for. Of an answer it is not known, but where a translation has kept it. */
export function originalOf(packet: Packet): NonNullable<Packet["original"]> {
  if (packet.original !== undefined || packet.state !== "new") return packet.original ?? {};
  const { source, destination, sourcePort, destinationPort } = packet;
  return {
    ...(source === undefined ? {} : { source }),
    ...(destination === undefined ? {} : { destination }),
    ...(sourcePort === undefined ? {} : { sourcePort }),
    ...(destinationPort === undefined ? {} : { destinationPort }),
  };
}

function returnSaid({ inDevice, returnDevice }: Packet, byAny: boolean): Said {
  if (inDevice === null) return ["kept"];
  if (returnDevice === undefined || inDevice === undefined) return "unknown";
  return [returnDevice !== null && (byAny || returnDevice === inDevice) ? "kept" : "missing"];
}

function numberSaid(value: number | null | undefined): Said {
  return value === undefined ? "unknown" : value === null ? "none" : [BigInt(value)];
}

function numbered(value: bigint | null): Said {
  return value === null ? "unknown" : [value];
}

function addressSaid(text: string | undefined): Said {
  return numbered(text === undefined ? null : (addressNumber(text)?.value ?? null));
}

function typeSaid(type: string | undefined, address: string | undefined): Said {
  if (type !== undefined) return [type];
  if (address === undefined) return "unknown";
  if (/^127\./.test(address) || address === "::1") return ["local"];
  if (/^(22[4-9]|23\d)\./.test(address) || /^ff/i.test(address)) return ["multicast"];
  return address === "255.255.255.255" ? ["broadcast"] : "unknown";
}

/** Whether one thing that a packet says is what a value asks for. */
export function meets(said: bigint | string, value: Value): boolean {
  if ("word" in value) {
    if (value.word.endsWith("*"))
      return typeof said === "string" ? said.startsWith(value.word.slice(0, -1)) : value.word === "*";
    return said === value.word;
  }
  if (typeof said === "string") return false;
  if ("mask" in value) return (said & value.mask) === value.bits;
  if ("anyOf" in value) return (said & value.anyOf) !== 0n;
  return value.from <= said && said <= value.to;
}
