import { cidr, isIpv4Cidr } from "../model/cidr.ts";
import type { EffectiveValues, NetworkKeyName } from "../model/configuration-facts.ts";
import { isIpv6, parseIpv6 } from "../model/ipv6.ts";
import { keyRecords } from "./keys/index.ts";
import type { Answers } from "./keys/told.ts";

/** The keys' effective values as `docker info` and `network inspect bridge` tell them. */
export function effectiveValues(answers: Answers): EffectiveValues {
  const told = keyRecords().map(([key, { told }]) => [key, told?.(answers)] as const);
  return Object.fromEntries(told.filter(([, value]) => value !== undefined));
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
