import type { LivingContainer, LivingEndpoint, LivingInside, LivingSnapshot } from "../snapshot/living.ts";
import { holds } from "./addresses.ts";
import { type Findings, NOTHING, unlessMeant } from "./deviation.ts";
import { about, nicOf, stands } from "./endpoint.ts";
import { byHand, inNamespaceOf, ofContainer } from "./remedies.ts";

/** The route by which a container reaches the others of its network without a gateway (IPv4). */
export function auditNetworkRoute(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  inside: LivingInside,
  endpoint: LivingEndpoint,
): Findings {
  const { name, administersNetwork } = container;
  const { address, prefix, network } = endpoint;
  const nic = nicOf(inside, endpoint);
  if (nic === undefined || address === "" || prefix >= 31 || !stands(inside, endpoint, 4)) return NOTHING;
  const own = inside.mainRoutes.some(
    (route) =>
      route.interface === nic.name &&
      route.gateway === null &&
      route.prefix > 0 &&
      holds(`${route.destination}/${route.prefix}`, address),
  );
  if (own) return NOTHING;
  const enter = inNamespaceOf(name);
  const subnet = subnetOf(address, prefix);
  return unlessMeant(
    about(container, endpoint, "LIVE-03", {
      expected: `${subnet} by ${nic.name}`,
      observed: "no such route",
      effect: `${name} sends what is for others of network ${network} by its gateway, or nowhere.`,
      reason: {
        key: `no-network-route ${name} ${network}`,
        what: `Container ${name} has no route to its own network ${network} (${subnet}).`,
        act: null,
        certainty: "seen",
        evidence: inside.mainRoutes.map((route) => `${route.destination}/${route.prefix} dev ${route.interface}`),
        remedies: ofContainer(snapshot, container, [
          byHand(
            "put the route back",
            [`${enter} ip route add ${subnet} dev ${nic.name} src ${address}`],
            `${enter} ip route show dev ${nic.name}`,
          ),
        ]),
      },
    }),
    administersNetwork,
  );
}

function subnetOf(address: string, prefix: number): string {
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - prefix);
  const first = number - (number % size);
  return `${[24, 16, 8, 0].map((bits) => Math.floor(first / 2 ** bits) % 256).join(".")}/${prefix}`;
}
