import { expect } from "vitest";
import { automaticGateway, firstContainerAddress } from "../../../helpers/expectations/user-network.ts";
import { cidr, lowestFreeHost } from "../../../helpers/model/cidr.ts";
import { isLocallyAdministeredUnicast, macFromAddress } from "../../../helpers/model/mac.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { link, links } from "../../../helpers/probes/links.ts";
import { chapter, cite, D0, D1, D2, D4, engine, requirement, stage } from "../../../helpers/requirement/index.ts";
import { askedOf } from "../asked.ts";
import { ipv4On, lan } from "./site.ts";

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
