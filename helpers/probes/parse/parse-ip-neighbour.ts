import { addressIn, isMac } from "./address-text.ts";
import { Words } from "./words.ts";

/** One entry of the neighbour (ARP, NDP) table. */
export interface Neighbour {
  readonly address: string;
  readonly interface: string;
  /** Absent while or because nobody answered. */
  readonly mac?: string;
  /** Absent for proxy entries. */
  readonly state?: "NONE" | "INCOMPLETE" | "REACHABLE" | "STALE" | "DELAY" | "PROBE" | "FAILED" | "NOARP" | "PERMANENT";
  /** `router`, `proxy`, `extern_learn`… */
  readonly flags: readonly string[];
}

const PARSER = "ip neigh";
const STATES: ReadonlySet<string> = new Set([
  "NONE",
  "INCOMPLETE",
  "REACHABLE",
  "STALE",
  "DELAY",
  "PROBE",
  "FAILED",
  "NOARP",
  "PERMANENT",
]);
const FLAGS = new Set(["router", "proxy", "extern_learn", "offload", "managed", "extern_valid"]);

/**
 * Reads `ip neigh` of BusyBox (which adds use counters) and iproute2, without `-s`. An empty table gives an empty list.
 * @throws UnreadableOutput
 */
export function parseIpNeighbour(text: string): Neighbour[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const words = new Words(PARSER, line);
      const { address } = addressIn(words, words.take("address"));
      const found: { mac?: string; state?: NonNullable<Neighbour["state"]>; interface?: string } = {};
      const flags: string[] = [];
      while (!words.done) {
        const key = words.take("attribute");
        if (key === "dev") found.interface = words.take(key);
        else if (key === "lladdr") {
          const mac = words.take(key);
          if (!isMac(mac)) words.fail(`${mac} is no MAC address`);
          found.mac = mac;
        } else if (STATES.has(key)) found.state = key as NonNullable<Neighbour["state"]>;
        else if (FLAGS.has(key)) flags.push(key);
        else if (key === "ref" || key === "probes" || key === "used" || key === "proto") words.take(key);
        else words.fail(`unknown attribute ${key}`);
      }
      const { interface: device, ...rest } = found;
      return device === undefined ? words.fail("no interface") : { address, interface: device, ...rest, flags };
    });
}
