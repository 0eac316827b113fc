import type { BridgeKind, Facts } from "../engine/facts.ts";

/** How reasons, and the facts of a run, speak of what is not Docker's. */
export const OWN_FILTER = "host's own packet filter";

/**
 * Why containers of a network reach nothing that listens on the host, docker-proxy included: the host's own packet
 * filter denies by default what is sent to the host, and lets nothing in from there. Docker makes no rule about that
 * (chain INPUT), so what depends on it can't be expected; that the host is shut to its containers is a requirement of
 * its own (UDN-37). Null where they are let in, and where no such denial is known.
 */
export function keptOffTheHost({ host }: Pick<Facts, "host">, network: BridgeKind): string | null {
  if (host?.defaultDenial == null || host.keepsOut?.includes(network) !== true) return null;
  return `containers of ${network === "default bridge" ? "the default bridge" : "user-defined networks"} reach nothing that listens on the host itself, because of the ${OWN_FILTER}: ${host.defaultDenial}`;
}
