import { addressOf, type Cidr, cidr, isIpv4Cidr } from "../model/cidr.ts";
import type { Facts } from "../model/facts.ts";
import { has } from "../model/version-switches.ts";
import { anything, type Expectation, exactly } from "./expectation.ts";

/** What the configuration asks of the default bridge network. */
export interface DefaultBridgeExpectation {
  /** Name of the bridge device on the host. */
  readonly device: Expectation<string>;
  /** Subnet of the network and of the device's address. */
  readonly subnet: Expectation<Cidr>;
  /** True when the subnet must be one of the address pools' networks, whichever. */
  readonly subnetFromPools: boolean;
  /** The device's own address, which is the network's gateway. */
  readonly deviceAddress: Expectation<string>;
  /** Next hop of the containers' default route. */
  readonly containerGateway: Expectation<string>;
  /** MTU of eth0 in its containers. */
  readonly mtu: number;
  /** MTU of the bridge device. */
  readonly deviceMtu: Expectation<number>;
  /** Whether its containers may talk to each other. */
  readonly icc: boolean;
  /** Whether a masquerade rule exists for its subnet. */
  readonly masquerade: boolean;
  /** Host address of a `-p` without one. */
  readonly hostBindingIp: string;
  readonly ipv6: boolean;
  /** `Options` of `docker network inspect bridge`, all strings. */
  readonly options: Readonly<Record<string, string>>;
}

/**
 * Expectations of the default bridge network; null with `"bridge": "none"`, which removes it.
 * A docker0 that was there before keeps its address without `bip`, so without `bip` the subnet may not be asserted
 * (measured: 26, 28; moby TestDaemonDefaultBridgeIPAM_Docker0).
 */
export function expectedDefaultBridge(facts: Pick<Facts, "configuration" | "engine">): DefaultBridgeExpectation | null {
  const { configuration } = facts;
  if (configuration.bridge === "none") return null;
  const device = configuration.bridge || "docker0";
  const mtu = configuration.mtu ?? 1500;
  const icc = configuration.icc ?? true;
  const masquerade = (configuration["ip-masq"] ?? true) && (configuration.iptables ?? true);
  const hostBindingIp = configuration.ip ?? "0.0.0.0";
  const { bip } = configuration;
  const adopted = configuration.bridge
    ? `the address of the bridge ${device}, which the engine did not make`
    : "the address docker0 already had, else the first free pool network";
  const subnet = bip ? exactly(cidr(bip), `bip ${bip}`) : anything(adopted);
  const deviceAddress = bip ? exactly(addressOf(bip), `bip ${bip}`) : anything(adopted);
  const gateway = configuration["default-gateway"];
  return {
    device: exactly(device, configuration.bridge ? `bridge ${device}` : "default"),
    subnet,
    // The device is made anew at each start when pools are configured, unless containers keep it alive.
    subnetFromPools:
      configuration["default-address-pools"] !== undefined &&
      !bip &&
      !configuration.bridge &&
      !configuration["fixed-cidr"] &&
      !configuration["live-restore"],
    deviceAddress,
    containerGateway: gateway ? exactly(gateway, `default-gateway ${gateway}`) : deviceAddress,
    mtu,
    deviceMtu:
      mtu === 1500 || has(facts, "bridge-mtu-set")
        ? exactly(mtu, configuration.mtu === undefined ? "default" : `mtu ${mtu}`)
        : anything("before Engine 25.0 the device takes its MTU from its ports"),
    icc,
    masquerade,
    hostBindingIp,
    ipv6: configuration.ipv6 ?? false,
    options: {
      "com.docker.network.bridge.default_bridge": "true",
      "com.docker.network.bridge.enable_icc": String(icc),
      "com.docker.network.bridge.enable_ip_masquerade": String(masquerade),
      "com.docker.network.bridge.host_binding_ipv4": hostBindingIp,
      "com.docker.network.bridge.name": device,
      "com.docker.network.driver.mtu": String(mtu),
    },
  };
}

/**
 * The subnet to compute with: what the configuration fixes, else what the engine reports.
 * Null without a default bridge, or when the engine names no IPv4 subnet.
 */
export function defaultBridgeSubnet(facts: Pick<Facts, "configuration" | "engine" | "defaultBridge">): Cidr | null {
  const expected = expectedDefaultBridge(facts);
  if (expected === null) return null;
  if (expected.subnet.known) return expected.subnet.value;
  const reported = facts.defaultBridge?.subnet ?? "";
  return isIpv4Cidr(reported) ? cidr(reported) : null;
}

/**
 * The range that containers on the default bridge get their addresses from: `fixed-cidr` where it lies inside the
 * subnet; outside it is ignored (measured: 20.10, 26, 28). Null where the subnet is not known.
 */
export function defaultBridgeRange(facts: Pick<Facts, "configuration" | "engine" | "defaultBridge">): Cidr | null {
  const subnet = defaultBridgeSubnet(facts);
  const fixed = facts.configuration["fixed-cidr"];
  if (subnet === null || !fixed) return subnet;
  const range = cidr(fixed);
  return subnet.contains(range) ? range : subnet;
}

/** Why carrier, MAC and broadcast address of the default bridge's device are not dockerd's; null when it made the device. */
export function deviceOfOthers({ configuration }: Pick<Facts, "configuration">): string | null {
  const { bridge } = configuration;
  return bridge === undefined || bridge === "" || bridge === "none"
    ? null
    : `the device ${bridge} was made by somebody else ("bridge"): what it has beside an address is theirs`;
}

/**
 * Why what a container on the default bridge answers to somebody beyond its subnet does not pass this host as it came:
 * `default-gateway` names a router on the bridge. The kernel translates the answer back while it is still bridged to
 * that router (bridge-nf-call-iptables), which then returns it to the host under the host's own address (measured on
 * 28.5). Null when the containers' gateway is the host.
 */
export function answersElsewhere({ configuration, host }: Pick<Facts, "configuration" | "host">): string | null {
  const gateway = configuration["default-gateway"];
  if (!gateway || host?.addresses.some(({ address }) => address === gateway)) return null;
  return `"default-gateway" sends the containers' answers to ${gateway}, which is not this host`;
}

/** The same where nobody on the bridge has that address, as what cuts its containers off; null where it does not. */
export function gatewayOfNobody(facts: Pick<Facts, "configuration" | "host">): string | null {
  if (answersElsewhere(facts) === null) return null;
  return `"default-gateway" in daemon.json has containers on the default bridge send what is for elsewhere to ${facts.configuration["default-gateway"]}, and nobody there has that address: take the key out, or name a router's that is on that bridge`;
}

/**
 * Why nothing leaves a bridge of this host: IPv4 forwarding is off, and dockerd was told to leave it so (`ip-forward`
 * off). Otherwise dockerd switches it on at its start and again with each network, and a host where it is off is broken.
 */
export function withoutForwarding({ configuration, host }: Pick<Facts, "configuration" | "host">): string | null {
  return configuration["ip-forward"] === false && host?.ipForward === false
    ? 'the host does not forward IPv4 (net.ipv4.ip_forward is 0, "ip-forward": false)'
    : null;
}

/** Why containers on the default bridge need not reach each other; null where they must. */
export function keptApart({ configuration }: Pick<Facts, "configuration">): string | null {
  return configuration.icc === false ? '"icc": false: containers on the default bridge are kept apart' : null;
}
