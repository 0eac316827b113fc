import type { BridgeKind, Facts } from "../model/facts.ts";
import { answersElsewhere, withoutForwarding } from "./default-bridge.ts";

/** Why a container's packets don't leave this host translated by configuration; null when they do. */
export function noWayOut(facts: Pick<Facts, "configuration" | "host">, on: BridgeKind): string | null {
  const { configuration } = facts;
  if (on === "default bridge" && configuration["ip-masq"] === false)
    return '"ip-masq": false: the source address is not Docker\'s business';
  if (configuration.iptables === false) return '"iptables": false: Docker neither masquerades nor opens the way';
  return (on === "default bridge" ? answersElsewhere(facts) : null) ?? withoutForwarding(facts);
}
