import { addressIn, isMac } from "./address-text.ts";
import { Words } from "./words.ts";

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
