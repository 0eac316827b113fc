import { expect } from "vitest";
import { cidr } from "../../../helpers/model/cidr.ts";
import { isLocallyAdministeredUnicast, macFromAddress } from "../../../helpers/model/mac.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { link, links } from "../../../helpers/probes/links.ts";
import { cite, D1, engine } from "../../../helpers/requirement/index.ts";
import { inspected, onLan, outsideRange } from "./site.ts";

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
