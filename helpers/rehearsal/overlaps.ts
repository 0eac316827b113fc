import { change, danger, type Finding, namesText } from "../configuration/finding.ts";
import { differs, type HostSituation, type Step } from "../configuration/step.ts";
import { FEW_SUBNETS } from "../expectations/pool-room.ts";
import { type AddressPool, addressPools, poolSubnets } from "../model/address-pools.ts";
import { type Cidr, cidr, isIpv4Cidr } from "../model/cidr.ts";
import { leadsAnywhere } from "../model/public-ranges.ts";
import { has } from "../model/version-switches.ts";
import { countOf } from "../report/plain-text.ts";

/** Something of the host that has addresses of its own. */
interface Taken {
  readonly range: Cidr;
  /** In words. */
  readonly what: string;
  /** Whether the engine sees it when it chooses a subnet by itself. */
  readonly avoided: boolean;
  /** A route that is as good as a default one: nobody in particular is there. */
  readonly anywhere: boolean;
  readonly kind: "host" | "network";
}

/** How many subnets of the pools are looked at; more than any host has networks. */
const MAX_SUBNETS = 4096;

/**
 * Where the candidate's addresses meet the host's: its routes of all tables, addresses, resolvers and networks. A subnet
 * that is given (`bip`, `fixed-cidr`) is taken as it is, whatever it meets; one that the engine chooses avoids part of it.
 */
export function overlaps(situation: HostSituation, step: Step): Finding[] {
  const taken = takenBy(situation, step.after.bridge);
  return [...givenSubnet(taken, step), ...pools(situation, taken, step), ...ownResolvers(situation, step)];
}

function takenBy({ facts, standing, networks }: HostSituation, bridge: string | undefined): Taken[] {
  const device = bridge || (facts.defaultBridge?.device ?? "docker0");
  const ofNetworks = new Set([device, ...networks.map((network) => network.device)]);
  const routes = standing.routes.filter((route) => !ofNetworks.has(route.device));
  const onLinkOnly = has(facts, "pools-avoid-on-link-routes-only");
  return [
    ...routes.map((route): Taken => {
      const table = route.table === "main" ? "" : ` in table ${route.table}`;
      const dev = route.device === "" ? "" : ` dev ${route.device}`;
      const range = cidr(route.destination);
      return {
        range,
        what: `the host's route ${route.destination}${dev}${table}`,
        avoided: route.table === "main" && (route.onLink || !onLinkOnly),
        anywhere: leadsAnywhere(range),
        kind: "host",
      };
    }),
    ...(facts.host?.resolver.nameservers ?? [])
      .filter((server) => isIpv4Cidr(`${server}/32`) && !server.startsWith("127."))
      .map(
        (server): Taken => ({
          range: cidr(`${server}/32`),
          what: `the host's resolver ${server}`,
          avoided: true,
          anywhere: false,
          kind: "host",
        }),
      ),
    ...networks
      .filter(({ name }) => name !== "bridge")
      .flatMap(({ name, driver, subnets }) =>
        subnets
          .filter(({ subnet }) => isIpv4Cidr(subnet))
          .map(
            ({ subnet }): Taken => ({
              range: cidr(subnet),
              what: `the network ${name} (${driver}, ${subnet})`,
              avoided: true,
              anywhere: false,
              kind: "network",
            }),
          ),
      ),
  ];
}

/** The subnet that the file itself gives the default bridge; null where it gives none. */
export function givenSubnetOf({ after }: Pick<Step, "after">): { readonly key: string; readonly subnet: Cidr } | null {
  if (after.bridge === "none") return null;
  for (const key of ["bip", "fixed-cidr"] as const) {
    const text = after[key];
    if (text !== undefined && isIpv4Cidr(text)) return { key, subnet: cidr(text) };
  }
  return null;
}

function givenSubnet(taken: readonly Taken[], step: Step): Finding[] {
  const given = givenSubnetOf(step);
  if (given === null) return [];
  const { key, subnet } = given;
  return taken
    .filter(({ range, anywhere }) => !anywhere && range.overlaps(subnet))
    .map(({ what, kind }) =>
      danger(
        [key],
        kind === "network"
          ? `${key} ${subnet} overlaps ${what}: one of the two loses its packets, or dockerd refuses to start`
          : `${key} ${subnet} overlaps ${what}: the host would send to docker0 what belongs there`,
      ),
    );
}

function pools(situation: HostSituation, taken: readonly Taken[], step: Step): Finding[] {
  if (!differs(step, "default-address-pools") || step.after["default-address-pools"] === undefined) return [];
  const key = ["default-address-pools"];
  // What can't be cut at all keeps dockerd from starting, which others say.
  const wanted = addressPools({ ...situation.facts, configuration: step.after }).filter(
    ({ base, size }) => size >= base.prefix && size <= 32,
  );
  if (wanted.length === 0) return [];
  const subnets = firstOf(wanted);
  const free = subnets.filter((subnet) => !taken.some(({ avoided, range }) => avoided && range.overlaps(subnet)));
  const findings: Finding[] = [];
  const [first] = free;
  if (first === undefined) {
    const blockers = taken.filter(({ range }) => subnets.some((subnet) => range.overlaps(subnet)));
    return [
      danger(
        key,
        `no subnet of the pools is free: ${namesText(blockers.map(({ what }) => what))} cover them; docker0 and new networks get none`,
      ),
    ];
  }
  for (const { what, range, avoided, anywhere } of taken) {
    if (anywhere && !avoided) continue;
    const hit = free.filter((subnet) => range.overlaps(subnet));
    const skipped = subnets.filter((subnet) => range.overlaps(subnet)).length;
    if (!avoided && hit.length > 0)
      findings.push(
        danger(
          key,
          `the pools hold ${what}, and the engine does not look at that one: it would hand out ${hit[0]}${hit.length > 1 ? ` and ${hit.length - 1} more` : ""}`,
        ),
      );
    else if (skipped > 0)
      findings.push(
        change(
          key,
          `the pools hold ${what}: the engine passes over ${skipped} of their ${countText(subnets.length)} subnets while it is there`,
        ),
      );
  }
  // docker0 takes one of them where nothing else gives it an address.
  const own = givenSubnetOf(step) === null && step.after.bridge === undefined ? 1 : 0;
  const left = free.length - own;
  findings.push(
    change(
      key,
      `the next networks come from ${wanted.map(({ base, size }) => `${base} in /${size}`).join(", ")}: ${free.length} of ${countText(subnets.length)} subnets are free, the first is ${first}${own === 1 ? ", which docker0 takes" : ""}`,
    ),
  );
  if (left < FEW_SUBNETS)
    findings.push(
      danger(
        key,
        left <= 0
          ? "docker0 takes the only free subnet of the pools: no further network can be made"
          : `the pools have room for ${countOf(left, "new network")} only`,
      ),
    );
  return findings;
}

function countText(count: number): string {
  return count >= MAX_SUBNETS ? `first ${MAX_SUBNETS}` : String(count);
}

function firstOf(wanted: readonly AddressPool[]): Cidr[] {
  const subnets: Cidr[] = [];
  for (const subnet of poolSubnets(wanted)) {
    if (subnets.length >= MAX_SUBNETS) break;
    subnets.push(subnet);
  }
  return subnets;
}

/** A resolver that lies inside of the default bridge's new subnet would be looked for among the containers. */
function ownResolvers({ facts }: HostSituation, step: Step): Finding[] {
  const given = givenSubnetOf(step);
  const servers = step.after.dns ?? facts.host?.resolver.nameservers ?? [];
  if (given === null || step.after.dns === undefined) return [];
  return servers
    .filter((server) => given.subnet.contains(server))
    .map((server) =>
      danger(["dns", given.key], `the nameserver ${server} lies inside of docker0's own subnet ${given.subnet}`),
    );
}
