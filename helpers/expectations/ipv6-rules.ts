import type { Facts } from "../model/facts.ts";
import { has } from "../model/version-switches.ts";

/** Why dockerd neither filters nor translates IPv6 by configuration; null when it makes rules for it. */
export function noIpv6Rules(facts: Pick<Facts, "configuration" | "engine">): string | null {
  const { ip6tables } = facts.configuration;
  if (ip6tables === false) return '"ip6tables": false: dockerd makes no rules for IPv6';
  if (ip6tables === true || has(facts, "ip6tables-by-default")) return null;
  return "before Engine 27.0 dockerd makes rules for IPv6 only with `ip6tables` and `experimental`";
}

/** Why containers with addresses of their own network alone don't get beyond the host by configuration; null when they do. */
export function noIpv6WayOut(facts: Pick<Facts, "configuration" | "engine">): string | null {
  return (
    noIpv6Rules(facts) ??
    (facts.configuration["ip-forward"] === false ? "forwarding is left to the host (ip-forward: false)" : null)
  );
}
