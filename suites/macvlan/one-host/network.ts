import { expect } from "vitest";
import { labelsOf, nameOf } from "../../../helpers/engine/run-identity.ts";
import { removeNetwork } from "../../../helpers/engine/sweep.ts";
import type { Facts } from "../../../helpers/model/facts.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { link, links } from "../../../helpers/probes/links.ts";
import { defaultRoute, routes } from "../../../helpers/probes/routes.ts";
import { cite, D1, requirement, type Session, theEngine } from "../../../helpers/requirement/index.ts";
import { mustBeRefused } from "../../../helpers/requirement/refusal.ts";
import type { StartedNetwork } from "../../../helpers/topology/create-network.ts";
import { inFreeSubnet } from "../../../helpers/topology/free-subnet.ts";
import { inspected, layout, onLan } from "./site.ts";

async function ipam(session: Session, network: StartedNetwork) {
  const [range, ...more] = (await inspected(session, network.id)).IPAM.Config ?? [];
  expect(more, "further address ranges of the network").toEqual([]);
  return range ?? {};
}

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
          const network = await inFreeSubnet(subnets, 24, async (subnet) =>
            docker.createNetwork({
              Name: nameOf(runId, "macvlan-no-parent"),
              Driver: "macvlan",
              Labels: labelsOf(runId),
              IPAM: { Driver: "default", Config: [{ Subnet: subnet }] },
              Options: { parent: "dncnone0.7" },
            }),
          );
          id = network.id;
        },
        /parent interface.*not found on the host: dncnone0/i,
      );
    } finally {
      if (id !== "") await removeNetwork(docker, id);
    }
  },
);
