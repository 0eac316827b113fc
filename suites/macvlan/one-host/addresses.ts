import { expect } from "vitest";
import { labelsOf, nameOf } from "../../../helpers/engine/run-identity.ts";
import { removeContainer } from "../../../helpers/engine/sweep.ts";
import { cidr } from "../../../helpers/model/cidr.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { defaultRoute } from "../../../helpers/probes/routes.ts";
import { cite, D1, type Session } from "../../../helpers/requirement/index.ts";
import { mustBeRefused } from "../../../helpers/requirement/refusal.ts";
import type { StartedNetwork } from "../../../helpers/topology/create-network.ts";
import { layout, onLan, outsideRange } from "./site.ts";

/** The two addresses of the range that are left to give. */
function givable(subnet: string): string[] {
  return [cidr(subnet).host(34), cidr(subnet).host(35)];
}

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
