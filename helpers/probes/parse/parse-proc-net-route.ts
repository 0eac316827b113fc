import { addressOfBytes, bytesOfWords, hexNumber } from "./kernel-hex.ts";
import { UnreadableOutput } from "./unreadable-output.ts";
import { Words } from "./words.ts";

/** One IPv4 route of the main table. */
export interface KernelRoute {
  /** `*` for routes without one (unreachable, blackhole, prohibit). */
  readonly interface: string;
  readonly destination: string;
  readonly prefix: number;
  readonly gateway: string | null;
  readonly metric: number;
  /** RTF_UP, RTF_GATEWAY, RTF_HOST and RTF_REJECT; a blackhole has no RTF_REJECT, only the interface `*`. */
  readonly flags: { readonly up: boolean; readonly gateway: boolean; readonly host: boolean; readonly reject: boolean };
}

const PARSER = "/proc/net/route";

/**
 * Reads /proc/net/route: the main table, IPv4, at most one next hop per route. A multipath route shows its first.
 * @throws UnreadableOutput also for empty text: the kernel always prints the column names
 */
export function parseProcNetRoute(text: string): KernelRoute[] {
  const [header = "", ...lines] = text.split("\n");
  if (!/^Iface\s+Destination\s+Gateway\s+Flags\s/.test(header))
    throw new UnreadableOutput(PARSER, header, "no column names");
  return lines.filter((line) => line.trim() !== "").map(readRoute);
}

function readRoute(line: string): KernelRoute {
  const words = new Words(PARSER, line);
  const device = words.take("interface");
  const destination = addressOfBytes(bytesOfWords(words, words.take("destination"), 4));
  const gateway = addressOfBytes(bytesOfWords(words, words.take("gateway"), 4));
  const bits = hexNumber(words, words.take("flags"), "flags");
  words.integer("reference count");
  words.integer("use count");
  const metric = words.integer("metric");
  const mask = bytesOfWords(words, words.take("mask"), 4)
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  if (!/^1*0*$/.test(mask)) words.fail("the mask has holes");
  const flags = {
    up: (bits & 0x1) !== 0,
    gateway: (bits & 0x2) !== 0,
    host: (bits & 0x4) !== 0,
    reject: (bits & 0x200) !== 0,
  };
  return {
    interface: device,
    destination,
    prefix: mask.replaceAll("0", "").length,
    gateway: flags.gateway ? gateway : null,
    metric,
    flags,
  };
}
