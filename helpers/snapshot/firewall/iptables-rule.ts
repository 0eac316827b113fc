import type { Action, Field, Match, Step, Value } from "./model.ts";
import { addressValue, icmpType, numberOf, protocolName, rangeOf, tcpFlags } from "./values.ts";

type Family = "ip" | "ip6";

const PORTS = 0xffffn;
const LENGTHS = 0xffffffffn;
const HOPS = 255n;

/** Options of matches that let a packet through by time or chance. */
const BY_CHANCE = new Set([
  "limit",
  "hashlimit",
  "statistic",
  "quota",
  "recent",
  "connlimit",
  "rateest",
  "nth",
  "random",
  "time",
  "connbytes",
]);

/** Targets after which the packet goes on with the next rule. */
const GOES_ON = new Set([
  ..."LOG NFLOG ULOG TRACE TCPMSS TOS DSCP CHECKSUM CLASSIFY SET AUDIT TEE SECMARK CONNSECMARK IDLETIMER LED".split(
    " ",
  ),
  ..."RATEEST ECN TCPOPTSTRIP DNPT SNPT HMARK".split(" "),
]);

/** An option with the words that follow it. */
interface Option {
  readonly name: string;
  readonly not: boolean;
  readonly values: readonly string[];
  /** The module it belongs to: the last `-m` before it, or the protocol's. */
  readonly module: string;
}

/**
 * The steps of one rule of iptables. What is not known becomes an unknown match, never nothing.
 * @param args the words behind `-A CHAIN`
 * @param chains the table's chains, to which a target may jump
 */
export function iptablesSteps(args: readonly string[], family: Family, chains: readonly string[]): Step[] {
  const options = optionsOf(args);
  const at = options.findIndex(({ name }) => name === "-j" || name === "-g");
  const conditions = at < 0 ? options : options.slice(0, at);
  const target = at < 0 ? undefined : options[at];
  const steps: Step[] = [];
  const told = new Set<string>();
  for (const option of conditions) {
    if (option.name === "-m" && option.module === "rpfilter") {
      const own = conditions.filter(({ module }) => module === "rpfilter").map(({ name }) => name);
      const path = own.includes("--loose") ? "return path by any device" : "return path";
      steps.push({ kind: "field", fields: [path], not: own.includes("--invert"), any: [[{ word: "kept" }]] });
    }
    if (option.name === "-m" || option.module === "rpfilter") continue;
    if (BY_CHANCE.has(option.module) && option.name.startsWith("--")) {
      // Several options say one thing: limit and its burst.
      if (told.has(option.module)) continue;
      told.add(option.module);
      steps.push({ kind: "some", text: textOf(conditions.filter(({ module }) => module === option.module)) });
    } else steps.push(...matchOf(option, family));
  }
  if (target !== undefined) steps.push(actionOf(target, options.slice(at + 1), chains));
  return steps;
}

const SHORT: Readonly<Record<string, string>> = {
  "--source": "-s",
  "--destination": "-d",
  "--in-interface": "-i",
  "--out-interface": "-o",
  "--protocol": "-p",
  "--jump": "-j",
  "--goto": "-g",
  "--match": "-m",
};

function optionsOf(args: readonly string[]): Option[] {
  const options: { name: string; not: boolean; values: string[]; module: string }[] = [];
  let not = false;
  let module = "";
  for (const word of args) {
    if (word === "!") {
      not = true;
    } else if (/^--?[a-z]/i.test(word) && !isNegativeNumber(word)) {
      const name = SHORT[word] ?? word;
      options.push({ name, not, values: [], module });
      not = false;
    } else {
      const last = options.at(-1);
      if (last === undefined) continue;
      last.values.push(word);
      if (last.name === "-m") {
        module = word;
        last.module = word;
      }
    }
  }
  return options;
}

function isNegativeNumber(word: string): boolean {
  return /^-\d/.test(word);
}

function textOf(options: readonly Option[]): string {
  return options.map(({ name, not, values }) => `${not ? "! " : ""}${[name, ...values].join(" ")}`).join(" ");
}

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

function matchOf(option: Option, family: Family): Match[] {
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
    case "--ctstate":
    case "--state":
      return stateMatch(list, not);
    case "--ctstatus":
      return field("connection status", words(list.map((status) => status.toLowerCase())), not);
    case "--mark":
      return markMatch(first, module === "connmark" ? "connection mark" : "mark", not);
    case "--length":
      return module === "length" ? field("length", [rangeOf(first, LENGTHS)], not) : null;
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
      return field("source mac", words([first.toLowerCase()]), not);
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

function actionOf(target: Option, options: readonly Option[], chains: readonly string[]): Action {
  const [name = ""] = target.values;
  const value = (wanted: string): string | undefined => options.find((option) => option.name === wanted)?.values[0];
  const text = textOf([target, ...options]);
  if (chains.includes(name)) return { kind: target.name === "-g" ? "goto" : "jump", chain: name };
  switch (name) {
    case "ACCEPT":
      return { kind: "accept" };
    case "DROP":
      return { kind: "drop" };
    case "RETURN":
      return { kind: "return" };
    case "REJECT":
      return { kind: "reject", how: value("--reject-with") ?? "" };
    case "QUEUE":
    case "NFQUEUE": {
      const [first = 0, last = first] = (value("--queue-balance") ?? value("--queue-num") ?? "0")
        .split(":")
        .map(Number);
      return { kind: "queue", first, last, bypass: options.some((option) => option.name === "--queue-bypass") };
    }
    case "DNAT":
    case "SNAT":
      return {
        kind: name === "DNAT" ? "dnat" : "snat",
        ...endpointOf(value(name === "DNAT" ? "--to-destination" : "--to-source")),
      };
    case "MASQUERADE":
      return { kind: "masquerade", address: null, port: null };
    case "REDIRECT":
      return { kind: "redirect", address: null, port: singleNumber(value("--to-ports")) };
    case "NOTRACK":
      return { kind: "untrack" };
    case "CT": {
      if (options.some((option) => option.name === "--notrack")) return { kind: "untrack" };
      const zone = singleNumber(value("--zone"));
      return zone === null ? { kind: "passes on", text } : { kind: "zone", zone };
    }
    case "TTL":
    case "HL":
      return hopsAction(options, text);
    case "TPROXY":
      return { kind: "take", surely: true, text };
    case "MARK":
    case "CONNMARK":
      return markAction(name === "MARK" ? "mark" : "connection mark", options);
    default:
      return GOES_ON.has(name) ? { kind: "passes on", text } : { kind: "unknown action", text };
  }
}

function singleNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

/** `172.17.0.2:80`, `[fd00::2]:80`, `172.17.0.2`, `:80`; null for what is a range. */
function endpointOf(text = ""): { readonly address: string | null; readonly port: number | null } {
  const [, v6, v6port] = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? [];
  if (v6 !== undefined) return { address: v6, port: singleNumber(v6port) };
  const [address = "", port] = (text.match(/:/g) ?? []).length > 1 ? [text] : text.split(":");
  return {
    address: addressValue(address) === null || address.includes("-") ? null : address,
    port: singleNumber(port),
  };
}

function hopsAction(options: readonly Option[], text: string): Action {
  for (const { name, values } of options) {
    const value = singleNumber(values[0]);
    const [, what] = /^--(?:ttl|hl)-(set|inc|dec)$/.exec(name) ?? [];
    if (value !== null && what !== undefined)
      return what === "set"
        ? { kind: "ttl", by: "set", value }
        : { kind: "ttl", by: "add", value: what === "inc" ? value : -value };
  }
  return { kind: "passes on", text };
}

function markAction(which: "mark" | "connection mark", options: readonly Option[]): Action {
  for (const { name, values } of options) {
    const [bits, mask = 0xffffffffn] = (values[0] ?? "").split("/").map(numberOf);
    if (bits === undefined || bits === null || mask === null) continue;
    if (name === "--set-xmark") return { kind: "mark", which, clear: mask, set: bits };
    // --set-mark value/mask: new = (old & ~mask) | value
    if (name === "--set-mark") return { kind: "mark", which, clear: mask | bits, set: bits };
    if (name === "--or-mark") return { kind: "mark", which, clear: bits, set: bits };
    if (name === "--and-mark") return { kind: "mark", which, clear: 0xffffffffn ^ bits, set: 0n };
    if (name === "--xor-mark") return { kind: "mark", which, clear: 0n, set: bits };
  }
  // --save-mark changes the connection's, --restore-mark the packet's, from the other one.
  const restores = options.some(({ name }) => name === "--restore-mark");
  return { kind: "mark unknown", which: restores ? "mark" : which };
}
