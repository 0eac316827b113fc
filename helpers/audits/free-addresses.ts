import { listed } from "../cause/mend.ts";
import { cidr, isIpv4Cidr } from "../model/cidr.ts";
import type { NetworkRecord } from "../model/engine-answers.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { deviceOf } from "../snapshot/snapshot.ts";
import { type Findings, notes, together } from "./deviation.ts";

/** Networks whose addresses this engine alone hands out: of an overlay's, other hosts have some. */
const OWN_ADDRESSES: ReadonlySet<string> = new Set(["bridge", "macvlan", "ipvlan"]);

/** So many containers of a full network are named. */
const NAMED = 5;

/** Networks that have no free IPv4 address left: what is started on them next does not start. */
export function auditFreeAddresses(snapshot: LivingSnapshot): Findings {
  return together(
    snapshot.networks
      .filter((network) => OWN_ADDRESSES.has(network.Driver) && isFull(snapshot, network))
      .map(({ Name, IPAM }) => {
        const holders = snapshot.containers
          .filter(({ endpoints }) => endpoints.some(({ network, address }) => network === Name && address !== ""))
          .map(({ name }) => name);
        const named = holders.length > NAMED ? `${holders.length} containers` : listed(holders);
        const range = (IPAM.Config ?? []).map(({ IPRange, Subnet }) => IPRange || Subnet).find(isOfIpv4) ?? "";
        return notes({
          key: `no-free-address ${Name}`,
          what: `Network ${Name} has no free address left in ${range}${named === "" ? "" : `; ${named} ${holders.length === 1 ? "has" : "have"} them`}: the next container on it does not start.`,
          todo: "Create it anew with a larger subnet, or stop a container that need not run.",
          subjects: [{ kind: "network", name: Name }],
        });
      }),
  );
}

function isOfIpv4(range: string | undefined): range is string {
  return range !== undefined && isIpv4Cidr(range);
}

/**
 * Whether no address is left to hand out: of the range that the network was given, else of its subnet, without the
 * subnet's own two, the gateway and the reserved ones.
 */
function isFull({ containers, beside, host }: LivingSnapshot, network: NetworkRecord): boolean {
  const [config, ...others] = (network.IPAM.Config ?? []).filter(({ Subnet }) => isOfIpv4(Subnet));
  // A driver of the engine's takes one; others have their own addresses to hand out.
  if (config?.Subnet === undefined || others.length > 0 || network.IPAM.Driver !== "default") return false;
  const subnet = cidr(config.Subnet);
  const range = isOfIpv4(config.IPRange) ? cidr(config.IPRange) : subnet;
  const size = 2 ** (32 - range.prefix);
  const taken = [
    ...(subnet.prefix >= 31 ? [] : [subnet.network, subnet.broadcast]),
    (config.Gateway ?? "").split("/")[0] ?? "",
    ...Object.values(config.AuxiliaryAddresses ?? {}),
    ...beside.addresses,
    // The engine does not tell a gateway that it chose itself.
    ...(host?.addresses.find(({ name }) => name === deviceOf(network))?.addresses ?? []).map(({ address }) => address),
    ...containers.flatMap(({ endpoints }) =>
      endpoints.flatMap(({ networkId, address, gateway }) => (networkId === network.Id ? [address, gateway] : [])),
    ),
  ];
  return new Set(taken.filter((address) => range.contains(address))).size >= size;
}
