import { addressPools, poolSubnets } from "../model/address-pools.ts";
import { type Cidr, cidr, isIpv4Cidr } from "../model/cidr.ts";
import type { Facts, HostStanding } from "../model/facts.ts";
import { parseIpv4 } from "../model/ipv4.ts";
import { has } from "../model/version-switches.ts";

/** Fewer free subnets than this are not enough for a host that makes networks. */
export const FEW_SUBNETS = 5;
/** How many subnets of the pools are looked at; more than any host has networks. */
const MAX_SUBNETS = 4096;

/** The one condition that note and card are about: where there is a card, the note says nothing more. */
export const ROOM_IN_POOLS = "few subnets in the address pools";

/** A network of the engine, as far as the pools are concerned. */
export interface PoolUser {
  readonly name: string;
  readonly subnets: readonly string[];
}

/** How much room is left for networks whose subnet nobody chose. */
export interface PoolRoom {
  /** Subnets in all; {@link MAX_SUBNETS} stands for that many and more. */
  readonly total: number;
  /** Those that the engine may still hand out, in its order. */
  readonly free: readonly Cidr[];
  /** Who has the others: networks by name, routes and nameservers of the host in words. */
  readonly holders: readonly { readonly what: string; readonly network: boolean }[];
}

/**
 * Counts the subnets that the engine can still hand out: of the pools' those that meet no network, no nameserver and no
 * route of the host (moby `netutils.InferReservedNetworks`, before 25 `FindAvailableNetwork` and its like).
 * @param standing null where the host's routes could not be seen: then more may be taken than is counted
 */
export function poolRoom(
  facts: Pick<Facts, "configuration" | "engine" | "host">,
  networks: readonly PoolUser[],
  standing: Pick<HostStanding, "routes"> | null,
): PoolRoom {
  const subnets: Cidr[] = [];
  for (const subnet of poolSubnets(addressPools(facts))) {
    if (subnets.length === MAX_SUBNETS) break;
    subnets.push(subnet);
  }
  const onLinkOnly = has(facts, "pools-avoid-on-link-routes-only");
  const taken = [
    ...networks.flatMap(({ name, subnets: own }) =>
      own.filter(isIpv4Cidr).map((subnet) => ({ range: cidr(subnet), what: name, network: true })),
    ),
    ...(facts.host?.resolver.nameservers ?? [])
      .filter((server) => isIpv4Cidr(`${server}/32`) && !server.startsWith("127."))
      .map((server) => ({ range: cidr(`${server}/32`), what: `the host's nameserver ${server}`, network: false })),
    ...(standing?.routes ?? [])
      .filter(({ table, onLink }) => table === "main" && (onLink || !onLinkOnly))
      .map(({ destination, device }) => ({
        range: cidr(destination),
        what: `the host's route ${destination}${device === "" ? "" : ` dev ${device}`}`,
        network: false,
      })),
  ];
  // A network's route is the network's, said once already.
  const others = taken.filter(
    ({ range, network }) => network || !taken.some((one) => one.network && one.range.toString() === range.toString()),
  );
  const holders = others
    .filter(({ range }) => subnets.some((subnet) => subnet.overlaps(range)))
    // The engine lists its networks in no order.
    .toSorted((a, b) => parseIpv4(a.range.network) - parseIpv4(b.range.network));
  return {
    total: subnets.length,
    free: subnets.filter((subnet) => !holders.some(({ range }) => range.overlaps(subnet))),
    holders: holders.map(({ what, network }) => ({ what, network })),
  };
}
