import type { Packet } from "./firewall/packet.ts";
import { covers } from "./range.ts";

/** What {@link readPolicies} reads. Keys are never asked for: `ip xfrm state` would print them. */
export const POLICIES_COMMAND = "ip xfrm policy";

/**
 * Succeeds where the kernel takes policies of IPsec (netlink's protocol 6): asked otherwise, the program would have it load
 * what does, and there are none.
 */
export const HAS_POLICIES = "grep -qE '^[0-9a-f]+ +6 ' /proc/net/netlink";

/** One policy of IPsec, as `ip xfrm policy` prints it. */
export interface IpsecPolicy {
  readonly source: string;
  readonly destination: string;
  /** `in`, `out`, `fwd`. */
  readonly direction: string;
  /** `action block`: what fits is dropped. */
  readonly blocks: boolean;
  /** It asks for a tunnel or for encryption. */
  readonly encrypts: boolean;
  /** As it stands, on one line. */
  readonly text: string;
}

/** Reads `ip xfrm policy`; a policy of a socket is nobody else's. In the order in which the kernel asks them. */
export function readPolicies(text: string): IpsecPolicy[] {
  const found = text.split(/^(?=src )/m).flatMap((block) => {
    const [, source, destination] = /^src (\S+) dst (\S+)/.exec(block) ?? [];
    const [, direction] = /\bdir (in|out|fwd)\b/.exec(block) ?? [];
    if (source === undefined || destination === undefined || direction === undefined) return [];
    return [
      {
        source,
        destination,
        direction,
        blocks: /\baction block\b/.test(block),
        encrypts: /\btmpl\b/.test(block),
        text: block.replaceAll(/\s+/g, " ").trim(),
      },
    ];
  });
  // The newest is printed first, and of one priority the oldest is asked first.
  return found.toReversed().toSorted((one, other) => priorityOf(one) - priorityOf(other));
}

function priorityOf({ text }: IpsecPolicy): number {
  return Number(/ priority (\d+)/.exec(text)?.[1] ?? 0);
}

/**
 * The policy that a packet falls under, where that does something to it.
 * @param directions those that it passes: `fwd` and `out` where it is passed on
 */
export function decidingPolicy(
  policies: readonly IpsecPolicy[],
  packet: Packet,
  directions: readonly string[] = ["fwd", "out"],
): IpsecPolicy | null {
  for (const direction of directions) {
    for (const policy of policies.filter((one) => one.direction === direction)) {
      const { source, destination, blocks, encrypts, text } = policy;
      if (!covers(source, packet.source) || !covers(destination, packet.destination)) continue;
      const fits = fitsRest(text, packet);
      if (fits === false) continue;
      // Of what nobody can decide, one that lets pass may be the one.
      if (fits === null && (blocks || encrypts)) continue;
      if (fits === true && (blocks || encrypts)) return policy;
      break;
    }
  }
  return null;
}

/** Whether a packet is what a policy asks for beside its addresses; null where that is not known. */
function fitsRest(text: string, packet: Packet): boolean | null {
  const said = (word: string): string | undefined => new RegExp(` ${word} (\\S+)`).exec(selectorOf(text))?.[1];
  const protocol = said("proto");
  if (protocol !== undefined && protocol !== packet.protocol) return false;
  for (const [word, port] of [
    ["sport", packet.sourcePort],
    ["dport", packet.destinationPort],
  ] as const) {
    const asked = said(word);
    if (asked !== undefined && Number(asked) !== port) return false;
  }
  const [value, mask = "0xffffffff"] = said("mark")?.split("/") ?? [];
  if (value !== undefined) {
    if (packet.mark === undefined) return null;
    if ((BigInt(packet.mark) & BigInt(mask)) !== BigInt(value)) return false;
  }
  return said("dev") === undefined && said("if_id") === undefined && said("context") === undefined ? true : null;
}

/** Without what is to be done with what fits. */
function selectorOf(text: string): string {
  return text.replace(/ tmpl .*/, "");
}
