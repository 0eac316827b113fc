import { expect } from "vitest";
import { dockerErrorOf } from "../../helpers/engine/docker-error.ts";
import { labelsOf, nameOf } from "../../helpers/engine/run-identity.ts";
import { removeContainer, removeNetwork } from "../../helpers/engine/sweep.ts";
import { macvlanImpossible, macvlanParent, unfitMacvlanParent } from "../../helpers/expectations/macvlan-parent.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import type { Facts } from "../../helpers/model/facts.ts";
import { isLocallyAdministeredUnicast, macFromAddress } from "../../helpers/model/mac.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { arping } from "../../helpers/probes/arping.ts";
import { link, links } from "../../helpers/probes/links.ts";
import { parentInterface } from "../../helpers/probes/parent-interface.ts";
import { http, ping } from "../../helpers/probes/reach.ts";
import { defaultRoute, routes } from "../../helpers/probes/routes.ts";
import { eventually } from "../../helpers/requirement/eventually.ts";
import {
  busybox,
  chapter,
  cite,
  D1,
  engine,
  macvlan,
  mustNotReach,
  mustReach,
  NotApplicable,
  NotRun,
  nginx,
  requirement,
  type Session,
  stage,
  theEngine,
  topology,
} from "../../helpers/requirement/index.ts";
import { mustBeRefused } from "../../helpers/requirement/refusal.ts";
import type { StartedNetwork } from "../../helpers/topology/create-network.ts";
import { parseWebAnswer } from "../../helpers/topology/web-server.ts";

const NOT_THE_HOST = cite(
  "libnetwork/macvlan#macvlan-bridge-mode-example-usage",
  "NOTE: the containers can NOT ping the underlying host interfaces as",
);

const HOSTS_WITH_A_PARENT =
  "hosts with an Ethernet interface that may carry macvlan: DNC_MACVLAN_PARENT, else that of the default route";

/** An address for documentation (RFC 5737) that is outside every test network. */
const OUTSIDE = "198.51.100.77";

/** How long the neighbours of a new gateway may need to find it. */
const SETTLE_MS = 15_000;

/** How the subnet is divided: a range of four addresses of which two are reserved, and a gateway at the far end. */
function layout(subnet: string) {
  const all = cidr(subnet);
  return {
    IPRange: `${all.host(32)}/30`,
    Gateway: all.host(254),
    AuxiliaryAddresses: { "my-router": all.host(32), "my-printer": all.host(33) },
  };
}

/** The two addresses of the range that are left to give. */
function givable(subnet: string): string[] {
  return [cidr(subnet).host(34), cidr(subnet).host(35)];
}

/** A static address that lies outside the range. */
function outsideRange(subnet: string): string {
  return cidr(subnet).host(100);
}

/**
 * One macvlan network in a subnet that exists nowhere else, its gateway included: two containers that use up its range,
 * and a web server on a static address outside the range. The second container can become the missing gateway.
 */
const declared = topology("macvlan", {
  networks: { lan: macvlan({ layout, options: (facts) => ({ parent: macvlanParent(facts) ?? "" }) }) },
  containers: {
    first: busybox({ on: "lan" }),
    second: busybox({ on: "lan", capabilities: ["NET_ADMIN"] }),
    fixed: nginx({ on: "lan", ip: outsideRange }),
  },
});

/** The parent's name, once it is known to be possible and harmless. */
const parent = stage(theEngine, async ({ facts, host }) => {
  const name = macvlanParent(facts);
  if (name === null) {
    if (facts.host === null) throw new NotRun(facts.hostViewMissing);
    throw new NotApplicable(
      "none of the host's interfaces stands out to make macvlan interfaces of (DNC_MACVLAN_PARENT names one)",
    );
  }
  const chosen = name !== facts.host?.uplink?.interface;
  const unfit = chosen ? null : unfitMacvlanParent(await parentInterface(await host(), name));
  if (unfit !== null) throw new NotApplicable(unfit);
  return name;
});

const lan = stage(parent, async (name) => {
  try {
    return { ...(await declared.obtain()), parent: name };
  } catch (error) {
    const impossible = macvlanImpossible(dockerErrorOf(error)?.message ?? "");
    if (impossible !== null) throw new NotApplicable(impossible);
    throw error;
  }
});

/** A macvlan network as the engine presents it. */
interface InspectedNetwork {
  readonly Id: string;
  readonly Driver: string;
  readonly EnableIPv6: boolean;
  readonly Internal: boolean;
  readonly Options: Readonly<Record<string, string>> | null;
  readonly IPAM: {
    readonly Config:
      | readonly {
          readonly Subnet?: string;
          readonly IPRange?: string;
          readonly Gateway?: string;
          readonly AuxiliaryAddresses?: Readonly<Record<string, string>>;
        }[]
      | null;
  };
  readonly Containers?: Readonly<Record<string, unknown>>;
}

async function inspected({ docker }: Session, id: string): Promise<InspectedNetwork> {
  return (await docker.getNetwork(id).inspect()) as InspectedNetwork;
}

async function ipam(session: Session, network: StartedNetwork) {
  const [range, ...more] = (await inspected(session, network.id)).IPAM.Config ?? [];
  expect(more, "further address ranges of the network").toEqual([]);
  return range ?? {};
}

/** The part that every row of a running macvlan network has. */
const here = { appliesTo: HOSTS_WITH_A_PARENT } as const;

const onLan = chapter({ given: lan, ...here });

onLan(
  "MACVLAN-01",
  {
    must: "Creating a network of driver macvlan with `--subnet`, `--ip-range`, `--gateway` and an existing host interface as `-o parent` MUST succeed, and containers MUST start on it",
    from: [
      cite(
        "docs/macvlan#bridge-mode",
        "To create a macvlan network which bridges with a given physical network interface, use --driver macvlan with the docker network create command.",
      ),
      D1("macvlan 新建"),
    ],
  },
  async ({ networks, first, second, fixed }, session) => {
    const network = await inspected(session, networks.lan.id);
    expect(network.Driver, "driver of the created network").toBe("macvlan");
    expect(Object.keys(network.Containers ?? {}).toSorted(), "ids of the containers on it").toEqual(
      [first.id, second.id, fixed.id].toSorted(),
    );
  },
);

onLan(
  "MACVLAN-02",
  {
    must: "inspect of a macvlan network MUST show the subnet asked for, which is the one that its containers have as their own link",
    from: [
      cite(
        "docs/macvlan",
        "you need to designate a physical interface on your Docker host to use for the Macvlan, as well as the subnet and gateway of the network",
      ),
      D1("macvlan 新建"),
    ],
  },
  async ({ networks, fixed }, session) => {
    const { Subnet } = await ipam(session, networks.lan);
    const onLink = (await routes(fixed)).filter((route) => route.gateway === null);
    expect(Subnet, "subnet in inspect").toBe(networks.lan.subnet);
    expect(
      onLink.map(({ destination, prefix }) => `${destination}/${prefix}`),
      "networks that a container's kernel has on link",
    ).toEqual([Subnet]);
  },
);

onLan(
  "MACVLAN-03",
  {
    must: "inspect of a macvlan network MUST show the `--ip-range` asked for as IPRange",
    from: [cite("docs/macvlan#bridge-mode", "--ip-range=192.168.32.128/25"), D1("macvlan 新建")],
  },
  async ({ networks }, session) => {
    const { IPRange } = await ipam(session, networks.lan);
    expect(IPRange, "IPRange in inspect").toBe(layout(networks.lan.subnet).IPRange);
  },
);

onLan(
  "MACVLAN-04",
  {
    must: "inspect of a macvlan network, and of a container on it, MUST show the gateway asked for",
    from: [
      cite(
        "docs/macvlan",
        "you need to designate a physical interface on your Docker host to use for the Macvlan, as well as the subnet and gateway of the network",
      ),
      D1("macvlan 新建"),
    ],
  },
  async ({ networks, fixed }, session) => {
    const { Gateway } = layout(networks.lan.subnet);
    expect((await ipam(session, networks.lan)).Gateway, "gateway in the network's inspect").toBe(Gateway);
    expect(fixed.settingsOn("lan").Gateway, "gateway in the container's inspect").toBe(Gateway);
  },
);

onLan(
  "MACVLAN-05",
  {
    needs: ["host view"],
    must: "inspect of a macvlan network MUST show under Options.parent the interface that its containers really hang on",
    from: [cite("docs/macvlan#options", "Specifies the parent interface to use."), D1("macvlan 新建")],
  },
  async ({ networks, fixed }, session) => {
    const [eth0, all] = await Promise.all([link(fixed, "eth0"), session.host().then(links)]);
    const real = all.find((candidate) => candidate.index === eth0?.peerIndex)?.name;
    expect((await inspected(session, networks.lan.id)).Options?.parent, "parent in inspect").toBe(real);
  },
);

/** Options that the daemon adds to every new macvlan network. */
function addedOption(facts: Facts, option: string): string | undefined {
  return facts.configuration["default-network-opts"]?.macvlan?.[option];
}

onLan(
  "MACVLAN-06",
  {
    must: "A macvlan network created without `--ipv6` MUST have EnableIPv6 false in inspect, and its containers no IPv6 address beyond their link",
    from: [D1("macvlan 新建")],
    unless: (facts) =>
      addedOption(facts, "com.docker.network.enable_ipv6") === undefined
        ? null
        : "the daemon's default-network-opts decide about IPv6 on macvlan networks",
  },
  async ({ networks, fixed }, session) => {
    expect((await inspected(session, networks.lan.id)).EnableIPv6, "EnableIPv6 in inspect").toBe(false);
    const global = (await addresses(fixed, "eth0")).filter(({ family, scope }) => family === 6 && scope === "global");
    expect(
      global.map(({ address }) => address),
      "global IPv6 addresses of a container on it",
    ).toEqual([]);
  },
);

onLan(
  "MACVLAN-07",
  {
    must: "A macvlan network with a parent and a gateway MUST have Internal false in inspect, and its containers a default route",
    from: [D1("macvlan 新建")],
  },
  async ({ networks, fixed }, session) => {
    expect((await inspected(session, networks.lan.id)).Internal, "Internal in inspect").toBe(false);
    expect(await defaultRoute(fixed), "default route of a container on it").not.toBeNull();
  },
);

onLan(
  "MACVLAN-08",
  {
    must: "Addresses that the engine chooses on a macvlan network MUST come from its `--ip-range` only",
    from: [cite("docs/macvlan#bridge-mode", "--ip-range=192.168.32.128/25"), D1("macvlan 新建 参数")],
  },
  async ({ networks, first, second }) => {
    const range = cidr(layout(networks.lan.subnet).IPRange);
    for (const container of [first, second]) {
      const own = (await addresses(container, "eth0")).find(({ family }) => family === 4)?.address ?? "";
      expect(range.contains(own), `whether ${own}, chosen by the engine, lies in the range ${range}`).toBe(true);
    }
  },
);

onLan(
  "MACVLAN-09",
  {
    must: "A static `--ip` on a macvlan network MUST be possible outside the `--ip-range` as long as it lies in the subnet",
    from: [D1("macvlan 使用")],
  },
  async ({ networks, fixed }) => {
    const own = (await addresses(fixed, "eth0")).filter(({ family }) => family === 4).map(({ address }) => address);
    expect(own, "IPv4 addresses of the container with a static address").toEqual([outsideRange(networks.lan.subnet)]);
    expect(cidr(layout(networks.lan.subnet).IPRange).contains(own[0] ?? ""), "whether it lies in the range").toBe(
      false,
    );
  },
);

/** Starts one more container on the network, which the engine must refuse; leaves none behind. */
async function oneMore(
  { docker, runId, images }: Session,
  network: StartedNetwork,
  key: string,
  address?: string,
): Promise<void> {
  const container = await docker.createContainer({
    name: nameOf(runId, `macvlan-${key}`),
    Labels: labelsOf(runId),
    Image: images.busybox,
    Entrypoint: ["sleep", "60"],
    HostConfig: { NetworkMode: network.name, CapDrop: ["ALL"] },
    ...(address === undefined
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [network.name]: { IPAMConfig: { IPv4Address: address } } } } }),
  });
  try {
    await container.start();
  } finally {
    await removeContainer(docker, container.id);
  }
}

onLan(
  "MACVLAN-10",
  {
    must: "An auxiliary address of a macvlan network MUST never be given to a container automatically, not even when the rest of the range is used up",
    from: [
      cite(
        "docs/macvlan#bridge-mode",
        "If you need to exclude IP addresses from being used in the macvlan network, such as when a given IP address is already in use, use --aux-addresses",
      ),
      D1("macvlan 新建 参数"),
    ],
  },
  async ({ networks, first, second }, session) => {
    const given = [first.addressOn("lan"), second.addressOn("lan")];
    expect(given.toSorted(), "addresses given from a range of four with two reserved").toEqual(
      givable(networks.lan.subnet),
    );
    await mustBeRefused(
      "a container when only reserved addresses of the range are free",
      () => oneMore(session, networks.lan, "third"),
      /no available (IPv4 )?addresses/i,
    );
  },
);

const TAKEN = /address already in use/i;

onLan(
  "MACVLAN-11",
  {
    must: "An auxiliary address of a macvlan network MUST NOT be assignable with `--ip`",
    from: [D1("macvlan 新建 参数")],
  },
  async ({ networks }, session) => {
    const reserved = layout(networks.lan.subnet).AuxiliaryAddresses["my-router"];
    await mustBeRefused(
      `a container with the auxiliary address ${reserved} as --ip`,
      () => oneMore(session, networks.lan, "auxiliary", reserved),
      TAKEN,
    );
  },
);

onLan(
  "MACVLAN-12",
  {
    must: "Auxiliary addresses in the form NAME=IP MUST be accepted for a macvlan network and shown in inspect under AuxiliaryAddresses by their names",
    from: [cite("docs/macvlan#bridge-mode", '--aux-address="my-router=192.168.32.129"'), D1("macvlan 新建 参数")],
  },
  async ({ networks }, session) => {
    const { AuxiliaryAddresses } = await ipam(session, networks.lan);
    expect(AuxiliaryAddresses, "AuxiliaryAddresses in inspect").toEqual(layout(networks.lan.subnet).AuxiliaryAddresses);
  },
);

onLan(
  "MACVLAN-13",
  {
    must: "The gateway that a macvlan network is created with MUST become the default route of its containers",
    from: [
      cite(
        "docs/macvlan",
        "you need to designate a physical interface on your Docker host to use for the Macvlan, as well as the subnet and gateway of the network",
      ),
      D1("macvlan 新建 参数"),
    ],
  },
  async ({ networks, fixed, first }) => {
    for (const container of [fixed, first]) {
      expect(await defaultRoute(container), `default route of ${container.label}`).toMatchObject({
        gateway: layout(networks.lan.subnet).Gateway,
        interface: "eth0",
      });
    }
  },
);

onLan(
  "MACVLAN-14",
  {
    must: "The gateway address of a macvlan network MUST NOT be assigned to a container, also when it is asked for with `--ip`",
    from: [D1("macvlan 新建")],
  },
  async ({ networks }, session) => {
    const { Gateway } = layout(networks.lan.subnet);
    await mustBeRefused(
      `a container with the gateway's address ${Gateway} as --ip`,
      () => oneMore(session, networks.lan, "gateway", Gateway),
      TAKEN,
    );
  },
);

requirement(
  "MACVLAN-15",
  {
    must: "Creating a macvlan network on a parent that is no interface of the host, nor a VLAN of one, MUST be refused with words about the parent",
    from: [D1("macvlan 新建 参数")],
    cause:
      "something between here and the engine alters the request: it gives the network another parent (an authorization plugin, a platform's proxy)",
  },
  theEngine,
  async ({ docker, runId, subnets }) => {
    let id = "";
    try {
      await mustBeRefused(
        "a macvlan network on the parent dncnone0.7, which does not exist",
        async () => {
          const network = await docker.createNetwork({
            Name: nameOf(runId, "macvlan-no-parent"),
            Driver: "macvlan",
            Labels: labelsOf(runId),
            IPAM: { Driver: "default", Config: [{ Subnet: subnets.choose(24) }] },
            Options: { parent: "dncnone0.7" },
          });
          id = network.id;
        },
        /parent interface.*not found on the host: dncnone0/i,
      );
    } finally {
      if (id !== "") await removeNetwork(docker, id);
    }
  },
);

onLan(
  "MACVLAN-16",
  {
    must: "A container on a macvlan network MUST have exactly the interfaces `lo` and `eth0`",
    from: [D1("macvlan 使用")],
  },
  async ({ fixed }) => {
    expect(
      (await links(fixed)).map(({ name }) => name),
      "interfaces of a macvlan container",
    ).toEqual(["lo", "eth0"]);
  },
);

onLan(
  "MACVLAN-17",
  {
    needs: ["host view"],
    must: "The peer index of eth0 in a macvlan container (`eth0@ifN`) MUST be the interface index of the parent on the host",
    from: [D1("macvlan 使用")],
  },
  async ({ fixed, parent: name }, session) => {
    const [eth0, onHost] = await Promise.all([link(fixed, "eth0"), session.host().then((host) => link(host, name))]);
    expect(eth0?.peerIndex, "peer index of eth0 in the container").toBe(onHost?.index);
  },
);

onLan(
  "MACVLAN-18",
  {
    must: "eth0 of a macvlan container MUST have its address with the subnet's prefix length and broadcast address",
    from: [D1("macvlan 使用")],
  },
  async ({ networks, fixed }) => {
    const subnet = cidr(networks.lan.subnet);
    const own = (await addresses(fixed, "eth0")).filter(({ family }) => family === 4);
    expect(
      own.map(({ address, prefix, broadcast }) => ({ address, prefix, broadcast })),
      "IPv4 addresses of eth0",
    ).toEqual([{ address: outsideRange(networks.lan.subnet), prefix: subnet.prefix, broadcast: subnet.broadcast }]);
  },
);

onLan(
  "MACVLAN-19",
  {
    must: "The hardware address of eth0 in a macvlan container MUST be 02:42 followed by the four bytes of its IPv4 address",
    from: [D1("macvlan 使用")],
    until: "random-mac",
  },
  async ({ networks, fixed, first }) => {
    expect((await link(fixed, "eth0"))?.mac, "hardware address of the container with a static address").toBe(
      macFromAddress(outsideRange(networks.lan.subnet)),
    );
    expect((await link(first, "eth0"))?.mac, "hardware address of the container with an automatic address").toBe(
      macFromAddress(first.addressOn("lan")),
    );
  },
);

onLan(
  "MACVLAN-19b",
  {
    must: "The hardware address of eth0 in a macvlan container MUST be a random, locally administered one, which inspect shows too",
    from: [
      cite(
        "docs/release-28#2800",
        "Container interfaces in bridge and macvlan networks now use randomly generated MAC addresses.",
      ),
      engine("moby#48808"),
    ],
    since: "random-mac",
  },
  async ({ fixed, first }) => {
    for (const container of [fixed, first]) {
      const mac = (await link(container, "eth0"))?.mac ?? "";
      expect(isLocallyAdministeredUnicast(mac), `whether ${mac} is locally administered and unicast`).toBe(true);
      expect(mac, "hardware address of eth0, made of the IPv4 address before Engine 28.0").not.toBe(
        macFromAddress(container.addressOn("lan")),
      );
      expect(container.settingsOn("lan").MacAddress.toLowerCase(), "MacAddress in inspect").toBe(mac);
    }
  },
);

onLan(
  "MACVLAN-20",
  {
    needs: ["host view"],
    must: "eth0 of a macvlan container MUST have the MTU of the parent",
    from: [D1("macvlan 使用")],
  },
  async ({ fixed, parent: name }, session) => {
    const [eth0, onHost] = await Promise.all([link(fixed, "eth0"), session.host().then((host) => link(host, name))]);
    expect(eth0?.mtu, `MTU of eth0 in the container, in bytes, the parent's being ${onHost?.mtu}`).toBe(onHost?.mtu);
  },
);

onLan(
  "MACVLAN-21",
  {
    needs: ["host view"],
    must: "A macvlan network MUST NOT make a bridge on the host nor a port of one: its containers hang on the parent itself",
    from: [
      cite(
        "libnetwork/macvlan#overview",
        "the driver simply connects the container interface to the Docker Host Ethernet interface (or sub-interface)",
      ),
      D1("macvlan 使用"),
    ],
    cause: "the network hangs on another parent than was asked for, a bridge for instance",
  },
  async ({ networks, fixed, parent: name }, session) => {
    const [inside, onHost] = await Promise.all([links(fixed), session.host().then(links)]);
    // A veth pair's other end would be the link that eth0's peer index names.
    const others = inside
      .filter((one) => one.name !== "lo")
      .map((one) => onHost.find(({ index }) => index === one.peerIndex));
    expect(
      others.map((other) => ({ name: other?.name, portOf: other?.master })),
      "what the container's interfaces hang on",
    ).toEqual([{ name, portOf: null }]);
    expect(
      onHost.map((one) => one.name),
      "interfaces of the host",
    ).not.toContain(networks.lan.device);
  },
);

onLan(
  "MACVLAN-24",
  {
    must: "Two containers on one macvlan network of one host MUST reach each other, with their own addresses",
    from: [
      cite(
        "libnetwork/macvlan#macvlan-bridge-mode-example-usage",
        "Any Macvlan container sharing the same subnet can communicate via IP to any other container in the same subnet without a gateway.",
      ),
      D1("macvlan简介"),
    ],
    cause: "the parent was put into another macvlan mode, or a filter between its children",
  },
  async ({ first, fixed }) => {
    const [web] = await Promise.all([
      mustReach(http(first, fixed.addressOn("lan"))),
      mustReach(ping(first, fixed.addressOn("lan"))),
      mustReach(ping(fixed, first.addressOn("lan"))),
    ]);
    expect(parseWebAnswer(web.answer), "who talked to whom, as the server saw it").toMatchObject({
      server: fixed.name,
      localAddress: fixed.addressOn("lan"),
      peerAddress: first.addressOn("lan"),
    });
  },
);

/** An IPv4 address of the host on the parent. @throws NotRun when it has none */
function hostAddress(facts: Facts, name: string): string {
  const found = facts.host?.addresses.find((one) => one.interface === name && one.address.includes("."));
  if (found === undefined) throw new NotRun(`the host has no IPv4 address on ${name}`);
  return found.address;
}

async function macOf(container: { readonly key: string } & Parameters<typeof link>[0]): Promise<string> {
  const eth0 = await link(container, "eth0");
  if (eth0 === null) throw new ProbeFailed(`${container.label} has no eth0`);
  return eth0.mac;
}

onLan(
  "MACVLAN-25",
  {
    needs: ["host view"],
    must: "A container on a macvlan network MUST NOT reach its own host's address on the parent, not even at layer 2",
    from: [NOT_THE_HOST, D1("macvlan 使用")],
    cause: "a switch port that sends frames back (hairpin, reflective relay), or a macvlan interface made on the host",
  },
  async ({ first, fixed, parent: name }, session) => {
    const address = hostAddress(session.facts, name);
    // Any interface of the host counts as the host.
    const owners = (await links(await session.host()))
      .map(({ mac }) => mac)
      .filter((mac) => mac !== "" && !/^[0:]+$/.test(mac));
    await mustNotReach(arping(first, { device: "eth0", address, owners }), {
      as: "timed out",
      control: arping(first, { device: "eth0", address: fixed.addressOn("lan"), owners: [await macOf(fixed)] }),
    });
  },
);

onLan(
  "MACVLAN-26",
  {
    needs: ["host view"],
    must: "A host MUST NOT reach its own macvlan containers through the parent, not even at layer 2",
    from: [NOT_THE_HOST, D1("macvlan简介")],
    cause: "a switch port that sends frames back (hairpin, reflective relay)",
  },
  async ({ first, fixed, parent: name }, session) => {
    const target = { address: fixed.addressOn("lan"), owners: [await macOf(fixed)] };
    await mustNotReach(
      arping(await session.host(), { ...target, device: name, source: hostAddress(session.facts, name) }),
      {
        as: "timed out",
        control: arping(first, { ...target, device: "eth0" }),
      },
    );
  },
);

/** Nobody owns the gateway's address yet. */
const gatewayMissing = stage(lan, async (value) => {
  const { first, fixed } = value;
  const outcome = await mustNotReach(ping(first, OUTSIDE), {
    as: ["unreachable", "timed out"],
    control: ping(first, fixed.addressOn("lan")),
  }).then(
    () => null,
    (error: unknown) => error,
  );
  return { ...value, outcome };
});

requirement(
  "MACVLAN-29",
  {
    ...here,
    must: "With a gateway that nobody owns, addresses outside its subnet MUST be unreachable for a macvlan container",
    from: [
      cite(
        "libnetwork/macvlan#macvlan-bridge-mode-example-usage",
        "The specified gateway is external to the host that is expected to be provided by the network infrastructure.",
      ),
      D1("macvlan 使用"),
    ],
    cause: "somebody on the LAN has the gateway's address and routes (a router, proxy ARP)",
  },
  gatewayMissing,
  ({ outcome }) => {
    if (outcome !== null) throw outcome;
  },
);

/** The second container takes the gateway's address, and an outside one on its lo: a router with the outside behind it. */
const gatewayThere = stage(gatewayMissing, async (value) => {
  const { first, second, networks } = value;
  const { Gateway } = layout(networks.lan.subnet);
  const { prefix } = cidr(networks.lan.subnet);
  const done = await second.act(`ip address add ${Gateway}/${prefix} dev eth0 && ip address add ${OUTSIDE}/32 dev lo`);
  if (done.exitCode !== 0) throw new ProbeFailed("no container could become the gateway", done);
  // The kernel still remembers for a while that nobody answered for this address.
  await eventually(async () => {
    const { outcome, detail } = await ping(first, Gateway).ask(1);
    if (outcome !== "replied")
      throw new ProbeFailed(`the container that became the gateway does not answer: ${detail}`);
  }, SETTLE_MS);
  return value;
});

requirement(
  "MACVLAN-28",
  {
    ...here,
    must: "A macvlan container MUST reach addresses outside its subnet through the gateway of its network, once that exists on the LAN",
    from: [
      cite(
        "libnetwork/macvlan#macvlan-bridge-mode-example-usage",
        "The specified gateway is external to the host that is expected to be provided by the network infrastructure.",
      ),
      D1("macvlan 使用"),
    ],
  },
  gatewayThere,
  async ({ first }) => {
    await mustReach(ping(first, OUTSIDE));
  },
);

onLan(
  "MACVLAN-32",
  {
    must: "inspect of a macvlan container MUST give its address under Networks.<name of the network> only, and it MUST be the one that eth0 has",
    from: [cite("api#EndpointSettings", "IPv4 address."), D1("macvlan 使用")],
  },
  async ({ networks, fixed }) => {
    const { NetworkSettings } = await fixed.inspect();
    const own = (await addresses(fixed, "eth0")).find(({ family }) => family === 4)?.address;
    expect(NetworkSettings.Networks[networks.lan.name]?.IPAddress, "address under Networks").toBe(own);
    expect(
      NetworkSettings.IPAddress ?? "",
      "address at the top of NetworkSettings, which is the default bridge's",
    ).toBe("");
  },
);

onLan(
  "MACVLAN-33",
  {
    must: "A container started on a macvlan network MUST NOT be attached to the default bridge as well",
    from: [D1("macvlan 使用")],
  },
  async ({ networks, fixed }, session) => {
    expect(
      Object.keys((await fixed.inspect()).NetworkSettings.Networks),
      "networks of the container in inspect",
    ).toEqual([networks.lan.name]);
    const bridge = session.facts.defaultBridge;
    if (bridge === null) return;
    expect(
      Object.keys((await inspected(session, bridge.id)).Containers ?? {}),
      "containers on the default bridge",
    ).not.toContain(fixed.id);
    const carried = (await addresses(fixed)).filter(({ address }) => cidr(bridge.subnet).contains(address));
    expect(
      carried.map(({ address }) => address),
      "addresses of the default bridge that the container has",
    ).toEqual([]);
  },
);
