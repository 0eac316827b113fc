import { addressIn, isMac } from "./address-text.ts";
import { hexNumber } from "./kernel-hex.ts";
import { UnreadableOutput } from "./unreadable-output.ts";
import { Words } from "./words.ts";

export interface ArpEntry {
  readonly address: string;
  readonly interface: string;
  /** null while or because nobody answered (no ATF_COM). */
  readonly mac: string | null;
  /** ATF_PERM: entered by hand. */
  readonly permanent: boolean;
  /** ATF_PUBL: answered by this machine on behalf of another. */
  readonly published: boolean;
}

const PARSER = "/proc/net/arp";

/**
 * Reads /proc/net/arp: the namespace's ARP table.
 * @throws UnreadableOutput also for empty text: the kernel always prints the column names
 */
export function parseProcNetArp(text: string): ArpEntry[] {
  const [header = "", ...lines] = text.split("\n");
  if (!/^IP address\s+HW type\s+Flags\s+HW address\s+Mask\s+Device/.test(header))
    throw new UnreadableOutput(PARSER, header, "no column names");
  return lines
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const words = new Words(PARSER, line);
      const { address } = addressIn(words, words.take("address"));
      words.take("hardware type");
      const flags = hexNumber(words, words.take("flags").replace(/^0x/, ""), "flags");
      const mac = words.take("hardware address");
      if (!isMac(mac)) words.fail(`${mac} is no MAC address`);
      words.take("mask");
      const device = words.take("interface");
      if (!words.done) words.fail("more columns than expected");
      return {
        address,
        interface: device,
        mac: (flags & 0x2) === 0 ? null : mac,
        permanent: (flags & 0x4) !== 0,
        published: (flags & 0x8) !== 0,
      };
    });
}
