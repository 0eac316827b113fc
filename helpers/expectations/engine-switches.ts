import type { Facts } from "../model/facts.ts";

/*
 * Switches of the host's kernel that the engine turns on with a network that it makes, and never off again (moby
 * libnetwork/drivers/bridge: setup_ip_forwarding.go, setup_bridgenetfiltering.go). A run that makes networks turns them
 * on as well, so a host where one stood off is judged by what stood there before.
 */

const IPV4_FORWARDING = "net/ipv4/ip_forward";
const IPV6_FORWARDING = "net/ipv6/conf/all/forwarding";
const BRIDGE_NETFILTER = ["net/bridge/bridge-nf-call-iptables", "net/bridge/bridge-nf-call-ip6tables"] as const;

/**
 * Whether dockerd has made no network yet that turns anything on. With a default bridge it has since its start; with
 * `"bridge": "none"` a run's own network may be the first (measured on 28.5).
 */
export function noNetworkYet({ configuration }: Pick<Facts, "configuration">): boolean {
  return configuration.bridge === "none" && configuration["ip-forward"] !== false;
}

/**
 * Switches that a network of this run makes dockerd turn on where they stand off, as the host's fingerprint has them:
 * the lines that vanish and those that come. What it turns on is its own doing, and nothing that a run left behind.
 */
export function switchedByNetworks(facts: Pick<Facts, "configuration">): readonly string[] {
  const forwarding = facts.configuration["ip-forward"] === false ? [] : [IPV4_FORWARDING, IPV6_FORWARDING];
  return [...forwarding, ...(needsBridgeNetfilter(facts) === null ? [] : BRIDGE_NETFILTER)].flatMap((name) => [
    `${name}=0`,
    `${name}=1`,
  ]);
}

/**
 * Why dockerd needs the kernel to show bridged packets to iptables; null where it works without. It turns that on with
 * each network of the kind.
 */
export function needsBridgeNetfilter({ configuration }: Pick<Facts, "configuration">): string | null {
  if (configuration.iptables === false) return null;
  if (configuration["userland-proxy"] === false)
    return '"userland-proxy": false: a container reaches a published port of its own network by rules that see bridged packets';
  if (configuration.icc === false)
    return '"icc": false: containers of the default bridge are kept apart by rules that see bridged packets';
  return null;
}

/** A network that is about to be made, as far as the host's switches depend on it. */
export interface PlannedNetwork {
  readonly driver: string;
  readonly ipv6?: boolean;
}

/**
 * Why making this network would change how the host itself routes: dockerd turns forwarding on, and may set the policy
 * of FORWARD to DROP with it. A host that has its default route from router advertisements loses it when IPv6 forwarding
 * is turned on (kernel: ip-sysctl, accept_ra). Null where nothing changes; a host that can't be seen may have IPv6's off.
 */
export function forwardingTurnedOnBy(
  facts: Pick<Facts, "configuration" | "engine" | "host" | "disposable" | "allowsForwarding">,
  { driver, ipv6 }: PlannedNetwork,
): string | null {
  const { configuration, engine, host } = facts;
  if (facts.disposable === true || facts.allowsForwarding === true) return null;
  if (driver !== "bridge" || configuration["ip-forward"] === false) return null;
  // A rootless engine forwards in a namespace of its own.
  if (host === null) return ipv6 === true && !engine.rootless ? UNSEEN : null;
  const off = (name: string): boolean => host.switches?.[name] === "0";
  if (off(IPV4_FORWARDING)) return turnedOn("IPv4", "net.ipv4.ip_forward");
  if (ipv6 === true && (off(IPV6_FORWARDING) || off("net/ipv6/conf/default/forwarding")))
    return turnedOn("IPv6", "net.ipv6.conf.all.forwarding");
  return null;
}

const UNSEEN =
  "whether IPv6 forwarding is on can't be seen on this host, and dockerd would turn it on with this run's first network of the kind; `npm test -- --allow-forwarding` lets it";

function turnedOn(family: string, sysctl: string): string {
  return `${family} forwarding is off on this host (${sysctl}), and dockerd would turn it on with this run's first network of the kind; \`npm test -- --allow-forwarding\` lets it`;
}
