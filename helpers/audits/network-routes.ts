import { keyOfEach } from "../cause/keys.ts";
import type { LivingContainer, LivingEndpoint, LivingInside, LivingSnapshot } from "../snapshot/living.ts";
import { holds } from "./addresses.ts";
import { type Findings, NOTHING, together, unlessMeant } from "./deviation.ts";
import { about, nicOf, stands } from "./endpoint.ts";
import { byHand, inNamespaceOf, ofContainer } from "./remedies.ts";

/** The routes by which a container reaches the others of its network without a gateway. */
export function auditNetworkRoutes(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  inside: LivingInside,
  endpoint: LivingEndpoint,
): Findings {
  return together(([4, 6] as const).map((family) => auditRoute(snapshot, container, inside, endpoint, family)));
}

function auditRoute(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  inside: LivingInside,
  endpoint: LivingEndpoint,
  family: 4 | 6,
): Findings {
  const { name, administersNetwork } = container;
  const { network } = endpoint;
  const [address, prefix, routes, alone] =
    family === 4
      ? [endpoint.address, endpoint.prefix, inside.mainRoutes, 31]
      : [endpoint.address6, endpoint.prefix6, inside.routes6, 127];
  const nic = nicOf(inside, endpoint);
  if (nic === undefined || address === "" || prefix >= alone || !stands(inside, endpoint, family)) return NOTHING;
  // A kernel that tells no route at all was not asked, for every interface with IPv6 has its link-local one.
  if (family === 6 && routes.length === 0) return NOTHING;
  const own = routes.some(
    (route) =>
      route.interface === nic.name &&
      route.gateway === null &&
      route.prefix > 0 &&
      holds(`${route.destination}/${route.prefix}`, address),
  );
  if (own) return NOTHING;
  const enter = inNamespaceOf(name);
  const subnet = family === 4 ? subnetOf(address, prefix) : `${address}/${prefix}`;
  const ip = family === 4 ? "ip" : "ip -6";
  return unlessMeant(
    about(container, endpoint, "LIVE-03", {
      family,
      expected: `${subnet} by ${nic.name}`,
      observed: "no such route",
      effect: `${name} sends what is for others of network ${network} by its gateway, or nowhere.`,
      reason: {
        key: keyOfEach(`no network route by IPv${family}`, `${name} ${network}`),
        what: `Container ${name} has no route to its own network ${network} (${subnet}).`,
        act: null,
        certainty: "seen",
        evidence: routes.map((route) => `${route.destination}/${route.prefix} dev ${route.interface}`),
        remedies: ofContainer(snapshot, container, [
          byHand(
            "put the route back",
            [`${enter} ${ip} route add ${subnet} dev ${nic.name}${family === 4 ? ` src ${address}` : ""}`],
            `${enter} ${ip} route show dev ${nic.name}`,
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
