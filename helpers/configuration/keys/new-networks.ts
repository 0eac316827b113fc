import { cidr, isIpv4Cidr } from "../../model/cidr.ts";
import type { NetworkConfiguration } from "../../model/configuration-facts.ts";
import { pools } from "./judge-value.ts";
import type { NetworkKey } from "./key.ts";

/** Keys that count for networks that are created from now on. */
export const NEW_NETWORK_KEYS = {
  "default-address-pools": {
    kind: "pools",
    scope: "new networks",
    flag: "default-address-pool",
    otherwise: "the engine's own pools: 172.17.0.0/16 to 172.31.0.0/16 and 192.168.0.0/16 in /20s",
    effect: "subnets of new networks, and of docker0 when `bip` is not set",
    influences: ["user-defined-bridge", "default-bridge", "network-list", "inspect"],
    observedBy: ["UDN-12"],
    default: () => [],
    idle: ({ configuration }) =>
      poolsInside(configuration["default-address-pools"] ?? []).map(
        ({ inner, outer }) => `the pool ${inner} lies inside of ${outer}: it adds no subnet`,
      ),
    judge: pools,
    told: ({ info }) => (info.DefaultAddressPools ?? []).map(({ Base, Size }) => ({ base: Base, size: Size })),
  },
  "default-network-opts": {
    kind: "driver options",
    scope: "new networks",
    flag: "default-network-opt",
    since: "default-network-options",
    otherwise: "new networks have only the options that they are created with",
    effect: "driver options of new networks, below what is asked for",
    influences: ["user-defined-bridge", "inspect"],
    observedBy: ["INSPECT-26", "CONNECT-10"],
  },
} as const satisfies Readonly<Record<string, NetworkKey>>;

/** Pools that another one covers; of equal ones the later. */
function poolsInside(given: NonNullable<NetworkConfiguration["default-address-pools"]>) {
  const ranges = given.filter(({ base }) => isIpv4Cidr(base)).map(({ base }) => cidr(base));
  return ranges.flatMap((inner, index) => {
    const outer = ranges.find(
      (other, at) => at !== index && other.contains(inner) && (at < index || other.prefix < inner.prefix),
    );
    return outer === undefined ? [] : [{ inner, outer }];
  });
}
