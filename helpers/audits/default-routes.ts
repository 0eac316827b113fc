import { keyOfEach } from "../cause/keys.ts";
import { sameAddress } from "../model/address.ts";
import type { NetworkRecord } from "../model/engine-answers.ts";
import type { LivingContainer, LivingInside, LivingSnapshot } from "../snapshot/living.ts";
import { type Findings, together, unlessMeant } from "./deviation.ts";
import { about, nicOf, stands } from "./endpoint.ts";
import { byHand, inNamespaceOf, ofContainer } from "./remedies.ts";

/** Whether nothing leads beyond a network: an internal one, or a macvlan or ipvlan one without an interface of the host's. */
export function isClosed({ Internal, Driver, Options }: NetworkRecord): boolean {
  const parent = Options?.parent ?? "";
  return Internal || (["macvlan", "ipvlan"].includes(Driver) && (parent === "" || parent.startsWith("dm-")));
}

/** A container's way beyond its networks, by each family that one of them has a gateway for. */
export function auditDefaults(snapshot: LivingSnapshot, container: LivingContainer, inside: LivingInside): Findings {
  const closed = new Set(snapshot.networks.filter(isClosed).map(({ Id }) => Id));
  const found: Findings[] = [];
  for (const family of [4, 6] as const) {
    const gateways = container.endpoints.flatMap((endpoint) => {
      const gateway = family === 4 ? endpoint.gateway : endpoint.gateway6;
      const has = family === 4 ? endpoint.address : endpoint.address6;
      return gateway === "" || has === "" || closed.has(endpoint.networkId) ? [] : [{ endpoint, gateway }];
    });
    const [first] = gateways;
    if (first === undefined) continue;
    // An interface that is gone, down or without its address has taken the route with it: that is told of the interface.
    if (!gateways.every(({ endpoint }) => stands(inside, endpoint, family))) continue;
    const defaults = inside.defaults.filter((route) => route.family === family);
    if (defaults.some(({ gateway }) => gateway === null || gateways.some((one) => sameAddress(one.gateway, gateway))))
      continue;
    const { name, administersNetwork } = container;
    const { endpoint, gateway } = first;
    const nic = nicOf(inside, endpoint)?.name ?? "eth0";
    const minus6 = family === 6 ? "-6 " : "";
    const enter = inNamespaceOf(name);
    const shown = defaults.map((route) => `default via ${route.gateway ?? "the link"} dev ${route.interface}`);
    const deviation = about(container, endpoint, "LIVE-03", {
      family,
      expected: `default via ${gateways.map((one) => one.gateway).join(" or ")}`,
      observed: shown.length === 0 ? `no default route for IPv${family}` : shown.join("; "),
      effect: `${name} reaches nothing beyond its own networks by IPv${family}, and no other machine gets an answer from it.`,
      reason: {
        key: keyOfEach(`${shown.length === 0 ? "no default route" : "another default route"} by IPv${family}`, name),
        what:
          shown.length === 0
            ? `Container ${name} has no default route for IPv${family}: the engine says that its gateway is ${gateway}.`
            : `The default route of container ${name} leads elsewhere (${shown.join("; ")}) than to the gateway ${gateway} that the engine tells.`,
        act: null,
        certainty: "seen",
        evidence: shown,
        remedies: ofContainer(snapshot, container, [
          byHand(
            "put the route back",
            [`${enter} ip ${minus6}route replace default via ${gateway} dev ${nic}`],
            `${enter} ip ${minus6}route show default`,
          ),
        ]),
      },
    });
    // One that leads elsewhere was made by somebody, and to make it takes more than a fault; of a run's own nobody meant it.
    const meant = shown.length > 0 && snapshot.whose === "everybody";
    found.push(unlessMeant(deviation, administersNetwork, meant));
  }
  return together(found);
}
