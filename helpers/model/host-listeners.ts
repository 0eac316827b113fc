import { consult } from "./consulted.ts";
import type { BridgeKind, Facts } from "./facts.ts";

/** How reasons, and the facts of a run, speak of what is not Docker's. */
export const OWN_FILTER = "host's own packet filter";

/**
 * Why containers of a network reach nothing that listens on the host, docker-proxy included: the host's own packet
 * filter denies by default what is sent to the host, and lets nothing in from there. Docker makes no rule about that
 * (chain INPUT), so what depends on it can't be expected; that the host is shut to its containers is a requirement of
 * its own (UDN-37). Null where they are let in, and where no such denial is known.
 */
export function keptOffTheHost({ host }: Pick<Facts, "host">, network: BridgeKind): string | null {
  consult("facts", OWN_FILTER);
  if (host?.keepsOut?.includes(network) !== true) return null;
  return `${FROM[network]} ${reachNothing(host.defaultDenial ?? "")}`;
}

/** Why the host, and so its gateways, answer no ping of a network's containers; null where it answers, and where no denial is known. */
export function ignoresPingsOf({ host }: Pick<Facts, "host">, network: BridgeKind): string | null {
  consult("facts", OWN_FILTER);
  if (host?.ignoresPings?.includes(network) !== true) return null;
  return `${FROM[network]} get no answer to a ping from the host, because of the ${OWN_FILTER}: ${host.defaultDenial ?? ""}`;
}

/** Why any container is kept off the host, in one sentence about all of them; null where none is. */
export function shutToContainers({ host }: Pick<Facts, "host">): string | null {
  consult("facts", OWN_FILTER);
  const [one, another] = host?.keepsOut ?? [];
  if (one === undefined) return null;
  return `${another === undefined ? FROM[one] : "Containers"} ${reachNothing(host?.defaultDenial ?? "")}`;
}

const FROM = {
  "default bridge": "Containers of the default bridge",
  "user-defined network": "Containers of user-defined networks",
} as const satisfies Record<BridgeKind, string>;

function reachNothing(denial: string): string {
  return `reach nothing that listens on the host itself, because of the ${OWN_FILTER}: ${denial}`;
}
