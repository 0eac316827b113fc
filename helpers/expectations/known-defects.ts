import { atLeast, type VersionedEngine } from "../model/engine-version.ts";
import type { Facts } from "../model/facts.ts";
import { usesNftables, usesProxy } from "./firewall.ts";

/**
 * Defects that versions of the engine were measured to have. A requirement stays a failure under them: the host does
 * not do what is documented. They are its cause, in words that say what to do.
 */

/** Of a container with one port that the engine chooses for every address, and one that it chooses for a single one. */
export function chosenTwice(facts: VersionedEngine): string | null {
  // Measured: 28.0.4, 28.1.1 and 28.2.2 have it; 27.5.1 and 28.3.3 have not.
  return atLeast(facts, "28.0") && !atLeast(facts, "28.3")
    ? 'a defect of Engine 28.0 to 28.2: it chooses the same number for a port on every address and for one on a single address of one container, and then finds it "already in use"; name one of the two, or upgrade to 28.3'
    : null;
}

/** Of a container whose one port is published on several host ports. */
export function masqueradedTwice(facts: Pick<Facts, "engine" | "configuration">): string | null {
  // Measured: 29.7.2; with the userland proxy, or with iptables, it has not.
  return usesNftables(facts) && !usesProxy(facts)
    ? 'a defect of Engine 29 with the nftables backend and without userland proxy: it adds the container\'s masquerade rule once per host port and refuses the second ("rule exists"), so the container does not start; publish each container port once, or switch the userland proxy on'
    : null;
}
