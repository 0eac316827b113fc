import { cidr, isIpv4Cidr } from "../model/cidr.ts";
import type { EffectiveValues, NetworkKeyName } from "../model/configuration-facts.ts";
import { isIpv6, parseIpv6 } from "../model/ipv6.ts";

/** The default network of an engine as `network inspect` has it, as far as its configuration shows there. */
export interface InspectedBridge {
  readonly EnableIPv6?: boolean;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly IPAM?: {
    readonly Config?:
      | readonly {
          readonly Subnet?: string;
          readonly Gateway?: string;
          readonly IPRange?: string;
          readonly AuxiliaryAddresses?: Readonly<Record<string, string>> | null;
        }[]
      | null;
  };
}

/** What of `docker info` tells a networking key. */
export interface InfoOfKeys {
  readonly LiveRestoreEnabled?: boolean;
  readonly ExperimentalBuild?: boolean;
  readonly DefaultAddressPools?: readonly { readonly Base: string; readonly Size: number }[] | null;
  readonly FirewallBackend?: { readonly Driver?: string } | null;
}

/**
 * Reads the keys' effective values out of `docker info` and `network inspect bridge`.
 * @param bridge null where the engine has no default bridge
 */
export function effectiveValues(info: InfoOfKeys, bridge: InspectedBridge | null): EffectiveValues {
  const driver = info.FirewallBackend?.Driver;
  return {
    ...(info.LiveRestoreEnabled === undefined ? {} : { "live-restore": info.LiveRestoreEnabled }),
    ...(info.ExperimentalBuild === undefined ? {} : { experimental: info.ExperimentalBuild }),
    ...(driver === undefined || driver === "" ? {} : { "firewall-backend": driver.split("+")[0] }),
    "default-address-pools": (info.DefaultAddressPools ?? []).map(({ Base, Size }) => ({ base: Base, size: Size })),
    ...(bridge === null ? { bridge: "none" } : ofBridge(bridge)),
  };
}

function ofBridge({ EnableIPv6, Options, IPAM }: InspectedBridge): EffectiveValues {
  const options = Options ?? {};
  const ranges = IPAM?.Config ?? [];
  const ipv4 = ranges.find(({ Subnet }) => isIpv4Cidr(Subnet ?? ""));
  const ipv6 = ranges.find(({ Subnet }) => Subnet?.includes(":") ?? false);
  const option = (name: string): string | undefined => options[`com.docker.network.${name}`];
  const flag = (name: string): boolean | undefined => {
    const text = option(name);
    return text === undefined ? undefined : text === "true";
  };
  const mtu = option("driver.mtu");
  const found: Record<string, unknown> = {
    bridge: option("bridge.name"),
    bip: interfaceOf(ipv4?.Gateway, ipv4?.Subnet),
    // Engine 29.0 writes an empty text where there is no range; others leave it out.
    "fixed-cidr": ipv4 === undefined ? undefined : ipv4.IPRange || null,
    "default-gateway": ipv4 === undefined ? undefined : (ipv4.AuxiliaryAddresses?.DefaultGatewayIPv4 ?? null),
    mtu: mtu === undefined ? undefined : Number(mtu),
    icc: flag("bridge.enable_icc"),
    "ip-masq": flag("bridge.enable_ip_masquerade"),
    ip: option("bridge.host_binding_ipv4"),
    ipv6: EnableIPv6,
    ...(EnableIPv6
      ? {
          bip6: interfaceOf(ipv6?.Gateway, ipv6?.Subnet),
          "fixed-cidr-v6": ipv6?.IPRange || ipv6?.Subnet,
          "default-gateway-v6": ipv6?.AuxiliaryAddresses?.DefaultGatewayIPv6 ?? null,
        }
      : {}),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** Gateway and subnet as the address of an interface; undefined where the engine names no gateway. */
function interfaceOf(gateway: string | undefined, subnet: string | undefined): string | undefined {
  const prefix = subnet?.split("/")[1];
  const address = gateway?.split("/")[0];
  return prefix === undefined || address === undefined || address === "" ? undefined : `${address}/${prefix}`;
}

/**
 * What a key's effective value is without the key, where that is one value; undefined where it is the engine's choice.
 * @param iptables whether dockerd makes rules: without, it masquerades nothing
 */
export function defaultOf(key: NetworkKeyName, iptables: boolean): unknown {
  switch (key) {
    case "mtu":
      return 1500;
    case "icc":
      return true;
    case "ip":
      return "0.0.0.0";
    case "ip-masq":
      return iptables;
    case "ipv6":
    case "live-restore":
    case "experimental":
      return false;
    case "fixed-cidr":
    case "default-gateway":
    case "default-gateway-v6":
      return null;
    case "bridge":
      return "docker0";
    case "default-address-pools":
      return [];
    default:
      return undefined;
  }
}

/** Whether two values of a key mean the same: networks without their host bits, IPv6 addresses in any notation. */
export function sameValue(key: NetworkKeyName, one: unknown, other: unknown): boolean {
  return JSON.stringify(normal(key, one)) === JSON.stringify(normal(key, other));
}

function normal(key: NetworkKeyName, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => normal(key, item));
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([name, field]) => [name, normal(key, field)] as const);
    return Object.fromEntries(entries.toSorted(([a], [b]) => a.localeCompare(b)));
  }
  if (typeof value !== "string") return value;
  const keepsHost = key === "bip" || key === "bip6";
  if (isIpv4Cidr(value)) return keepsHost ? value : cidr(value).toString();
  const [address = "", prefix] = value.split("/");
  if (!isIpv6(address)) return value;
  const bits = parseIpv6(address);
  if (prefix === undefined) return `ipv6 ${bits}`;
  const host = BigInt(128 - Number(prefix));
  return `ipv6 ${keepsHost ? bits : (bits >> host) << host}/${prefix}`;
}
