import { sameAddress } from "../model/address.ts";
import { cidr } from "../model/cidr.ts";
import { formatIpv6, parseIpv6 } from "../model/ipv6.ts";
import { SOMEBODY } from "../model/somebody.ts";
import { isEngines } from "../snapshot/firewall/managers.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { type Bridge, bridgesOf } from "./bridges.ts";
import { once } from "./once.ts";
import { uplinkOf } from "./uplink.ts";

/** Who may ask for a port, the nearest first: the order of the table's columns. */
export const WHO = ["thisHost", "sameNetwork", "otherNetworks", "otherMachines"] as const;

export type Who = (typeof WHO)[number];

/** From where somebody's packets come. */
export interface Sender {
  readonly device: string;
  readonly from: string;
}

/** A container that nobody has started yet on a network; null where the network has none of this family. */
export function senderOn({ device, ranges }: Bridge, family: 4 | 6): Sender | null {
  const range = ranges.find((one) => one.family === family);
  return range === undefined ? null : { device, from: lastOf(range.subnet) };
}

/** Another machine, beyond all networks; null where no interface leads there. */
export function senderBeyond(host: LivingHost, family: 4 | 6): Sender | null {
  const uplink = uplinkOf(host, family);
  return uplink === null ? null : { device: uplink.device, from: SOMEBODY[family] };
}

/**
 * Another machine that asks for an address of this host: beyond the uplink, or beside the address where another interface
 * carries it (a second one, a VPN's). Null where no interface leads there.
 */
export function senderTo(snapshot: LivingSnapshot, host: LivingHost, address: string, family: 4 | 6): Sender | null {
  const beyond = senderBeyond(host, family);
  const carrier = host.addresses.find(({ addresses }) => addresses.some((one) => sameAddress(one.address, address)));
  const link = host.links.find(({ name }) => name === carrier?.name);
  const isElsewhere =
    carrier === undefined ||
    carrier.name === "lo" ||
    link?.up !== true ||
    bridgesOf(snapshot).some(({ device }) => device === carrier.name);
  if (isElsewhere || carrier.name === beyond?.device) return beyond;
  const { prefix = 0 } = carrier.addresses.find((one) => sameAddress(one.address, address)) ?? {};
  // A tunnel's own address stands for itself.
  const isAlone = prefix > (family === 4 ? 30 : 126);
  return { device: carrier.name, from: isAlone ? SOMEBODY[family] : lastOf(`${address}/${prefix}`) };
}

/**
 * Containers on networks that a container is not on: of one that stands for all, and of those that somebody's rules name,
 * for they may be let in where others are not.
 */
export function sendersElsewhere(snapshot: LivingSnapshot, networks: readonly string[], family: 4 | 6): Sender[] {
  const others = bridgesOf(snapshot).filter(({ name, internal }) => !internal && !networks.includes(name));
  const named = namedBySomebody(snapshot);
  const [first] = others;
  return others.filter((one) => one === first || named.has(one.name)).flatMap((one) => senderOn(one, family) ?? []);
}

/** Networks that a rule names, by device or subnet, which accepts something and is not one of the engine's. */
const namedBySomebody = once((snapshot: LivingSnapshot): ReadonlySet<string> => {
  const texts = (snapshot.host?.filters?.tables ?? []).flatMap((table) =>
    table.chains.flatMap((chain) =>
      chain.rules.flatMap((rule) =>
        rule.steps.some(({ kind }) => kind === "accept" || kind === "return") &&
        !isEngines({ table, chain, rule }) &&
        !OF_ENGINE.test(rule.text)
          ? [rule.text]
          : [],
      ),
    ),
  );
  return new Set(
    bridgesOf(snapshot).flatMap(({ name, device, ranges }) =>
      texts.some((text) => [device, ...ranges.map(({ subnet }) => subnet)].some((word) => text.includes(word)))
        ? [name]
        : [],
    ),
  );
});

/** Before Engine 28 what lets a network's own packets pass stands in FORWARD itself. */
const OF_ENGINE =
  /^-A FORWARD -[io] \S+ (-o \S+ -j ACCEPT|! -o \S+ -j ACCEPT|-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT)$/;

/** The last address of a subnet that a container may have. */
function lastOf(subnet: string): string {
  const [network = "", bits = ""] = subnet.split("/");
  if (!network.includes(":")) return cidr(subnet).lastHost;
  const hosts = BigInt(128 - Number(bits));
  return formatIpv6(((parseIpv6(network) >> hosts) << hosts) + (1n << hosts) - 2n);
}
