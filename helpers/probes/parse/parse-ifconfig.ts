import { addressIn, isMac, prefixedAddressIn } from "./address-text.ts";
import { UnreadableOutput } from "./unreadable-output.ts";
import { Words } from "./words.ts";

/** One interface as BusyBox `ifconfig` shows it; an address with a label of its own (`eth0:1`) comes as one more. */
export interface IfconfigInterface {
  readonly name: string;
  /** `Ethernet`, `Local Loopback`, `UNSPEC`… */
  readonly encapsulation: string;
  /** In lower case; absent for loopback and tunnels. */
  readonly mac?: string;
  /** The first IPv4 address with this label: ifconfig shows no second one. */
  readonly ipv4?: {
    readonly address: string;
    readonly netmask: string;
    readonly broadcast?: string;
    readonly peer?: string;
  };
  readonly ipv6: readonly { readonly address: string; readonly prefix: number; readonly scope: string }[];
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly receivedPackets?: number;
  readonly transmittedPackets?: number;
  readonly receivedBytes?: number;
  readonly transmittedBytes?: number;
  readonly queueLength?: number;
}

const PARSER = "ifconfig";

type Draft = { -readonly [Key in keyof IfconfigInterface]?: IfconfigInterface[Key] } & {
  ipv6: IfconfigInterface["ipv6"][number][];
};

/**
 * Reads BusyBox `ifconfig` and `ifconfig -a`. No interfaces (none is up) give an empty list.
 * @throws UnreadableOutput
 */
export function parseIfconfig(text: string): IfconfigInterface[] {
  const found: IfconfigInterface[] = [];
  for (const block of text.split(/\n\s*\n/).filter((candidate) => candidate.trim() !== "")) {
    const [first = "", ...details] = block.split("\n").filter((line) => line.trim() !== "");
    const match = /^(\S+)\s+Link encap:(.+?)\s{2,}(?:HWaddr (\S+)\s*)?$/.exec(first);
    if (match === null) throw new UnreadableOutput(PARSER, first, "no interface");
    const [, name = "", encapsulation = "", hardware] = match;
    const draft: Draft = { ipv6: [] };
    if (hardware !== undefined && isMac(hardware)) draft.mac = hardware.toLowerCase();
    for (const line of details) readDetail(line, draft);
    const { flags, mtu, ...rest } = draft;
    if (flags === undefined || mtu === undefined)
      throw new UnreadableOutput(PARSER, first, "no line with flags and MTU");
    found.push({ name, encapsulation, ...rest, flags, mtu });
  }
  return found;
}

function readDetail(line: string, draft: Draft): void {
  const text = line.trim();
  const words = new Words(PARSER, line);
  const number = (pattern: RegExp): number => words.toInteger(pattern.exec(text)?.[1] ?? "", "number");
  if (text.startsWith("inet addr:")) {
    const part = (key: string): string | undefined => {
      const value = new RegExp(`(?:^|\\s)${key}:(\\S+)`).exec(text)?.[1];
      return value === undefined ? undefined : addressIn(words, value).address;
    };
    const [address, netmask, broadcast, peer] = [part("inet addr"), part("Mask"), part("Bcast"), part("P-t-P")];
    if (address === undefined || netmask === undefined)
      throw new UnreadableOutput(PARSER, line, "no address with mask");
    draft.ipv4 = { address, netmask, ...(broadcast && { broadcast }), ...(peer && { peer }) };
  } else if (text.startsWith("inet6 addr:")) {
    const [, written = "", scope] = /^inet6 addr: (\S+) Scope:(\S+)$/.exec(text) ?? [];
    if (scope === undefined) throw new UnreadableOutput(PARSER, line, "no IPv6 address with scope");
    const { address, prefix } = prefixedAddressIn(words, written);
    draft.ipv6.push({ address, prefix, scope });
  } else if (/\bMTU:\d+/.test(text)) {
    draft.mtu = number(/\bMTU:(\d+)/);
    const before = text.slice(0, text.indexOf("MTU:")).trim();
    draft.flags = before === "" || before.startsWith("[NO FLAGS") ? [] : before.split(/\s+/);
  } else if (text.startsWith("RX packets:")) draft.receivedPackets = number(/^RX packets:(\d+)/);
  else if (text.startsWith("TX packets:")) draft.transmittedPackets = number(/^TX packets:(\d+)/);
  else if (text.startsWith("collisions:")) {
    if (text.includes("txqueuelen:")) draft.queueLength = number(/txqueuelen:(\d+)/);
  } else if (text.startsWith("RX bytes:")) {
    draft.receivedBytes = number(/^RX bytes:(\d+)/);
    draft.transmittedBytes = number(/TX bytes:(\d+)/);
  } else if (!/^(Interrupt|Base address|Memory|DMA chan):/.test(text)) words.fail("unknown detail");
}
