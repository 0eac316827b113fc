import type { Facts } from "../model/facts.ts";
import { has } from "../model/version-switches.ts";
import { usesProxy } from "./firewall.ts";
import { type PortVantage, portService } from "./port-service.ts";

/** From where a published port is used, the vantages of {@link portService} and one more. */
export type GridVantage =
  | PortVantage
  /** Another machine that was given a route to the container's subnet: it asks the container's own address and port. */
  | "neighbour with a route";

export const GRID_VANTAGES: readonly GridVantage[] = [
  "own container",
  "same network",
  "other network",
  "host loopback",
  "host address",
  "outside",
  "neighbour with a route",
];

export const IP_FAMILIES = ["IPv4", "IPv6"] as const;
export type IpFamily = (typeof IP_FAMILIES)[number];

export interface GridPlace {
  readonly vantage: GridVantage;
  readonly family: IpFamily;
}

/** What must come of asking a published port from one place. */
export interface GridExpectation {
  readonly outcome: "replied" | "timed out";
  /** Whom the server sees; null where that is not promised. */
  readonly saw: "client" | "gateway" | null;
  readonly why: string;
}

type GridFacts = Pick<Facts, "configuration" | "engine" | "host">;

/** Whether dockerd makes IPv6 rules: on since 27.0; before, only as an experiment. */
export function makesIpv6Rules(facts: Pick<Facts, "configuration" | "engine">): boolean {
  const { configuration } = facts;
  if (has(facts, "ip6tables-by-default")) return configuration.ip6tables !== false;
  return configuration.ip6tables === true && configuration.experimental === true;
}

/**
 * What must come of a port that a container on a dual-stack user-defined bridge publishes on every address, asked from
 * one place; null where nothing is known of this configuration. Asks from one container to the next are not translated
 * alike on all engines, so whom the server sees stands only where {@link portService} knows it.
 */
export function gridExpectation(facts: GridFacts, place: GridPlace): GridExpectation | null {
  return place.family === "IPv4" ? overIpv4(facts, place.vantage) : overIpv6(facts, place.vantage);
}

function overIpv4(facts: GridFacts, vantage: GridVantage): GridExpectation | null {
  if (vantage === "neighbour with a route") return byRoute(facts, facts.configuration.iptables !== false);
  const { outcome, source, why } = portService(facts, vantage);
  if (outcome === "unknown") return null;
  const saw = source === "client" ? "client" : source === "gateway of the server's network" ? "gateway" : null;
  return { outcome, saw, why };
}

/**
 * The container's own address, asked by way of the host: a published port is accepted in FORWARD; since 28.0 a raw-table
 * rule drops whatever does not come from the container's bridge (moby v28.0.0, docs: Direct routing).
 */
function byRoute(facts: GridFacts, filtered: boolean): GridExpectation {
  const open = (why: string): GridExpectation => ({ outcome: "replied", saw: "client", why });
  if (!filtered) return open("no rule of Docker's stands in the way");
  if (!has(facts, "raw-drop-for-published"))
    return open("the rule that opens the published port opens it to a route too");
  if (facts.configuration["allow-direct-routing"] === true) return open('"allow-direct-routing": true');
  return { outcome: "timed out", saw: null, why: "since 28.0 the raw table drops what does not come from the bridge" };
}

/** Measured on 20.10, 26.1 and 28.5: a connection is taken and never answered, as the socket only keeps others off. */
const PLACEHOLDER = "dockerd itself holds the port and answers nobody";

function overIpv6(facts: GridFacts, vantage: GridVantage): GridExpectation | null {
  const filtered = makesIpv6Rules(facts);
  if (vantage === "neighbour with a route") return byRoute(facts, filtered);
  if (!filtered) {
    return usesProxy(facts)
      ? { outcome: "replied", saw: null, why: "without IPv6 rules docker-proxy serves everybody" }
      : { outcome: "timed out", saw: null, why: `neither IPv6 rules nor userland proxy: ${PLACEHOLDER}` };
  }
  if (vantage === "host loopback" && !usesProxy(facts)) {
    // The kernel knows no route_localnet for IPv6.
    return { outcome: "timed out", saw: null, why: `[::1] can't be translated: ${PLACEHOLDER}` };
  }
  const { outcome, why } = portService(facts, vantage);
  return outcome === "unknown" ? null : { outcome, saw: null, why };
}

/**
 * What must come of a neighbour that asks a port that is *not* published, by a route to the container: Docker's rules
 * shut it (before 28.0 by the FORWARD policy of a host on which dockerd itself switched forwarding on).
 */
export function unpublishedByRoute(facts: Pick<Facts, "configuration" | "engine">, family: IpFamily): GridExpectation {
  const filtered = family === "IPv4" ? facts.configuration.iptables !== false : makesIpv6Rules(facts);
  return filtered
    ? { outcome: "timed out", saw: null, why: "Docker's rules let nothing to a port that is not published" }
    : { outcome: "replied", saw: "client", why: `dockerd makes no ${family} rules: whoever has a route comes in` };
}
