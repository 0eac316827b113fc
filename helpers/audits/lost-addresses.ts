import { sameAddress } from "../model/address.ts";
import type { LivingHost } from "../snapshot/living.ts";
import { holds, prefixOf } from "./addresses.ts";
import type { Bridge } from "./bridges.ts";

/** The ranges whose gateway, or any address, the bridge has to have and has not. */
export function lostAddresses(bridge: Bridge, host: LivingHost): Bridge["ranges"] {
  const has = host.addresses.find((one) => one.name === bridge.device)?.addresses ?? [];
  return addressedRanges(bridge).filter(({ gateway, subnet }) =>
    gateway === ""
      ? !has.some(({ address }) => holds(subnet, address))
      : !has.some(({ address }) => sameAddress(address, gateway)),
  );
}

/** Of a device with a smaller MTU the kernel takes IPv6 away, and all addresses of it (RFC 8200, section 5). */
export const LEAST_OF_IPV6 = 1280;

/** The IPv6 ranges whose gateway went because somebody gave the bridge a smaller MTU than IPv6 can have. */
export function lostByMtu(bridge: Bridge, host: LivingHost): Bridge["ranges"] {
  const { mtu = LEAST_OF_IPV6 } = host.addresses.find(({ name }) => name === bridge.device) ?? {};
  return mtu < LEAST_OF_IPV6 ? lostAddresses(bridge, host).filter(({ family }) => family === 6) : [];
}

/** The ranges that the engine gives the bridge an address of; one of an operator's may have its addresses elsewhere. */
export function addressedRanges({ ranges, network }: Bridge): Bridge["ranges"] {
  const inhibited = network.Options?.["com.docker.network.bridge.inhibit_ipv4"] === "true";
  return ranges.filter(({ family, mode }) => mode !== "isolated" && !(inhibited && family === 4));
}

/** The line that gives a bridge its gateway address of a range again; none where the engine does not tell it. */
export function addressBack({ device }: Bridge, { gateway, subnet, family }: Bridge["ranges"][number]): string[] {
  if (gateway === "") return [];
  return [`ip ${family === 6 ? "-6 " : ""}addr add ${gateway}/${prefixOf(subnet)} dev ${device}`];
}
