import { forgetNeighbours, neighboursKey } from "../cause/keys.ts";
import { sameAddress } from "../model/address.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { attachmentsOf } from "./bridges.ts";
import { deviates, type Findings, NOTHING, together } from "./deviation.ts";
import { about, nicOf } from "./endpoint.ts";
import { byHand } from "./remedies.ts";

/** Whether the host sends what is for a container to the container's own hardware address. */
export function auditNeighbours(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  if (host === null) return NOTHING;
  return together(
    attachmentsOf(snapshot).flatMap(({ container, endpoint, bridge }) => {
      const seen = container.inside === null ? undefined : nicOf(container.inside, endpoint)?.mac;
      const own = (seen ?? endpoint.mac).toLowerCase();
      if (own === "") return [];
      return host.neighbours
        .filter(
          ({ address, device, mac }) =>
            device === bridge.device &&
            mac !== own &&
            [endpoint.address, endpoint.address6].some((one) => one !== "" && sameAddress(one, address)),
        )
        .map(({ address, device, mac }) =>
          deviates(
            about(container, endpoint, "LIVE-06", {
              expected: `${address} at ${own} on ${device}`,
              observed: `${address} at ${mac}, permanently`,
              effect: `What the host sends to ${container.name} at ${address} reaches nobody: published ports are not served, and answers from beyond get lost.`,
              reason: {
                key: neighboursKey(device),
                what: `The host's neighbour table says for good that ${address} on ${device} is ${mac}, and container ${container.name}, which has that address, is ${own}.`,
                act: "somebody wrote the entry by hand (ip neigh, arp -s) for a container that had the address before",
                certainty: "seen",
                evidence: [`ip neigh: ${address} dev ${device} lladdr ${mac} PERMANENT`],
                remedies: [
                  byHand(
                    "forget what was written by hand of this bridge",
                    [forgetNeighbours(device)],
                    `ip neigh show dev ${device}`,
                  ),
                ],
              },
            }),
          ),
        );
    }),
  );
}
