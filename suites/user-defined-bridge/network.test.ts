import { expect } from "vitest";
import { labelsOf, nameOf } from "../../helpers/engine/run-identity.ts";
import { removeNetwork } from "../../helpers/engine/sweep.ts";
import { deviceOfOthers } from "../../helpers/expectations/default-bridge.ts";
import { hostBitsRefused, overlappingSubnet } from "../../helpers/expectations/refusals.ts";
import { bridgeDeviceName, expectedNetworkOptions } from "../../helpers/expectations/user-network.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import type { Vantage } from "../../helpers/model/evidence.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { type Link, link, links } from "../../helpers/probes/links.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  D0,
  D2,
  requirement,
  type Session,
  stage,
  theEngine,
  topology,
} from "../../helpers/requirement/index.ts";
import { mustBeRefused } from "../../helpers/requirement/refusal.ts";
import { inFreeSubnet } from "../../helpers/topology/free-subnet.ts";
import { inspectNetwork } from "../../helpers/topology/network-record.ts";
import type { IpamRange } from "../../helpers/topology/spec.ts";
import { askedOf } from "./asked.ts";

/** A user-defined bridge network that nobody has joined, with a subnet and a gateway of our choice. */
const fresh = topology("udn-fresh", {
  networks: { empty: bridge({ layout: (subnet) => ({ Gateway: cidr(subnet).host(9) }) }) },
  containers: {},
});

/** A container on the default bridge, whose port must outlive what happens to other networks. */
const resident = topology("udn-resident", { containers: { neighbour: busybox() } });

/** A subnet given by the address of one of its hosts: only engines that accept this bring it up. */
const loose = topology("udn-loose", {
  networks: {
    hostbits: bridge({
      layout: (subnet) => {
        const { prefix, host } = { prefix: cidr(subnet).prefix, host: (n: number) => cidr(subnet).host(n) };
        return { Subnet: `${host(16)}/${prefix}`, Gateway: host(17) };
      },
    }),
  },
  containers: { tenant: busybox({ on: "hostbits" }) },
});

const onFresh = chapter({ given: fresh, needs: ["host view"] });

onFresh(
  "UDN-01",
  {
    must: "A bridge network created with a subnet and a gateway MUST have a bridge device on the host that holds the gateway's address with the subnet's prefix length, unless its options keep it off (`inhibit_ipv4`, gateway mode `isolated`)",
    from: [
      cite(
        "docs/bridge#skip-bridge-ip-address-configuration",
        "The bridge is normally assigned the network's --gateway address, which is used as the default route from the bridge network to other networks.",
      ),
      D0("3.3.3"),
    ],
    cause:
      "something on the host took the address off the bridge, or a network manager manages br-… devices; recreate the network",
  },
  async ({ networks: { empty } }, session) => {
    const { Subnet, Gateway = "" } = askedOf(empty);
    const found = await addresses(await session.host(), empty.device);
    const ipv4 = found
      .filter((address) => address.family === 4)
      .map((address) => `${address.address}/${address.prefix}`);
    expect(ipv4, `IPv4 addresses of the host's ${empty.device}`).toEqual([`${Gateway}/${cidr(Subnet).prefix}`]);
  },
);

onFresh(
  "UDN-02",
  {
    must: "The bridge device of a user-defined network MUST be called `br-` and the first 12 hex digits of the network's id, unless the network's options name it",
    from: [
      cite(
        "docs/firewall-nftables#example-restricting-external-connections-to-containers",
        "the default prefix br- of bridge devices belonging to Docker's user-defined bridge networks",
      ),
      D0("3.3.3"),
      D2("四"),
    ],
  },
  async ({ networks: { empty } }, session) => {
    const host = await session.host();
    const { Gateway = "" } = askedOf(empty);
    const [all, carried] = await Promise.all([links(host), addresses(host)]);
    const bridges = new Set(all.filter((one) => one.bridge !== null).map((one) => one.name));
    const holders = carried.filter((address) => address.address === Gateway && bridges.has(address.interface));
    expect(
      holders.map((holder) => holder.interface),
      `the host's bridges that hold the gateway ${Gateway}`,
    ).toEqual([bridgeDeviceName(empty.id, expectedNetworkOptions(session.facts))]);
  },
);

onFresh(
  "UDN-03",
  {
    must: "The bridge of a network that no container has joined yet MUST be administratively up and have no carrier",
    from: [D0("3.3.3")],
    cause:
      "a device down was set down by hand or by a network manager; a device with carrier has a port that Docker did not plug in",
  },
  async ({ networks: { empty } }, session) => {
    expect(await deviceOf(session, empty.device), `the host's ${empty.device}`).toMatchObject({
      up: true,
      carrier: false,
      state: "down",
    });
  },
);

onFresh(
  "UDN-04",
  {
    must: "The bridge of a user-defined network MUST have the subnet's broadcast address, with global scope",
    from: [D0("3.3.3")],
  },
  async ({ networks: { empty } }, session) => {
    const found = await addresses(await session.host(), empty.device);
    const [ipv4] = found.filter((address) => address.family === 4);
    expect(ipv4, `the IPv4 address of the host's ${empty.device}`).toMatchObject({
      broadcast: cidr(askedOf(empty).Subnet).broadcast,
      scope: "global",
    });
  },
);

onFresh(
  "UDN-05",
  {
    must: "The bridge of a new user-defined network MUST have the spanning tree protocol off and no ports",
    from: [D2("四")],
  },
  async ({ networks: { empty } }, session) => {
    const all = await links(await session.host());
    expect(
      all.find((one) => one.name === empty.device)?.bridge?.stp,
      `spanning tree of the host's ${empty.device}`,
    ).toBe(false);
    expect(portsOf(all, empty.device), `ports of the host's ${empty.device}`).toEqual([]);
  },
);

/** The default bridge and a container's port on it, before and after another network was created. */
const beside = stage(resident, async ({ neighbour }, session) => {
  const device = session.facts.defaultBridge?.device ?? "";
  const look = async () => {
    const host = await session.host();
    const [outside, inside, carried] = await Promise.all([
      links(host),
      link(neighbour, "eth0"),
      addresses(host, device),
    ]);
    const port = outside.find((one) => one.index === inside?.peerIndex);
    return {
      // The MAC of a bridge that somebody else made is its ports', and follows what comes and goes meanwhile.
      bridge: {
        ...identityOf(outside.find((one) => one.name === device)),
        ...(deviceOfOthers(session.facts) === null ? {} : { mac: "theirs" }),
      },
      addresses: carried
        .filter((address) => address.family === 4)
        .map((address) => `${address.address}/${address.prefix}`),
      port: { ...identityOf(port), master: port?.master },
    };
  };
  const before = await look();
  const network = await inFreeSubnet(session.subnets, 24, async (subnet) =>
    session.docker.createNetwork({
      Name: nameOf(session.runId, "udn-beside"),
      Driver: "bridge",
      Labels: labelsOf(session.runId),
      IPAM: { Driver: "default", Config: [{ Subnet: subnet }] },
    }),
  );
  try {
    return { device, before, after: await look() };
  } finally {
    await removeNetwork(session.docker, network.id);
  }
});

requirement(
  "UDN-06",
  {
    must: "Creating a user-defined network MUST leave the default bridge, its address and its ports as they are",
    from: [D2("四")],
    needs: ["default bridge", "host view"],
    cause:
      "something changes the default bridge (docker0, its address or its ports) when another one appears: a hook, a network manager",
  },
  beside,
  ({ device, before, after }) => {
    expect(before.port.master, "the bridge of the default container's veth before").toBe(device);
    expect(after, "the default bridge and its port after the creation").toEqual(before);
  },
);

requirement(
  "UDN-07",
  {
    must: "The engine MUST report the subnet and the gateway of a network exactly as they were asked for",
    from: [
      cite(
        "cli/network_create#specify-advanced-options",
        "specify subnetwork values directly using the --subnet option",
      ),
      D0("3.3.3"),
      D2("四"),
    ],
  },
  fresh,
  async ({ networks: { empty } }, { docker }) => {
    const { IPAM } = await inspectNetwork(docker, empty.id);
    const ipv4 = (IPAM.Config ?? []).filter((config) => config.Subnet?.includes(".") ?? false);
    const { Subnet, Gateway } = askedOf(empty);
    expect(
      ipv4.map((config) => ({ Subnet: config.Subnet, Gateway: config.Gateway })),
      "IPAM.Config of the network",
    ).toEqual([{ Subnet, Gateway }]);
  },
);

requirement(
  "UDN-16",
  {
    must: "A subnet given with host bits set MUST be taken for its whole network: containers get that network's prefix and its lowest free address",
    from: [D2("四")],
    until: "host-bits-refused",
  },
  loose,
  async ({ tenant, networks: { hostbits } }) => {
    const { Subnet, Gateway } = askedOf(hostbits);
    const network = cidr(Subnet);
    const found = await ipv4Of(tenant);
    expect(found, `eth0's address in a network asked for as ${Subnet} with gateway ${Gateway}`).toEqual([
      `${network.firstHost}/${network.prefix}`,
    ]);
  },
);

requirement(
  "UDN-16b",
  {
    must: "A subnet given with host bits set MUST be refused, and the refusal MUST name the network that it should be",
    from: [
      cite("api/changes#v1.44", "POST /networks/create now returns a 400 if the IPAMConfig has invalid values."),
      D2("四"),
    ],
    since: "host-bits-refused",
  },
  theEngine,
  async (session) => {
    const network = cidr(session.subnets.choose(24));
    const Subnet = `${network.host(16)}/${network.prefix}`;
    await refuseNetwork(
      session,
      "udn-hostbits",
      { Subnet },
      `a network with the subnet ${Subnet}`,
      hostBitsRefused(network.toString()),
    );
  },
);

requirement(
  "UDN-36",
  {
    must: "A network that asks for a range already in use by another network MUST be refused, be it the same range or a part of it",
    from: [
      cite(
        "cli/network_create#specify-advanced-options",
        "Be sure that your subnetworks do not overlap. If they do, the network create fails and Docker Engine returns an error.",
      ),
      D2("四"),
    ],
  },
  fresh,
  async ({ networks: { empty } }, session) => {
    const used = cidr(askedOf(empty).Subnet);
    await refuseNetwork(
      session,
      "udn-same",
      { Subnet: used.toString() },
      `a second network with the subnet ${used}`,
      overlappingSubnet(),
    );
    const half = `${used.network}/${used.prefix + 1}`;
    await refuseNetwork(
      session,
      "udn-part",
      { Subnet: half },
      `a network with the subnet ${half}, a part of ${used}`,
      overlappingSubnet(),
    );
  },
);

async function deviceOf(session: Session, name: string): Promise<Link | null> {
  return await link(await session.host(), name);
}

function portsOf(all: readonly Link[], device: string): string[] {
  return all.filter((one) => one.master === device).map((one) => one.name);
}

/** What says that a device is still the same and still works; counters and neighbours may change. */
function identityOf(one: Link | undefined) {
  return one === undefined
    ? null
    : { name: one.name, index: one.index, mac: one.mac, up: one.up, carrier: one.carrier };
}

async function ipv4Of(from: Vantage): Promise<string[]> {
  const found = await addresses(from, "eth0");
  return found.filter((address) => address.family === 4).map((address) => `${address.address}/${address.prefix}`);
}

/** Asks for a network that must be refused; one that is made all the same is removed. */
async function refuseNetwork(
  session: Session,
  name: string,
  range: IpamRange,
  what: string,
  words: RegExp,
): Promise<void> {
  const made: string[] = [];
  try {
    await mustBeRefused(
      what,
      async () => {
        const network = await session.docker.createNetwork({
          Name: nameOf(session.runId, name),
          Driver: "bridge",
          Labels: labelsOf(session.runId),
          IPAM: { Driver: "default", Config: [range] },
        });
        made.push(network.id);
      },
      words,
    );
  } finally {
    await Promise.all(made.map((id) => removeNetwork(session.docker, id)));
  }
}
