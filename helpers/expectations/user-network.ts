import { type Cidr, lowestFreeHost } from "../model/cidr.ts";
import type { Facts } from "../model/facts.ts";
import { has } from "../model/version-switches.ts";

type Options = Readonly<Record<string, string>>;

/** `default-network-opts` of one driver as they are added to a new network; empty before Engine 24.0, which has no such key. */
export function defaultNetworkOptions(facts: Pick<Facts, "configuration" | "engine">, driver = "bridge"): Options {
  if (!has(facts, "default-network-options")) return {};
  return facts.configuration["default-network-opts"]?.[driver] ?? {};
}

const BRIDGE = "com.docker.network.bridge.";

/**
 * What a bridge network is where nobody says otherwise, of the options that decide who reaches whom and what interfaces are
 * called.
 */
const AS_DOCUMENTED: Options = {
  [`${BRIDGE}gateway_mode_ipv4`]: "nat",
  [`${BRIDGE}gateway_mode_ipv6`]: "nat",
  [`${BRIDGE}enable_ip_masquerade`]: "true",
  [`${BRIDGE}inhibit_ipv4`]: "false",
  "com.docker.network.container_iface_prefix": "eth",
};

/**
 * Options that a run's own bridge networks say themselves, because `default-network-opts` has others: whether networks are
 * as documented can be judged beside them.
 */
export function spelledOut(facts: Pick<Facts, "configuration" | "engine">, driver = "bridge"): Options {
  const defaults = driver === "bridge" ? defaultNetworkOptions(facts) : {};
  return Object.fromEntries(
    Object.entries(AS_DOCUMENTED).filter(([option, value]) => (defaults[option] ?? value) !== value),
  );
}

/** `Options` of a network of the run's own: the defaults of its driver below what was asked for (moby TestDefaultNetworkOpts). */
export function expectedNetworkOptions(
  facts: Pick<Facts, "configuration" | "engine">,
  given: Options = {},
  driver = "bridge",
): Options {
  return { ...defaultNetworkOptions(facts, driver), ...spelledOut(facts, driver), ...given };
}

/** MTU of eth0 on a user-defined bridge: its own option, else `default-network-opts`, else 1500; the daemon's `mtu` does not count (moby#34981). */
export function expectedNetworkMtu(facts: Pick<Facts, "configuration" | "engine">, given: Options = {}): number {
  return Number(expectedNetworkOptions(facts, given)["com.docker.network.driver.mtu"] ?? 1500);
}

/** A device with a smaller MTU has no IPv6 (RFC 8200, section 5). */
const LEAST_OF_IPV6 = 1280;

/** Why dockerd can make no network with IPv6 here unless it is given an MTU; null where it can. */
export function mtuAgainstIpv6(facts: Pick<Facts, "configuration" | "engine">, given: Options = {}): string | null {
  const mtu = expectedNetworkMtu(facts, given);
  return mtu < LEAST_OF_IPV6
    ? `new networks have an MTU of ${mtu} ("default-network-opts"), and the kernel gives IPv6 to no device below ${LEAST_OF_IPV6}: dockerd makes no network with IPv6`
    : null;
}

/** Name of a user-defined bridge's device: its own option, else `br-` and the first 12 hex digits of the network id. */
export function bridgeDeviceName(networkId: string, options: Options = {}): string {
  return options["com.docker.network.bridge.name"] || `br-${networkId.slice(0, 12)}`;
}

/** The gateway the engine chooses itself: the first host address of the subnet. */
export function automaticGateway(subnet: Cidr): string {
  return subnet.firstHost;
}

/** Address of the first container on a network with nothing but its gateway: lowest free, so below a gateway that is not the first host. */
export function firstContainerAddress(subnet: Cidr, gateway: string): string {
  return lowestFreeHost(subnet, [gateway]);
}
