import type { Deviation } from "../../audits/deviation.ts";
import { cidr, isIpv4Cidr } from "../../model/cidr.ts";
import { type BridgeNetwork, bridgesOf, type HostState, type Snapshot } from "../../snapshot/snapshot.ts";
import { byHand, finding } from "../finding.ts";
import { routesInside } from "./container-routes.ts";
import { sysctlsOfBridge, sysctlsOfHost } from "./host-sysctls.ts";
import { policyOf } from "./ways.ts";

/** Routes, policy rules and network sysctls of the host and of the containers. */
export function checkRoutes(snapshot: Snapshot): Deviation[] {
  const { host, containers } = snapshot;
  return [
    ...(host === null
      ? []
      : [
          ...sysctlsOfHost(host),
          ...bridgesOf(snapshot).flatMap((bridge) => [
            ...ofClashes(host, bridge),
            ...sysctlsOfBridge(snapshot, host, bridge),
          ]),
          ...policyOf(snapshot, host),
        ]),
    ...containers.flatMap((container) => routesInside(snapshot, container)),
  ];
}

/** Addresses of the host's in a network's subnet. */
function ofClashes(host: HostState, { name, device, subnet }: BridgeNetwork): Deviation[] {
  if (!isIpv4Cidr(subnet)) return [];
  const own = cidr(subnet);
  const found: Deviation[] = [];
  for (const { name: other, addresses } of host.addresses.filter((candidate) => candidate.name !== device)) {
    const clash = addresses.find(({ family, address }) => family === 4 && own.contains(address));
    if (clash !== undefined)
      found.push(
        finding(
          "routes",
          "blocks",
          [name],
          ["address", "overlap", "subnet", "conflict"],
          `The host's device ${other} has the address ${clash.address}/${clash.prefix}, which lies in subnet ${subnet} of network ${name} (${device}): both claim the same addresses.`,
          {
            group: `address ${clash.address} ${other}`,
            evidence: [`ip addr show ${other}: ${clash.address}/${clash.prefix}`],
            mends:
              byHand(
                "take the address away from there, or give the network another subnet",
                `ip addr del ${clash.address}/${clash.prefix} dev ${other}`,
                `ip addr show dev ${other}`,
              ).mends ?? [],
          },
        ),
      );
  }
  return found;
}
