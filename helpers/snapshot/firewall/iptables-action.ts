import { isUnspecified } from "../../model/address.ts";
import { type Option, textOf } from "./iptables-options.ts";
import { type Action, oneOf, type Translation } from "./model.ts";
import { addressValue, numberOf } from "./values.ts";

/** Targets after which the packet goes on with the next rule. */
const GOES_ON = new Set([
  ..."LOG NFLOG ULOG TRACE TCPMSS TOS DSCP CHECKSUM CLASSIFY SET AUDIT TEE SECMARK CONNSECMARK IDLETIMER LED".split(
    " ",
  ),
  ..."RATEEST ECN TCPOPTSTRIP DNPT SNPT HMARK".split(" "),
]);

/**
 * What a rule does.
 * @param target its `-j` or `-g` @param options those of the target @param chains the table's chains, to which it may jump
 */
export function actionOf(target: Option, options: readonly Option[], chains: readonly string[]): Action {
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
      return { kind: "redirect", ...endpointOf(`:${value("--to-ports") ?? ""}`) };
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
      return { kind: "take", surely: true, at: listenerOf(value("--on-ip"), value("--on-port")), text };
    case "MARK":
    case "CONNMARK":
      return markAction(name === "MARK" ? "mark" : "connection mark", options);
    default:
      return GOES_ON.has(name) ? { kind: "passes on", text } : { kind: "unknown action", text };
  }
}

const MARK_BITS = 0xffffffffn;

function singleNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

/** Without an address it is one of the device that the packet comes in by. */
function listenerOf(address = "", text?: string): Extract<Action, { kind: "take" }>["at"] {
  const port = singleNumber(text);
  return port === null ? null : { address: address === "" || isUnspecified(address) ? null : address, port };
}

/** `172.17.0.2:80`, `[fd00::2]:80`, `172.17.0.2`, `:80`; a range is one of several. */
function endpointOf(text = ""): Omit<Translation, "kind"> {
  const [, v6, v6port = ""] = /^\[([^\]]+)\](?::([\d-]+))?$/.exec(text) ?? [];
  const [plain = "", plainPort = ""] = (text.match(/:/g) ?? []).length > 1 ? [text] : text.split(":");
  const [address, port] = v6 === undefined ? [plain, plainPort] : [v6, v6port];
  return {
    address: addressValue(address) === null || address.includes("-") ? null : address,
    port: singleNumber(port),
    ...oneOf({ address: address.includes("-"), port: port.includes("-") }),
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
    const [bits, mask = MARK_BITS] = (values[0] ?? "").split("/").map(numberOf);
    if (bits === undefined || bits === null || mask === null) continue;
    if (name === "--set-xmark") return { kind: "mark", which, clear: mask, set: bits };
    // --set-mark value/mask: new = (old & ~mask) | value
    if (name === "--set-mark") return { kind: "mark", which, clear: mask | bits, set: bits };
    if (name === "--or-mark") return { kind: "mark", which, clear: bits, set: bits };
    if (name === "--and-mark") return { kind: "mark", which, clear: MARK_BITS ^ bits, set: 0n };
    if (name === "--xor-mark") return { kind: "mark", which, clear: 0n, set: bits };
  }
  const maskOf = (wanted: string): bigint | null =>
    numberOf(options.find(({ name }) => name === wanted)?.values[0] ?? `0x${MARK_BITS.toString(16)}`);
  const masks = { packets: maskOf("--nfmask"), connections: maskOf("--ctmask") };
  const restores = options.some(({ name }) => name === "--restore-mark");
  const copies = restores || options.some(({ name }) => name === "--save-mark");
  const changed = restores ? "mark" : which;
  if (!copies || masks.packets === null || masks.connections === null) return { kind: "mark unknown", which: changed };
  // --save-mark changes the connection's, --restore-mark the packet's, from the other one.
  return restores
    ? { kind: "mark copied", which: changed, clear: masks.packets, taken: masks.connections }
    : { kind: "mark copied", which: changed, clear: masks.connections, taken: masks.packets };
}
