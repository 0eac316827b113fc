import type { Cause } from "../model/cause.ts";

/** A policy of IPsec, as far as a cause tells it. */
interface Policy {
  readonly source: string;
  readonly destination: string;
  /** `in`, `out`, `fwd`. */
  readonly direction: string;
  /** It drops what it is about, and does not encrypt it. */
  readonly blocks: boolean;
  /** As `ip xfrm policy` prints it, on one line. */
  readonly text: string;
}

/**
 * A policy of IPsec that takes packets.
 * @param where a part of a sentence: `of this host`
 * @param enter what stands before a command that acts there, with a blank behind it
 */
export function ipsecPolicy(
  { source, destination, direction, blocks, text }: Policy,
  where: string,
  enter = "",
): Pick<Cause, "key" | "what" | "act" | "evidence" | "remedies"> {
  return {
    key: `ipsec ${where} ${source} ${destination} ${direction}`,
    what: blocks
      ? `A policy of IPsec ${where} drops what goes from ${source} to ${destination}: \`${text}\`.`
      : `A policy of IPsec ${where} wants what goes from ${source} to ${destination} encrypted, and there is no key for it: \`${text}\`.`,
    act: "A VPN (strongSwan, Libreswan) whose traffic selectors cover addresses of containers.",
    evidence: [`ip xfrm policy: ${text}`],
    remedies: [
      {
        what: "take the policy away, until the VPN makes it again; for good, narrow the selectors of the connection",
        commands: [`${enter}ip xfrm policy delete ${selectorOf(text)} dir ${direction}${markOf(text)}`],
        cost: "What the VPN was to carry between these addresses goes unencrypted, or not at all.",
        check: `${enter}ip xfrm policy`,
      },
    ],
  };
}

/** `src 10.0.0.0/8 dst 0.0.0.0/0 proto tcp dport 80` */
function selectorOf(text: string): string {
  return text.replace(/ dir .*/, "");
}

function markOf(text: string): string {
  const [, value, mask] = / mark (\w+)\/(\w+)/.exec(text) ?? [];
  return value === undefined || mask === undefined ? "" : ` mark ${value} mask ${mask}`;
}
