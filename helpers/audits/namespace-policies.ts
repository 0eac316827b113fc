import { ipsecPolicy } from "../cause/ipsec.ts";
import { SOMEBODY } from "../model/somebody.ts";
import { decidingPolicy } from "../snapshot/ipsec.ts";
import type { LivingContainer, LivingInside, LivingSnapshot } from "../snapshot/living.ts";
import { type Findings, NOTHING, together } from "./deviation.ts";
import { insideOf } from "./namespace-finding.ts";
import { packetOf } from "./network-view.ts";

/** Policies of IPsec in its namespace that drop what it sends or gets. */
export function auditPolicies(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  { policies }: LivingInside,
): Findings {
  if (policies.length === 0) return NOTHING;
  const { name, endpoints } = container;
  const asked = endpoints.flatMap(({ address, gateway, address6, gateway6 }) =>
    ([4, 6] as const).flatMap((family) => {
      const [own, next] = family === 4 ? [address, gateway] : [address6, gateway6];
      const others = [SOMEBODY[family], next].filter((other) => other !== "");
      return own === "" ? [] : others.map((other) => ({ family, own, other }));
    }),
  );
  const found = asked.flatMap(({ family, own, other }) => {
    const out = decidingPolicy(policies, packetOf({ family }, { source: own, destination: other }), ["out"]);
    const into = decidingPolicy(policies, packetOf({ family }, { source: other, destination: own }), ["in"]);
    return [
      ...(out === null ? [] : [{ policy: out, effect: `What ${name} sends is dropped: it reaches nobody.` }]),
      ...(into === null ? [] : [{ policy: into, effect: `What is sent to ${name} is dropped: nobody reaches it.` }]),
    ];
  });
  const blocking = found.filter(({ policy }) => policy.blocks);
  return together(
    [...new Map(blocking.map((one) => [one.policy, one])).values()].map(({ policy, effect }) => {
      const { key, what, evidence, remedies } = ipsecPolicy(policy, `inside container ${name}`);
      const [remedy] = remedies;
      return insideOf(snapshot, container, {
        key,
        what,
        expected: "no policy drops its packets",
        observed: evidence.join(),
        effect,
        mend: { what: "take the policy away", command: remedy?.commands.join("; ") ?? "", check: "ip xfrm policy" },
      });
    }),
  );
}
