import type { Cause } from "../model/cause.ts";
import type { Packet } from "../snapshot/firewall/index.ts";
import { covers } from "../snapshot/range.ts";
import type { HostView } from "../vantage/host-view.ts";
import { ownInSpace, type Space } from "./spaces.ts";
import { enter, spaceText, subjectOf } from "./words.ts";

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

/** Reads `ip xfrm policy`; a policy of a socket is nobody else's. */
export function readPolicies(text: string): IpsecPolicy[] {
  return text.split(/^(?=src )/m).flatMap((block) => {
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
}

/** The first policy that a packet falls under where a namespace passes it on, or sends it, and that does something to it. */
export function decidingPolicy(policies: readonly IpsecPolicy[], packet: Packet): IpsecPolicy | null {
  return (
    policies.find(
      ({ source, destination, direction, blocks, encrypts }) =>
        direction !== "in" &&
        (blocks || encrypts) &&
        covers(source, packet.source) &&
        covers(destination, packet.destination),
    ) ?? null
  );
}

/** What of a namespace's IPsec policies takes a packet. @param surely the kernel says that a policy ended it */
export async function ipsecCauses(host: HostView, space: Space, packet: Packet, surely: boolean): Promise<Cause[]> {
  const text = await ownInSpace(host, space.pid, "ip xfrm policy 2>/dev/null");
  const policy = decidingPolicy(readPolicies(text), packet);
  if (policy === null || !(surely || policy.blocks)) return [];
  const { source, destination, direction } = policy;
  const where = spaceText(space);
  return [
    {
      key: `ipsec ${where} ${source} ${destination} ${direction}`,
      what: policy.blocks
        ? `A policy of IPsec ${where} drops what goes from ${source} to ${destination}: \`${policy.text}\`.`
        : `A policy of IPsec ${where} wants what goes from ${source} to ${destination} encrypted, and there is no key for it: \`${policy.text}\`.`,
      act: "A VPN (strongSwan, Libreswan) whose traffic selectors cover addresses of containers.",
      certainty: "concluded",
      subjects: [subjectOf(space)],
      evidence: [`ip xfrm policy: ${policy.text}`],
      remedies: [
        {
          what: "take the policy away, until the VPN makes it again; for good, narrow the selectors of the connection",
          commands: [`${enter(space)}ip xfrm policy delete src ${source} dst ${destination} dir ${direction}`],
          cost: "What the VPN was to carry between these addresses goes unencrypted, or not at all.",
          check: `${enter(space)}ip xfrm policy`,
        },
      ],
    },
  ];
}
