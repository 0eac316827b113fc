import { ipsecPolicy } from "../cause/ipsec.ts";
import type { Cause } from "../model/cause.ts";
import type { Packet } from "../snapshot/firewall/index.ts";
import { decidingPolicy, POLICIES_COMMAND, readPolicies } from "../snapshot/ipsec.ts";
import type { HostView } from "../vantage/host-view.ts";
import { ownInSpace, type Space } from "./spaces.ts";
import { enter, spaceText, subjectOf } from "./words.ts";

/** What of a namespace's IPsec policies takes a packet. @param surely the kernel says that a policy ended it */
export async function ipsecCauses(host: HostView, space: Space, packet: Packet, surely: boolean): Promise<Cause[]> {
  const text = await ownInSpace(host, space.pid, `${POLICIES_COMMAND} 2>/dev/null`);
  const policy = decidingPolicy(readPolicies(text), packet);
  if (policy === null || !(surely || policy.blocks)) return [];
  return [
    {
      ...ipsecPolicy(policy, spaceText(space), enter(space)),
      certainty: "concluded",
      subjects: [subjectOf(space)],
    },
  ];
}
