import type { BridgeKind, Facts } from "../model/facts.ts";
import { keptOffTheHost } from "../model/host-listeners.ts";
import { has } from "../model/version-switches.ts";
import { answersElsewhere } from "./default-bridge.ts";
import { usesProxy } from "./firewall.ts";
import { defaultBridgeClosed, userBridgesClosed } from "./separation.ts";

/** From where a port published on every host address is used, IPv4. */
export type PortVantage =
  /** Another machine, over the host's LAN address. */
  | "outside"
  /** The host itself, over 127.0.0.1. */
  | "host loopback"
  /** The host itself, over its LAN address. */
  | "host address"
  /** The published container, over the host's address. */
  | "own container"
  /** Another container of its network, over the host's address. */
  | "same network"
  /** A container of another bridge network, over the host's address. */
  | "other network";

/** Who serves a published port at a vantage, and what the server then sees. */
export interface PortService {
  /** `unknown`: not measured, to be reported and not asserted. */
  readonly outcome: "replied" | "timed out" | "unknown";
  readonly by: "DNAT" | "docker-proxy" | "nobody" | "unknown";
  /**
   * The client address the server sees: the client's own; the gateway of the *server's* network; the host address that was
   * asked for. For a client on the host, its own address is the one it asked.
   */
  readonly source: "client" | "gateway of the server's network" | "none" | "unknown";
  readonly why: string;
}

const UNKNOWN = { outcome: "unknown", by: "unknown", source: "unknown" } as const;

const dnat = (source: PortService["source"], why: string): PortService => ({
  outcome: "replied",
  by: "DNAT",
  source,
  why,
});

const proxy = (why: string): PortService => ({
  outcome: "replied",
  by: "docker-proxy",
  source: "gateway of the server's network",
  why,
});

/**
 * Expectation for a TCP port published on every address by a container on a bridge network, asked over IPv4. Measured on
 * 20.10.24, 26.1.5, 28.5.2 and 29.7.2, there with both firewall backends, which do not differ in this.
 * Of the host's own packet filter only a denial by default is considered, which keeps containers off docker-proxy.
 * @param on the network that the server is on; a container of another network is on a user-defined one
 */
export function portService(
  facts: Pick<Facts, "configuration" | "engine" | "host">,
  vantage: PortVantage,
  on: BridgeKind = "user-defined network",
): PortService {
  const service = byDocker(facts, vantage, on);
  const closed = service.by === "docker-proxy" ? keptOff(facts, vantage, on) : null;
  return closed === null ? service : { ...UNKNOWN, why: `docker-proxy would serve it. ${closed}` };
}

/** Why a published port is not served at one of these vantages, or nothing is known of it there; null where it is served at all. */
export function notServedAt(
  facts: Pick<Facts, "configuration" | "engine" | "host">,
  vantages: readonly PortVantage[],
  on: BridgeKind = "user-defined network",
): string | null {
  const shut = vantages.map((vantage) => portService(facts, vantage, on)).find(({ outcome }) => outcome !== "replied");
  return shut?.why ?? null;
}

/**
 * Why published ports are not served where the engine's networks lie: RootlessKit listens on the machine's own addresses
 * and brings what comes there into the engine's network namespace (measured on 28.5.2 and 29.7.2).
 */
export function publishedBeyond({ engine }: Pick<Facts, "engine">): string | null {
  return engine.rootless
    ? "a rootless engine publishes through RootlessKit, on addresses of the machine that its own network namespace does not have"
    : null;
}

/** Why a published port of a container on the default bridge is not served at the host's addresses as this view sees them. */
export function servedElsewhere(facts: Pick<Facts, "engine" | "configuration" | "host">): string | null {
  return publishedBeyond(facts) ?? answersElsewhere(facts);
}

function keptOff(facts: Pick<Facts, "host">, vantage: PortVantage, on: BridgeKind): string | null {
  if (vantage === "other network") return keptOffTheHost(facts, "user-defined network");
  return vantage === "own container" || vantage === "same network" ? keptOffTheHost(facts, on) : null;
}

function byDocker(
  facts: Pick<Facts, "configuration" | "engine" | "host">,
  vantage: PortVantage,
  on: BridgeKind,
): PortService {
  const beyond = publishedBeyond(facts);
  if (beyond !== null) return { ...UNKNOWN, why: beyond };
  if (facts.configuration.iptables === false) {
    return usesProxy(facts)
      ? proxy("without iptables docker-proxy serves everybody")
      : { ...UNKNOWN, why: "neither iptables nor userland proxy" };
  }
  return usesProxy(facts) ? withProxy(facts, vantage) : withoutProxy(facts, vantage, on);
}

function withProxy(facts: Pick<Facts, "engine">, vantage: PortVantage): PortService {
  switch (vantage) {
    case "outside":
      return dnat("client", "DNAT in PREROUTING keeps the client's address");
    case "host loopback":
      return proxy("nat OUTPUT leaves out 127.0.0.0/8");
    case "host address":
      return dnat("client", "DNAT in OUTPUT; the source is the host address that was asked");
    case "own container":
    case "same network":
      return proxy("the DNAT rule leaves out packets from the container's own bridge");
    case "other network":
      return has(facts, "no-nat-early-return")
        ? dnat(
            "gateway of the server's network",
            "since 29.0 nothing returns early for packets from other bridges; they leave masqueraded",
          )
        : proxy("nat DOCKER returns early for packets from every bridge");
  }
}

function withoutProxy(
  facts: Pick<Facts, "configuration" | "engine" | "host">,
  vantage: PortVantage,
  on: BridgeKind,
): PortService {
  const gateway = "gateway of the server's network";
  switch (vantage) {
    case "outside":
      return dnat("client", "DNAT in PREROUTING keeps the client's address");
    case "host loopback":
    case "host address":
      return dnat(gateway, "DNAT in OUTPUT; what the host sends to the bridge is masqueraded");
    case "own container":
    case "same network": {
      const closed = on === "default bridge" ? defaultBridgeClosed(facts) : userBridgesClosed(facts);
      if (closed !== null) {
        // Routed by the host from the bridge to the same bridge, so this holds without bridge-nf-call-iptables too.
        const why = `translated to the container's address, then dropped within the bridge: ${closed}`;
        return { outcome: "timed out", by: "nobody", source: "none", why };
      }
      if (facts.host?.bridgeNfCallIptables !== true) {
        return { ...UNKNOWN, why: "measured with bridge-nf-call-iptables=1 only" };
      }
      return vantage === "own container"
        ? dnat(gateway, "DNAT and the self-masquerade rule")
        : dnat("client", "DNAT within the bridge keeps the client's address");
    }
    case "other network":
      return has(facts, "proxyless-hairpin-between-networks")
        ? dnat(gateway, "isolation no longer drops what was translated")
        : {
            outcome: "timed out",
            by: "nobody",
            source: "none",
            why: "translated to the container's address, then dropped by the isolation chains",
          };
  }
}
