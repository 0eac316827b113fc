import type { Facts } from "../model/facts.ts";
import { has } from "../model/version-switches.ts";
import { expectedNetworkOptions } from "./user-network.ts";

/** Why nothing keeps this host's bridges apart by configuration; null when dockerd's rules do. */
export function bridgesNotSeparated(facts: Pick<Facts, "configuration">): string | null {
  return facts.configuration.iptables === false
    ? 'dockerd makes no rules that keep bridges apart: "iptables": false'
    : null;
}

/**
 * Why containers of other bridges reach a published port at its container's own address; null where nothing lets them.
 * Since 29.0 the isolation chains are gone: what keeps them off is the rule against direct access, which
 * `allow-direct-routing` takes away (measured on 29.7.2).
 */
export function publishedOpenToBridges(facts: Pick<Facts, "configuration" | "engine">): string | null {
  return facts.configuration["allow-direct-routing"] === true && has(facts, "no-isolation-chains")
    ? '"allow-direct-routing": since Engine 29.0 it opens published ports to containers of other bridges as well'
    : null;
}

/** Why containers on one user-defined bridge can't talk by configuration; null when they can. `icc` of the daemon is the default bridge's alone. */
export function userBridgesClosed(facts: Pick<Facts, "configuration" | "engine">): string | null {
  return expectedNetworkOptions(facts)["com.docker.network.bridge.enable_icc"] === "false"
    ? '"default-network-opts" switches communication within user-defined bridges off'
    : null;
}

/** Why containers on the default bridge can't talk to each other by configuration; null when they can. */
export function defaultBridgeClosed(facts: Pick<Facts, "configuration">): string | null {
  return facts.configuration.icc === false && facts.configuration.iptables !== false
    ? 'containers on the default bridge are kept from each other: "icc": false'
    : null;
}
