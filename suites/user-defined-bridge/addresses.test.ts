import { expect } from "vitest";
import { labelsOf, nameOf } from "../../helpers/engine/run-identity.ts";
import { removeContainer } from "../../helpers/engine/sweep.ts";
import {
  addressOutsideSubnet,
  staticAddressNeedsSubnet,
  staticAddressNeedsUserNetwork,
} from "../../helpers/expectations/refusals.ts";
import { automaticGateway, firstContainerAddress } from "../../helpers/expectations/user-network.ts";
import { isInPools } from "../../helpers/model/address-pools.ts";
import { type Cidr, cidr, isIpv4Cidr, lowestFreeHost } from "../../helpers/model/cidr.ts";
import type { Vantage } from "../../helpers/model/evidence.ts";
import { isLocallyAdministeredUnicast, macFromAddress } from "../../helpers/model/mac.ts";
import { has } from "../../helpers/model/version-switches.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { link, links } from "../../helpers/probes/links.ts";
import { defaultRoute, routes } from "../../helpers/probes/routes.ts";
import { briefly } from "../../helpers/requirement/briefly.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  D0,
  D1,
  D2,
  D4,
  engine,
  requirement,
  type Session,
  stage,
  theEngine,
  topology,
} from "../../helpers/requirement/index.ts";
import { mustBeRefused, mustSay, type Refusal } from "../../helpers/requirement/refusal.ts";
import { inspectNetwork, listNetworks } from "../../helpers/topology/network-record.ts";
import type { IpamRange } from "../../helpers/topology/spec.ts";

const POOLS_SELECT = cite(
  "docs/network#automatic-subnet-allocation",
  'Docker automatically selects a subnet from predefined "default address pools".',
);

/** A network in whose subnet the engine chooses all addresses, one whose gateway is its last host, and containers that join in turn. */
const lan = topology("udn-addresses", {
  networks: {
    plain: bridge(),
    high: bridge({ layout: (subnet) => ({ Gateway: cidr(subnet).lastHost }) }),
  },
  containers: {
    first: busybox({ on: "plain" }),
    second: busybox({ on: "plain", after: ["first"] }),
    low: busybox({ on: "high" }),
    fixed: busybox({ on: "high", ip: (subnet) => cidr(subnet).host(200) }),
  },
});

/** A network whose subnet the engine takes from its pools: the only one of a run that needs room there. */
const fromPools = topology("udn-automatic", {
  networks: { automatic: bridge({ subnet: "automatic" }) },
  containers: { member: busybox({ on: "automatic" }) },
});

/** A container with an address of its own choice on a network whose subnet the engine chose: only where that is allowed. */
const chosenOnAutomatic = stage(fromPools, async ({ networks: { automatic } }, session) => {
  const address = cidr(automatic.subnet).lastHost;
  const containers = { wilful: busybox({ on: `network:${automatic.name}`, ip: address }) };
  return await briefly(session, "udn-static", { containers }, async ({ containers: { wilful } }) => ({
    asked: address,
    got: (await ipv4On(wilful, "eth0")).map((one) => one.address),
  }));
});

/** Everybody's addresses and routes before anybody joins a second network. */
const settled = stage(lan, async ({ first, second, low, fixed, networks }) => {
  const [firstAddress, secondAddress, lowAddress, fixedAddress, interfaces] = await Promise.all([
    ipv4On(first, "eth0"),
    ipv4On(second, "eth0"),
    ipv4On(low, "eth0"),
    ipv4On(fixed, "eth0"),
    links(first),
  ]);
  return {
    first,
    second,
    low,
    fixed,
    networks,
    firstAddress,
    secondAddress,
    lowAddress,
    fixedAddress,
    interfaces,
  };
});

/** A second container joins the network with a free low end, both leave, and the second joins again: first with, then without a member below it. */
const turnover = stage(settled, async ({ second, low, lowAddress, networks: { high } }, { docker }) => {
  const network = docker.getNetwork(high.id);
  const join = async (): Promise<string> => {
    await network.connect({ Container: second.id });
    // Engines differ in the name of an interface that comes a second time: eth1 or eth2.
    const joined = (await addresses(second)).find((one) => cidr(high.subnet).contains(one.address));
    return joined?.address ?? `no address in ${high.subnet}`;
  };
  const beside = await join();
  await network.disconnect({ Container: second.id });
  await network.disconnect({ Container: low.id });
  return { high, left: lowAddress[0]?.address ?? "none", beside, afterwards: await join() };
});

const IP_DROPPED =
  "something between here and the engine drops `--ip` from requests (an authorization plugin, a platform's proxy): the engine gave an address of its own choice instead of refusing";

const onSettled = chapter({ given: settled });

onSettled(
  "UDN-08",
  {
    must: "A container started with `--network NAME` MUST get its address from that network's subnet",
    from: [
      cite(
        "docs/network#ip-address-and-hostname",
        "A container receives an IP address out of the IP subnet of the network.",
      ),
      D0("3.3.3"),
      D1("新建网桥"),
      D2("四"),
    ],
  },
  ({ firstAddress, lowAddress, networks }) => {
    const places = { plain: subnetsWith(networks, firstAddress), high: subnetsWith(networks, lowAddress) };
    expect(places, "the networks whose subnet holds the address that a container of each really has").toEqual({
      plain: ["plain"],
      high: ["high"],
    });
  },
);

onSettled(
  "UDN-09",
  {
    must: "The eth0 of a container on a user-defined bridge MUST have the prefix length and the broadcast address of the network's subnet",
    from: [
      cite(
        "docs/network#ip-address-and-hostname",
        "A container receives an IP address out of the IP subnet of the network.",
      ),
      D0("3.3.3"),
      D1("新建网桥"),
    ],
  },
  ({ firstAddress, lowAddress, networks: { plain, high } }) => {
    for (const [found, network] of [
      [firstAddress, plain],
      [lowAddress, high],
    ] as const) {
      const { prefix, broadcast } = cidr(network.subnet);
      expect(
        found.map((one) => ({ prefix: one.prefix, broadcast: one.broadcast })),
        `eth0 of a container in ${network.subnet}`,
      ).toEqual([{ prefix, broadcast }]);
    }
  },
);

onSettled(
  "UDN-10",
  {
    must: "The MAC address of a container on a user-defined bridge MUST be 02:42 followed by the four bytes of its IPv4 address",
    from: [D0("3.3.3"), D1("新建网桥"), D2("四")],
    until: "random-mac",
  },
  ({ interfaces, firstAddress }) => {
    const own = firstAddress[0]?.address ?? "";
    expect(interfaces.find((one) => one.name === "eth0")?.mac, `MAC of eth0 with the address ${own}`).toBe(
      macFromAddress(own),
    );
  },
);

onSettled(
  "UDN-10b",
  {
    must: "The MAC address of a container on a user-defined bridge MUST be locally administered, unlike any other container's, and the one that the engine reports",
    from: [
      cite(
        "docs/release-28#2800",
        "Container interfaces in bridge and macvlan networks now use randomly generated MAC addresses.",
      ),
      engine("moby#48808"),
    ],
    since: "random-mac",
  },
  async ({ interfaces, first, second }) => {
    const mac = interfaces.find((one) => one.name === "eth0")?.mac ?? "";
    expect(isLocallyAdministeredUnicast(mac), `${mac} is locally administered and unicast`).toBe(true);
    expect(first.settingsOn("plain").MacAddress, "the MAC that the engine reports").toBe(mac);
    expect((await link(second, "eth0"))?.mac, "the MAC of another container").not.toBe(mac);
  },
);

const onFromPools = chapter({ given: fromPools });

onFromPools(
  "UDN-11",
  {
    must: "A bridge network created without a subnet MUST get one by itself, and its containers MUST live in it",
    from: [POOLS_SELECT, D1("新建网桥"), D2("四")],
    judgesPools: true,
  },
  async ({ member, networks: { automatic } }, { docker }) => {
    const { IPAM } = await inspectNetwork(docker, automatic.id);
    const subnets = (IPAM.Config ?? []).map((config) => config.Subnet ?? "").filter(isIpv4Cidr);
    const lived = (await ipv4On(member, "eth0")).map((one) => cidr(`${one.address}/${one.prefix}`).toString());
    expect(subnets, "IPv4 subnets that the engine reports, against the one that the container's eth0 is in").toEqual(
      lived,
    );
  },
);

onFromPools(
  "UDN-12",
  {
    must: "A subnet that the engine chooses for a network without `--subnet` MUST be one of its address pools' networks, and overlap no other network and no route of the host that its version looks at",
    from: [POOLS_SELECT, D1("新建网桥")],
    needs: ["host view"],
    cause: "compare `default-address-pools` in daemon.json with `ip route` on the host (VPN routes too)",
  },
  async ({ networks: { automatic } }, session) => {
    const own = cidr(automatic.subnet);
    expect(isInPools(automatic.subnet, session.facts), `${own} is a network of the engine's address pools`).toBe(true);
    const others = (await listNetworks(session.docker)).filter((network) => network.Id !== automatic.id);
    const used = others.flatMap((network) =>
      (network.IPAM.Config ?? []).map((config) => config.Subnet ?? "").filter(isIpv4Cidr),
    );
    expect(overlapping(own, used), `other networks that overlap ${own}`).toEqual([]);
    const hostRoutes = (await routes(await session.host())).filter(
      (route) => route.prefix > 0 && route.interface !== automatic.device,
    );
    // Since 23.0 what lies behind a gateway, as all of a VPN may, is nothing that the engine avoids.
    const avoided = has(session.facts, "pools-avoid-on-link-routes-only")
      ? hostRoutes.filter(({ flags }) => !flags.gateway)
      : hostRoutes;
    const destinations = avoided.map((route) => `${route.destination}/${route.prefix}`);
    expect(overlapping(own, destinations), `routes of the host that overlap ${own}`).toEqual([]);
  },
);

onFromPools(
  "UDN-13",
  {
    must: "The gateway that the engine chooses for a network without `--ip-range` MUST be the first host address of its subnet, and containers MUST use it",
    from: [
      cite(
        "cli/network_create#specify-advanced-options",
        "If you omit the --gateway flag, Docker Engine selects one for you from inside a preferred pool.",
      ),
      D1("新建网桥"),
    ],
  },
  async ({ member, networks: { automatic } }) => {
    const [[own], route] = await Promise.all([ipv4On(member, "eth0"), defaultRoute(member)]);
    const gateway = automaticGateway(cidr(`${own?.address}/${own?.prefix}`));
    expect(
      { reported: automatic.gateway, used: route?.gateway },
      "the gateway as the engine reports it and as the container uses it",
    ).toEqual({ reported: gateway, used: gateway });
  },
);

onSettled(
  "UDN-14",
  {
    must: "The first two containers on a network MUST get the first and the second address after the gateway",
    from: [D1("新建网桥")],
  },
  ({ networks: { plain }, firstAddress, secondAddress }) => {
    const subnet = cidr(plain.subnet);
    const expected = firstContainerAddress(subnet, automaticGateway(subnet));
    expect(
      [...firstAddress, ...secondAddress].map((one) => one.address),
      "addresses of the first and the second container",
    ).toEqual([expected, lowestFreeHost(subnet, [automaticGateway(subnet), expected])]);
  },
);

onSettled(
  "UDN-15",
  {
    must: "Where the gateway is not the first host address of a subnet, the first container MUST get that first host address",
    from: [D2("四")],
  },
  ({ networks: { high }, lowAddress }) => {
    const { Subnet, Gateway = "" } = askedOf(high);
    const expected = firstContainerAddress(cidr(Subnet), Gateway);
    expect(expected, "the address below the gateway").toBe(cidr(Subnet).firstHost);
    expect(
      lowAddress.map((one) => one.address),
      `the first container's address on ${Subnet} with the gateway ${Gateway}`,
    ).toEqual([expected]);
  },
);

requirement(
  "UDN-17",
  {
    must: "The lowest free address of a network MUST be given again after the container that had it left",
    from: [D2("四"), D2("五")],
  },
  turnover,
  ({ high, left, beside, afterwards }) => {
    const subnet = cidr(askedOf(high).Subnet);
    expect(left, "the first container's address").toBe(subnet.host(1));
    expect(beside, "a container that joins while the first one is there").toBe(subnet.host(2));
    expect(afterwards, `the same container when it joins after the one with ${left} left`).toBe(left);
  },
);

onSettled(
  "UDN-18",
  {
    must: "`--ip` on a network with a user-chosen subnet MUST give the container exactly that address",
    from: [
      cite(
        "cli/network_connect#ip",
        "You can specify the IP address you want to be assigned to the container's interface.",
      ),
      D2("四"),
    ],
  },
  ({ networks: { high }, fixed, fixedAddress }) => {
    const wanted = cidr(askedOf(high).Subnet).host(200);
    expect(
      fixedAddress.map((one) => one.address),
      "the container's own IPv4 addresses",
    ).toEqual([wanted]);
    expect(fixed.addressOn("high"), "the address that the engine reports").toBe(wanted);
  },
);

onSettled(
  "UDN-19",
  {
    must: "A static address MUST have the prefix length of its network",
    from: [
      cite("docs/network#ip-address-and-hostname", "Each network also has a default subnet mask and gateway."),
      D2("四"),
    ],
  },
  ({ networks: { high }, fixedAddress }) => {
    expect(
      fixedAddress.map((one) => one.prefix),
      "prefix length of the static address",
    ).toEqual([cidr(askedOf(high).Subnet).prefix]);
  },
);

/** What the engine says to a static address that no subnet of the network holds. */
const outside = stage(lan, async ({ networks: { high } }, session) => {
  const address = cidr(session.subnets.choose(24)).host(10);
  return {
    address,
    refusal: await refuseStaticAddress(
      session,
      high.name,
      address,
      `--ip ${address} on a network with the subnet ${high.subnet}`,
    ),
  };
});

const onOutside = chapter({ given: outside });

onOutside(
  "UDN-20",
  {
    must: "`--ip` with an address outside every subnet of the network MUST be refused, and no container run",
    from: [D2("四")],
    cause: IP_DROPPED,
  },
  ({ refusal }) => {
    // The status is 500 at start on 20.10, 400 later: only the refusal is required.
    expect(refusal.running, "the container runs after the refusal").toBe(false);
  },
);

onOutside(
  "UDN-21",
  {
    must: "The refusal of a static address outside the network MUST name the address and say that it does not belong to any of the network's subnets",
    from: [D2("四")],
    until: "message-names-configured-subnet",
  },
  ({ address, refusal }, { facts }) => {
    mustSay(`--ip ${address} outside the network`, refusal, addressOutsideSubnet(facts, address));
  },
);

onOutside(
  "UDN-21b",
  {
    must: "The refusal of a static address outside the network MUST name the address and say that no configured subnet contains it",
    from: [engine("moby v25.0.0")],
    since: "message-names-configured-subnet",
    cause: IP_DROPPED,
  },
  ({ address, refusal }, { facts }) => {
    mustSay(`--ip ${address} outside the network`, refusal, addressOutsideSubnet(facts, address));
  },
);

onFromPools(
  "UDN-22",
  {
    must: "`--ip` on a network whose subnet the engine chose MUST be refused",
    from: [
      cite(
        "cli/container_run#network",
        "To assign a static IP to containers, you must specify subnet block for the network.",
      ),
      D2("四"),
    ],
    until: "static-address-on-automatic-subnet",
    cause: IP_DROPPED,
  },
  async ({ networks: { automatic } }, session) => {
    const what = `--ip on a network with the automatic subnet ${automatic.subnet}`;
    mustSay(
      what,
      await refuseStaticAddress(session, automatic.name, cidr(automatic.subnet).lastHost, what),
      staticAddressNeedsSubnet(),
    );
  },
);

requirement(
  "UDN-22b",
  {
    must: "`--ip` on a network whose subnet the engine chose MUST give the container exactly that address",
    from: [
      cite(
        "docs/release-29#2904",
        "Allow creation of a container with a specific IP address when its networks were not configured with a specific subnet.",
      ),
      engine("moby#51583"),
    ],
    since: "static-address-on-automatic-subnet",
  },
  chosenOnAutomatic,
  ({ asked, got }) => {
    expect(got, "the container's own IPv4 addresses").toEqual([asked]);
  },
);

requirement(
  "UDN-23",
  {
    must: "`--ip` on the default bridge MUST be refused: static addresses are for user-defined networks",
    from: [
      cite(
        "cli/container_run#network",
        "You can also choose the IP addresses for the container with --ip and --ip6 flags when you start the container on a user-defined network.",
      ),
      D2("四"),
    ],
    needs: ["default bridge"],
  },
  theEngine,
  async (session) => {
    const address = cidr(session.facts.defaultBridge?.subnet ?? "").lastHost;
    const what = `--ip ${address} on the default bridge`;
    mustSay(what, await refuseStaticAddress(session, "bridge", address, what), staticAddressNeedsUserNetwork());
  },
);

onSettled(
  "UDN-34",
  {
    must: "A container started with `--network NAME` MUST be on that network and on no other",
    from: [D2("五.1"), D4("简单回顾")],
  },
  ({ first, interfaces, networks: { plain } }) => {
    expect(
      interfaces.map((one) => one.name),
      "the container's interfaces",
    ).toEqual(["lo", "eth0"]);
    expect(Object.keys(first.inspected.NetworkSettings.Networks), "the networks that the engine lists for it").toEqual([
      plain.name,
    ]);
    expect(first.settingsOn("plain").NetworkID, "the network's id at the container").toBe(plain.id);
  },
);

async function ipv4On(from: Vantage, name: string) {
  return (await addresses(from, name)).filter((address) => address.family === 4);
}

/** Keys of the networks whose subnet holds all of these addresses. */
function subnetsWith<N extends string>(
  networks: Readonly<Record<N, { readonly subnet: string }>>,
  found: readonly { readonly address: string }[],
): N[] {
  const keys = Object.keys(networks) as N[];
  return keys.filter(
    (key) => found.length > 0 && found.every((one) => cidr(networks[key].subnet).contains(one.address)),
  );
}

function overlapping(own: Cidr, ranges: readonly string[]): string[] {
  return ranges.filter((range) => cidr(range).overlaps(own));
}

/** What a network was created with; a topology's networks with a subnet of their own always have it. */
function askedOf({ key, asked }: { readonly key: string; readonly asked: IpamRange | null }): IpamRange {
  if (asked === null) throw new Error(`the network ${key} was created without a range`);
  return asked;
}

/** Asks for a container with a static address that must be refused, at its creation or at its start; what was made of it is removed. */
async function refuseStaticAddress(
  session: Session,
  network: string,
  address: string,
  what: string,
): Promise<Refusal & { readonly running: boolean }> {
  const name = nameOf(session.runId, `udn-static-${address}`);
  try {
    const refusal = await mustBeRefused(what, async () => {
      const container = await session.docker.createContainer({
        name,
        Image: session.images.busybox,
        Cmd: ["sleep", "60"],
        Labels: labelsOf(session.runId),
        HostConfig: { NetworkMode: network, CapDrop: ["ALL"] },
        NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: address } } } },
      });
      await container.start();
    });
    // Without `all` the list holds running containers only.
    const running = await session.docker.listContainers({ filters: { name: [name] } });
    return { ...refusal, running: running.length > 0 };
  } finally {
    await removeContainer(session.docker, name);
  }
}
