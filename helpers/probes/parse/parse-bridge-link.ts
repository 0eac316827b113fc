import { addressIn, isMac } from "./address-text.ts";
import { type LinkName, splitLinkName } from "./link-name.ts";
import { UnreadableOutput } from "./unreadable-output.ts";
import { Words } from "./words.ts";

/** One port of a bridge, by `bridge link`. Its `peerName` is not to be trusted, see {@link LinkName}. */
export interface BridgePort extends LinkName {
  readonly index: number;
  readonly flags: readonly string[];
  /** Bytes. */
  readonly mtu: number;
  /** The bridge. */
  readonly master: string;
  readonly state: "disabled" | "listening" | "learning" | "forwarding" | "blocking";
  readonly priority: number;
  readonly cost: number;
}

/** One entry of `bridge fdb show`. */
export interface ForwardingEntry {
  readonly mac: string;
  readonly interface: string;
  /** The bridge whose table it stands in; absent for entries of the interface itself. */
  readonly master?: string;
  readonly vlan?: number;
  /** VXLAN: the machine behind which the MAC is. */
  readonly destination?: string;
  /** `self`, `permanent`, `static`, `extern_learn`, `offload`, `sticky`, `stale`… */
  readonly flags: readonly string[];
}

const PORT_STATES: ReadonlySet<string> = new Set(["disabled", "listening", "learning", "forwarding", "blocking"]);
const ENTRY_FLAGS = new Set([
  "self",
  "permanent",
  "static",
  "stale",
  "extern_learn",
  "offload",
  "sticky",
  "router",
  "added_by_user",
  "locked",
  "dynamic",
]);

/**
 * Reads `bridge link` without `-d`. No ports give an empty list.
 * @throws UnreadableOutput
 */
export function parseBridgeLink(text: string): BridgePort[] {
  return linesOf(text).map((line) => {
    const match = /^(\d+): (\S+): <([^<>\s]*)>(.*)$/.exec(line);
    if (match === null) throw new UnreadableOutput("bridge link", line, "no line of a port");
    const [, index = "", name = "", flags = "", rest = ""] = match;
    const words = new Words("bridge link", line, rest);
    const value = (key: string): string =>
      words.take(key) === key ? words.take(key) : words.fail(`no ${key} at its place`);
    const mtu = words.toInteger(value("mtu"), "mtu");
    const master = value("master");
    const state = value("state");
    if (!PORT_STATES.has(state)) words.fail(`unknown state ${state}`);
    const priority = words.toInteger(value("priority"), "priority");
    const cost = words.toInteger(value("cost"), "cost");
    if (!words.done) words.fail("more attributes than expected");
    return {
      index: words.toInteger(index, "index"),
      ...splitLinkName(name),
      flags: flags === "" ? [] : flags.split(","),
      mtu,
      master,
      state: state as BridgePort["state"],
      priority,
      cost,
    };
  });
}

/**
 * Reads `bridge fdb show`, with or without `br …`. An empty table gives an empty list.
 * @throws UnreadableOutput
 */
export function parseBridgeFdb(text: string): ForwardingEntry[] {
  return linesOf(text).map((line) => {
    const words = new Words("bridge fdb", line);
    const mac = words.take("MAC address");
    if (!isMac(mac)) words.fail(`${mac} is no MAC address`);
    const found: { interface?: string; master?: string; vlan?: number; destination?: string } = {};
    const flags: string[] = [];
    while (!words.done) {
      const key = words.take("attribute");
      if (key === "dev") found.interface = words.take(key);
      else if (key === "master") found.master = words.take(key);
      else if (key === "vlan") found.vlan = words.integer(key);
      else if (key === "dst") found.destination = addressIn(words, words.take(key)).address;
      else if (ENTRY_FLAGS.has(key)) flags.push(key);
      else if (["vni", "src_vni", "port", "via", "link-netnsid", "nhid"].includes(key)) words.take(key);
      else words.fail(`unknown attribute ${key}`);
    }
    const { interface: device, ...rest } = found;
    return device === undefined ? words.fail("no interface") : { mac, interface: device, ...rest, flags };
  });
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}
