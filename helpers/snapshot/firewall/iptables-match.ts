import { type Option, textOf } from "./iptables-options.ts";
import type { Field, Match, Value } from "./model.ts";
import { addressValue, icmpType, macValue, numberOf, protocolName, rangeOf, tcpFlags } from "./values.ts";

type Family = "ip" | "ip6";

const PORTS = 0xffffn;
const LENGTHS = 0xffffffffn;
const HOPS = 255n;

function field(name: Field, values: readonly (Value | null)[], not: boolean, family?: Family): Match | null {
  const known = values.filter((value) => value !== null);
  if (known.length !== values.length || values.length === 0) return null;
  return {
    kind: "field",
    fields: [name],
    not,
    any: known.map((value) => [value]),
    ...(family === undefined ? {} : { family }),
  };
}

function words(texts: readonly string[]): Value[] {
  return texts.map((word) => ({ word }));
}

/** What one option of a rule asks for. What is not known becomes an unknown match, never nothing. */
export function matchOf(option: Option, family: Family): Match[] {
  const known = knownMatch(option, family);
  if (known === "nothing") return [];
  return [known ?? { kind: "unknown", text: textOf([option]) }];
}

/** What an option asks for; null when this reader does not know it, "nothing" when it asks for nothing. */
function knownMatch(option: Option, family: Family): Match | "nothing" | null {
  const { name, not, values, module } = option;
  const [first = ""] = values;
  const list = first.split(",");
  switch (name) {
    case "-s":
    case "-d":
      return field(
        name === "-s" ? "source address" : "destination address",
        list.map((text) => addressValue(text)?.value ?? null),
        not,
        family,
      );
    case "--src-range":
    case "--dst-range":
      return field(
        name === "--src-range" ? "source address" : "destination address",
        [addressValue(first)?.value ?? null],
        not,
        family,
      );
    case "-i":
    case "-o":
      return field(name === "-i" ? "in device" : "out device", words([first.replace(/\+$/, "*")]), not);
    case "-p":
      return first === "all" || first === "0" ? "nothing" : field("protocol", words([protocolName(first)]), not);
    case "--sport":
    case "--source-port":
    case "--sports":
    case "--source-ports":
      return field(
        "source port",
        list.map((text) => rangeOf(text, PORTS)),
        not,
      );
    case "--dport":
    case "--destination-port":
    case "--dports":
    case "--destination-ports":
      return field(
        "destination port",
        list.map((text) => rangeOf(text, PORTS)),
        not,
      );
    case "--ports":
      return eitherPort(list, not);
    case "--ctstate":
    case "--state":
      return stateMatch(list, not);
    case "--ctstatus":
      return field("connection status", words(list.map((status) => status.toLowerCase())), not);
    case "--mark":
      return markMatch(first, module === "connmark" ? "connection mark" : "mark", not);
    case "--length":
      return module === "length" ? field("length", [rangeOf(first, LENGTHS)], not) : null;
    case "--mss":
      return field("mss", [rangeOf(first, PORTS)], not);
    case "--syn":
      return flagsMatch(["FIN,SYN,RST,ACK", "SYN"], not);
    case "--tcp-flags":
      return flagsMatch(values, not);
    case "--icmp-type":
    case "--icmpv6-type": {
      if (first === "any" || first === "255") return "nothing";
      const type = icmpType(first, name === "--icmp-type" ? "ip" : "ip6");
      return field("icmp type", [type === null ? null : { from: type, to: type }], not);
    }
    case "--src-type":
    case "--dst-type":
      return field(
        name === "--src-type" ? "source type" : "destination type",
        words(list.map((type) => type.toLowerCase())),
        not,
      );
    case "-f":
      return field("fragment", [{ from: 1n, to: LENGTHS }], not);
    case "--match-set":
      return setMatch(values, not, family);
    case "--mac-source":
      return field("source mac", [macValue(first)], not);
    case "--ttl-eq":
    case "--hl-eq":
      return field("ttl", [rangeOf(first, HOPS)], not);
    case "--ttl-lt":
    case "--hl-lt": {
      const most = numberOf(first);
      return field("ttl", [most === null || most === 0n ? null : { from: 0n, to: most - 1n }], not);
    }
    case "--ttl-gt":
    case "--hl-gt": {
      const least = numberOf(first);
      return field("ttl", [least === null ? null : { from: least + 1n, to: HOPS }], not);
    }
    case "--ctorigsrc":
    case "--ctorigdst":
      return field(
        name === "--ctorigsrc" ? "original source" : "original destination",
        [addressValue(first)?.value ?? null],
        not,
        family,
      );
    case "--ctorigsrcport":
    case "--ctorigdstport":
      return field(
        name === "--ctorigsrcport" ? "original source port" : "original destination port",
        [rangeOf(first, PORTS)],
        not,
      );
    case "--ctdir":
      return field("direction", words([first.toLowerCase()]), not);
    case "--uid-owner":
    case "--gid-owner":
      return field("owner", [rangeOf(first, LENGTHS, "-")], not);
    case "--socket-exists":
      return module === "owner" ? field("owner", [{ from: 0n, to: LENGTHS }], not) : null;
    case "--physdev-is-bridged":
      return field("bridged", words(["yes"]), not);
    case "--pkt-type":
      return field("packet type", words([first.toLowerCase()]), not);
    case "--dscp":
    case "--tos":
      return field(
        "dscp",
        [numberOf(first) === null ? null : { from: numberOf(first) ?? 0n, to: numberOf(first) ?? 0n }],
        not,
      );
    case "--pol":
      return field("ipsec", words([first.toLowerCase()]), not);
    case "--dir":
      return module === "policy" ? "nothing" : null;
    case "--comment":
      return "nothing";
    default:
      return null;
  }
}

/** A named set of ipset; its addresses and ports on the sides that the rule says. */
function setMatch([name = "", sides = ""]: readonly string[], not: boolean, family: Family): Match {
  return { kind: "ipset", set: name, sides: sides.split(","), not, family };
}

/** `DNAT` and `SNAT` are states to iptables and properties of the connection to the kernel. */
function stateMatch(list: readonly string[], not: boolean): Match | null {
  const states = list.map((state) => state.toLowerCase());
  if (states.every((state) => state === "dnat" || state === "snat"))
    return field("connection status", words(states), not);
  if (states.some((state) => state === "dnat" || state === "snat")) return null;
  return field("connection state", words(states), not);
}

/** One of these ports, on either side. */
function eitherPort(list: readonly string[], not: boolean): Match | null {
  const ports = list.map((text) => rangeOf(text, PORTS));
  const known = ports.filter((port) => port !== null);
  if (known.length !== ports.length) return null;
  const whichever = { from: 0n, to: PORTS };
  return {
    kind: "field",
    fields: ["source port", "destination port"],
    not,
    any: known.flatMap((port) => [
      [port, whichever],
      [whichever, port],
    ]),
  };
}

function markMatch(text: string, which: "mark" | "connection mark", not: boolean): Match | null {
  const [bits, mask] = text.split("/").map(numberOf);
  if (bits === undefined || bits === null || mask === null) return null;
  return field(which, [mask === undefined ? { from: bits, to: bits } : { mask, bits }], not);
}

function flagsMatch([looked = "", set = ""]: readonly string[], not: boolean): Match | null {
  const mask = tcpFlags(looked.split(","));
  const bits = tcpFlags(set.split(","));
  return mask === null || bits === null ? null : field("tcp flags", [{ mask, bits }], not);
}
