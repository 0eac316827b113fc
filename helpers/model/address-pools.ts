import { Cidr, cidr, isIpv4Cidr } from "./cidr.ts";
import type { Facts } from "./facts.ts";
import { parseIpv4 } from "./ipv4.ts";
import { has } from "./version-switches.ts";

/** A range of addresses from which networks of one size are cut. */
export interface AddressPool {
  readonly base: Cidr;
  /** Prefix length of the networks cut from it. */
  readonly size: number;
}

/** The pools of an engine without `default-address-pools`; the same from 20.10 to 29 (moby libnetwork/ipamutils). 31 networks, docker0's first. */
export const BUILT_IN_POOLS: readonly AddressPool[] = [
  { base: cidr("172.17.0.0/16"), size: 16 },
  { base: cidr("172.18.0.0/16"), size: 16 },
  { base: cidr("172.19.0.0/16"), size: 16 },
  { base: cidr("172.20.0.0/14"), size: 16 },
  { base: cidr("172.24.0.0/14"), size: 16 },
  { base: cidr("172.28.0.0/14"), size: 16 },
  { base: cidr("192.168.0.0/16"), size: 20 },
];

/**
 * The IPv4 pools from which this engine takes subnets nobody chose, in the order in which it tries them:
 * `default-address-pools`, else what `docker info` says, else the built-in ones. A pool inside of another one adds
 * nothing (28.5.2 drops it, 26.1.5 finds each of its subnets taken by the other's).
 */
export function addressPools(facts: Pick<Facts, "configuration" | "engine">): readonly AddressPool[] {
  const configured = facts.configuration["default-address-pools"] ?? facts.engine.addressPools;
  const pools = configured
    .filter((pool) => isIpv4Cidr(pool.base))
    .map((pool) => ({ base: cidr(pool.base), size: pool.size }));
  if (pools.length === 0) return BUILT_IN_POOLS;
  const tried = has(facts, "pools-in-order-of-addresses") ? pools.toSorted(byAddress) : pools;
  return tried.filter(({ base }, index) => !tried.slice(0, index).some((earlier) => earlier.base.contains(base)));
}

function byAddress({ base: one }: AddressPool, { base: other }: AddressPool): number {
  return parseIpv4(one.network) - parseIpv4(other.network) || one.prefix - other.prefix;
}

/** True when `subnet` is one of the networks that this engine's pools are cut into. */
export function isInPools(subnet: string, facts: Pick<Facts, "configuration" | "engine">): boolean {
  const wanted = cidr(subnet);
  return addressPools(facts).some((pool) => pool.size === wanted.prefix && pool.base.contains(wanted));
}

/** The networks of the pools in the order in which the engine tries them. */
export function* poolSubnets(pools: readonly AddressPool[]): Generator<Cidr, void, undefined> {
  for (const { base, size } of pools) {
    const first = parseIpv4(base.network);
    for (let index = 0; index < 2 ** (size - base.prefix); index++) {
      yield new Cidr(first + index * 2 ** (32 - size), size);
    }
  }
}
