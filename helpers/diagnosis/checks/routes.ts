import type { Deviation } from "../../audits/deviation.ts";
import { forgetNeighbours, neighboursKey, routeKey } from "../../cause/keys.ts";
import { RESTART_ENGINE } from "../../cause/mend.ts";
import { cidr, isIpv4Cidr } from "../../model/cidr.ts";
import { routeWords } from "../../probes/route-words.ts";
import { type BridgeNetwork, bridgesOf, endpointsOf, type HostState, type Snapshot } from "../../snapshot/snapshot.ts";
import { byHand, finding } from "../finding.ts";
import { routesInside } from "./container-routes.ts";
import { droppedToo, sysctlsOfBridge, sysctlsOfHost } from "./host-sysctls.ts";
import { covers, routeText } from "./route-words.ts";
import { policyOf, waysTo } from "./ways.ts";

/** Routes, policy rules and network sysctls of the host and of the containers. */
export function checkRoutes(snapshot: Snapshot): Deviation[] {
  const { host, containers, facts } = snapshot;
  return [
    ...(host === null
      ? []
      : [
          ...sysctlsOfHost(host, facts.configuration["ip-forward"] !== false),
          ...bridgesOf(snapshot).flatMap((bridge) => [
            ...ofSubnet(host, bridge),
            ...sysctlsOfBridge(snapshot, host, bridge),
          ]),
          ...waysTo(snapshot, host),
          ...writtenNeighbours(snapshot, host),
          ...policyOf(snapshot, host),
        ]),
    ...containers.flatMap((container) => routesInside(snapshot, container)),
  ];
}

/** What somebody wrote into the host's neighbour table of addresses that containers have. */
function writtenNeighbours({ containers, networks }: Snapshot, { neighbours }: HostState): Deviation[] {
  return bridgesOf({ networks }).flatMap(({ name, device }) =>
    containers.flatMap((container) => {
      const settings = endpointsOf(container).find((endpoint) => endpoint.name === name)?.settings;
      const own = settings?.MacAddress.toLowerCase() ?? "";
      if (settings === undefined || own === "") return [];
      return neighbours
        .filter(
          (one) =>
            one.device === device &&
            one.mac !== own &&
            [settings.IPAddress, settings.GlobalIPv6Address].includes(one.address),
        )
        .map(({ address, mac }) =>
          finding(
            "routes",
            "blocks",
            [container.name],
            ["arp"],
            `The host's neighbour table says for good that ${address} on ${device} is ${mac}, and container ${container.name}, which has that address, is ${own}: what the host sends it reaches nobody.`,
            {
              group: neighboursKey(device),
              act: "Somebody wrote the entry by hand (ip neigh, arp -s) for a container that had the address before.",
              evidence: [`ip neigh: ${address} dev ${device} lladdr ${mac} PERMANENT`],
              mends:
                byHand(
                  "forget what was written by hand of this bridge",
                  forgetNeighbours(device),
                  `ip neigh show dev ${device}`,
                ).mends ?? [],
              family: address.includes(":") ? 6 : 4,
            },
          ),
        );
    }),
  );
}

/** The host's route to a network's subnet, and others that cover it. */
function ofSubnet(host: HostState, { name, device, subnet }: BridgeNetwork): Deviation[] {
  if (!isIpv4Cidr(subnet)) return [];
  const own = cidr(subnet);
  const found: Deviation[] = [];
  const link = host.links.find((candidate) => candidate.name === device);
  const leads = host.routes.some(
    (route) => covers(route) && route.interface === device && cidr(route.destination).equals(own),
  );
  const others = host.routes.filter((candidate) => covers(candidate) && candidate.interface !== device);
  // One of just this range keeps Docker's from being put back: that one is the cause.
  const isTaken = others.some((route) => cidr(route.destination).equals(own));
  if (!leads && !isTaken && link?.up === true)
    found.push(
      finding(
        "routes",
        "blocks",
        [name],
        ["route", "subnet"],
        `The host has no route to subnet ${subnet} of network ${name} over ${device}: somebody deleted it or the address of the bridge.`,
        {
          mends: [
            {
              cost: "",
              what: "put the route back",
              commands: [`ip route add ${subnet} dev ${device}`],
              check: `ip route get ${own.firstHost}`,
            },
            RESTART_ENGINE,
          ],
        },
      ),
    );
  for (const route of others) {
    const range = cidr(route.destination);
    if (!own.overlaps(range) || range.prefix < own.prefix) continue;
    found.push(
      finding(
        "routes",
        "blocks",
        [name],
        ["route", "subnet", "overlap", "vpn"],
        `The host's route ${routeText(route)} covers addresses of subnet ${subnet} of network ${name}, which belong to ${device} (a VPN, another network?): packets to its containers leave by ${route.interface ?? "nowhere"}.${droppedToo(host, device)} The two can't both have these addresses.`,
        {
          group: routeKey(routeText(route)),
          evidence: [routeText(route).replaceAll("`", "")],
          act: "A VPN or another network that came up after dockerd brought the route.",
          mends: [
            {
              cost: "",
              what: `delete that route (whoever made it loses its way there)${leads ? "" : ", and put Docker's back"}`,
              commands: [
                `ip route del ${routeWords(route)}`,
                ...(leads ? [] : [`ip route add ${subnet} dev ${device}`]),
              ],
              check: `ip route show ${subnet}`,
            },
          ],
        },
      ),
    );
  }
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
