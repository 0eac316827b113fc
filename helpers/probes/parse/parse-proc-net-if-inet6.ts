import { addressOfBytes, hexNumber } from "./kernel-hex.ts";
import { Words } from "./words.ts";

interface Ipv6InterfaceAddress {
  readonly interface: string;
  readonly index: number;
  readonly address: string;
  readonly prefix: number;
  readonly scope: "global" | "link" | "host" | "site" | "compat";
  /** IFA_F_TENTATIVE: duplicate address detection is under way; the address can't be used yet. */
  readonly tentative: boolean;
  /** IFA_F_DADFAILED: somebody else has it. */
  readonly duplicate: boolean;
  /** IFA_F_PERMANENT: no lifetime. */
  readonly permanent: boolean;
}

const PARSER = "/proc/net/if_inet6";
/** IPV6_ADDR_* of include/net/ipv6.h. */
const SCOPES: ReadonlyMap<number, Ipv6InterfaceAddress["scope"]> = new Map([
  [0x00, "global"],
  [0x10, "host"],
  [0x20, "link"],
  [0x40, "site"],
  [0x80, "compat"],
]);

/**
 * Reads /proc/net/if_inet6: the namespace's IPv6 addresses. Empty text means none: IPv6 is disabled on every interface
 * (without IPv6 in the kernel the file doesn't exist).
 * @throws UnreadableOutput
 */
export function parseProcNetIfInet6(text: string): Ipv6InterfaceAddress[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const words = new Words(PARSER, line);
      const hex = words.take("address");
      if (!/^[0-9a-f]{32}$/i.test(hex)) words.fail("no address");
      const [index, prefix, scopeBits, flags] = ["index", "prefix length", "scope", "flags"].map((what) =>
        hexNumber(words, words.take(what), what),
      );
      const name = words.take("interface");
      const scope = SCOPES.get(scopeBits ?? -1);
      if (
        index === undefined ||
        prefix === undefined ||
        flags === undefined ||
        scope === undefined ||
        prefix > 128 ||
        !words.done
      ) {
        return words.fail("no address of an interface");
      }
      return {
        interface: name,
        index,
        address: addressOfBytes(
          Array.from({ length: 16 }, (_, at) => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16)),
        ),
        prefix,
        scope,
        tentative: (flags & 0x40) !== 0,
        duplicate: (flags & 0x08) !== 0,
        permanent: (flags & 0x80) !== 0,
      };
    });
}
