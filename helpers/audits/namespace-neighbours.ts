import { sameAddress } from "../model/address.ts";
import type { LivingContainer, LivingInside, LivingSnapshot } from "../snapshot/living.ts";
import { holds } from "./addresses.ts";
import { type Findings, NOTHING, together } from "./deviation.ts";
import { insideOf } from "./namespace-finding.ts";

/** Hardware addresses of its neighbours that were written by hand, and that are not theirs. */
export function auditNeighbours(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  { neighbours }: LivingInside,
): Findings {
  return together(
    neighbours.map(({ address, mac, device }) => {
      const endpoint = container.endpoints.find(
        (one) =>
          (one.address !== "" && holds(`${one.address}/${one.prefix}`, address)) ||
          (one.address6 !== "" && holds(`${one.address6}/${one.prefix6}`, address)),
      );
      const right = endpoint === undefined ? null : macAt(snapshot, endpoint.networkId, address);
      if (right === null || right === mac) return NOTHING;
      return insideOf(snapshot, container, {
        key: `neighbour ${address}`,
        expected: `${address} at ${right}`,
        observed: `${address} at ${mac}, written by hand`,
        effect: `What ${container.name} sends to or by ${address} arrives nowhere.`,
        what: `In the network namespace of container ${container.name} somebody wrote the hardware address ${mac} for ${address}, which is at ${right}.`,
        mend: { what: "forget the entry", command: `ip neigh del ${address} dev ${device}`, check: "ip neigh" },
      });
    }),
  );
}

/** The hardware address of a network's container, or of its gateway; null where nobody known is there. */
function macAt({ containers, networks, host }: LivingSnapshot, networkId: string, address: string): string | null {
  const found = containers
    .flatMap(({ pid, endpoints }) => (pid > 0 ? endpoints : []))
    .find(
      (one) =>
        one.networkId === networkId &&
        [one.address, one.address6].some((own) => own !== "" && sameAddress(own, address)),
    );
  if (found !== undefined) return found.mac === "" ? null : found.mac.toLowerCase();
  if (!networks.some(({ Id, Driver }) => Id === networkId && Driver === "bridge")) return null;
  const device = host?.addresses.find(({ addresses }) =>
    addresses.some((one) => sameAddress(one.address, address)),
  )?.name;
  return host?.links.find(({ name }) => name === device)?.mac?.toLowerCase() || null;
}
