import { randomInt } from "node:crypto";
import type Dockerode from "dockerode";
import { askForNetworks } from "../engine/answers.ts";
import { EXIT, UserError } from "../engine/errors.ts";
import { addressPools } from "../model/address-pools.ts";
import { Cidr, cidr, isIpv4Cidr } from "../model/cidr.ts";
import type { Facts } from "../model/facts.ts";
import { parseIpv4 } from "../model/ipv4.ts";
import { holdsPublicAddresses, leadsAnywhere } from "../model/public-ranges.ts";

/**
 * Private and shared ranges to look for room in, in this order; `DNC_SUBNETS` (comma-separated CIDRs) replaces them. The
 * last one is for measurements: nobody has machines there.
 */
const RANGES = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15"];

/** How many places are tried at random in one range before the next one. */
const TRIES_PER_RANGE = 200;

/** Networks of a kind in which no container can be, or that mean something else to every host. */
const UNUSABLE: readonly (readonly [range: string, why: string])[] = [
  ["0.0.0.0/8", "means this host itself"],
  ["127.0.0.0/8", "is the loopback of every host"],
  ["169.254.0.0/16", "is link-local: it is not routed"],
  ["192.88.99.0/24", "is an anycast range"],
  ["224.0.0.0/4", "is multicast"],
  ["240.0.0.0/4", "is reserved"],
];
/** Most test networks are a /24, and several are there at once. */
const LONGEST_PREFIX = 22;

/**
 * The ranges to look for room in.
 * @throws UserError (exit code 64) when `DNC_SUBNETS` names what no test network can be taken from
 */
export function subnetRanges(env: Readonly<Record<string, string | undefined>> = process.env): readonly string[] {
  const text = env.DNC_SUBNETS?.trim() ?? "";
  if (text === "") return RANGES;
  const ranges = text.split(",").map((range) => range.trim());
  const refuse = (seen: string) =>
    new UserError({
      tried: "Reading DNC_SUBNETS, the ranges for test networks",
      seen,
      todo: "Write private networks with commas between them, for example DNC_SUBNETS=10.213.0.0/16",
      exitCode: EXIT.usage,
    });
  for (const [index, range] of ranges.entries()) {
    if (!isIpv4Cidr(range)) throw refuse(`${JSON.stringify(range)} is no IPv4 network`);
    const network = cidr(range);
    const unusable = UNUSABLE.find(([kind]) => cidr(kind).contains(network));
    if (unusable !== undefined) throw refuse(`${range} ${unusable[1]}`);
    if (holdsPublicAddresses(network))
      throw refuse(
        `${range} holds public addresses: while a test network has them, this host can't reach their owners`,
      );
    if (network.prefix > LONGEST_PREFIX)
      throw refuse(`${range} is too small: it has to be a /${LONGEST_PREFIX} at least`);
    const other = ranges.slice(0, index).find((earlier) => cidr(earlier).overlaps(network));
    if (other !== undefined) throw refuse(`${other} and ${range} overlap`);
  }
  return ranges;
}

/**
 * Chooses subnets for a run's own networks: ranges that overlap no address and no network of this host, no pool that
 * the engine hands out by itself, and no route but those that are as good as a default one. Where every range is routed
 * somewhere, a subnet may lie inside a route, which its network then beats. Chosen at random, so that workers and runs side by side seldom meet; where they do, the engine
 * refuses the second one and the caller asks for another.
 */
export class SubnetChooser {
  readonly #ranges: readonly Cidr[];
  readonly #taken: Cidr[];
  readonly #routes: readonly Cidr[];

  constructor(taken: readonly string[], ranges: readonly string[] = RANGES, routes: readonly string[] = []) {
    this.#ranges = ranges.map((range) => cidr(range));
    this.#taken = taken.map((range) => cidr(range));
    this.#routes = routes.map((route) => cidr(route)).filter((route) => !leadsAnywhere(route));
  }

  /** A chooser for this host: everything that is routed, addressed, used by a network or reserved as a pool is taken. */
  static async forHost(docker: Dockerode, facts: Facts, env: NodeJS.ProcessEnv = process.env): Promise<SubnetChooser> {
    const networks = await askForNetworks(docker);
    const used = networks.flatMap((network) => (network.IPAM.Config ?? []).map((config) => config.Subnet ?? ""));
    const pools = addressPools(facts).map((pool) => pool.base.toString());
    const addresses = facts.host?.addresses.map(({ address, prefix }) => `${address}/${prefix}`) ?? [];
    const resolvers = facts.host?.resolver.nameservers.map((server) => `${server}/32`) ?? [];
    const taken = [...used, ...pools, ...addresses, ...resolvers].filter(isIpv4Cidr);
    return new SubnetChooser(taken, subnetRanges(env), facts.host?.routes.filter(isIpv4Cidr) ?? []);
  }

  /**
   * A free subnet with this prefix length; it counts as taken from now on.
   * @throws UserError when there is no room: nothing is created then
   */
  choose(prefix: number): string {
    const found =
      this.#roomIn(this.#ranges, prefix, this.#routes) ??
      this.#roomIn(
        this.#ranges.toReversed(),
        prefix,
        this.#routes.filter((route) => route.prefix >= prefix),
      );
    if (found !== null) {
      this.#taken.push(found);
      return found.toString();
    }
    throw new UserError({
      tried: `To find a free /${prefix} for a test network in ${this.#ranges.join(", ")}`,
      seen: "every place tried overlaps a route, an address, a network or an address pool of this host",
      todo: "Set DNC_SUBNETS to a range that nothing on this host uses, for example DNC_SUBNETS=10.213.0.0/16",
    });
  }

  /** @param routes those that take room */
  #roomIn(ranges: readonly Cidr[], prefix: number, routes: readonly Cidr[]): Cidr | null {
    const taken = [...this.#taken, ...routes];
    for (const range of ranges) {
      if (prefix < range.prefix) continue;
      const places = 2 ** (prefix - range.prefix);
      for (let attempt = 0; attempt < TRIES_PER_RANGE; attempt++) {
        const subnet = new Cidr(parseIpv4(range.network) + randomInt(places) * 2 ** (32 - prefix), prefix);
        if (!taken.some((one) => one.overlaps(subnet))) return subnet;
      }
    }
    return null;
  }
}
