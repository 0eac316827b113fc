import { expect } from "vitest";
import { expectedNetworkMtu } from "../../../helpers/expectations/user-network.ts";
import { cidr } from "../../../helpers/model/cidr.ts";
import { isLocallyAdministeredUnicast, macFromAddress } from "../../../helpers/model/mac.ts";
import type { Link } from "../../../helpers/probes/links.ts";
import { cite, D1, D2, engine, requirement } from "../../../helpers/requirement/index.ts";
import { connected, NEEDS, onConnected } from "./site.ts";

const HOST_NEEDS = ["default bridge", "host view"] as const;

onConnected(
  "CONNECT-01",
  {
    must: "Connecting a running container to a network MUST give it exactly one more interface",
    from: [
      cite("docs/network#ip-address-and-hostname", "You can connect a running container to multiple networks"),
      D1("5.6"),
      D2("四"),
    ],
  },
  ({ earlier, now }) => {
    expect(
      earlier.inside.map((one) => one.name),
      "its interfaces before",
    ).toEqual(["lo", "eth0"]);
    expect(now.inside.length, "number of its interfaces afterwards").toBe(3);
  },
);

onConnected(
  "CONNECT-02",
  {
    must: "The interface that connecting adds to a container with an eth0 MUST be called eth1",
    from: [D1("5.6"), D2("四")],
  },
  ({ earlier, now }) => {
    const known = new Set(earlier.inside.map((one) => one.name));
    expect(
      now.inside.map((one) => one.name).filter((name) => !known.has(name)),
      "the added interfaces",
    ).toEqual(["eth1"]);
  },
);

onConnected(
  "CONNECT-03",
  {
    must: "Connecting a running container to a network MUST take effect without restarting it: same start, same main process",
    from: [
      cite(
        "docs/bridge#differences-between-user-defined-bridges-and-the-default-bridge",
        "During a container's lifetime, you can connect or disconnect it from user-defined networks on the fly.",
      ),
      D1("5.6"),
      D2("四"),
    ],
    cause:
      "the container was started again (by the engine, or by somebody who watches it), or the engine's inspect tells another time as its start (State.StartedAt) than it had",
  },
  ({ earlier, now }) => {
    expect(
      now.inside.map((one) => one.name),
      "its interfaces afterwards",
    ).toContain("eth1");
    expect(now.state, "its start and its main process afterwards").toEqual(earlier.state);
  },
);

onConnected(
  "CONNECT-04",
  {
    must: "Connecting a container to a further network MUST leave the address of its eth0 as it is",
    from: [D1("5.6"), D2("四")],
  },
  ({ earlier, now }) => {
    const eth0 = (seen: typeof now) =>
      seen.addresses.filter((one) => one.interface === "eth0").map((one) => `${one.address}/${one.prefix}`);
    expect(eth0(earlier).length, "number of eth0's addresses before").toBe(1);
    expect(eth0(now), "eth0's addresses afterwards").toEqual(eth0(earlier));
  },
);

onConnected(
  "CONNECT-05",
  {
    must: "Connecting a container to a further network MUST leave the MAC address of its eth0 as it is",
    from: [D1("5.6"), D2("四")],
  },
  ({ earlier, now }) => {
    expect(interfaceOf(now.inside, "eth0").mac, "eth0's MAC afterwards").toBe(interfaceOf(earlier.inside, "eth0").mac);
  },
);

onConnected(
  "CONNECT-06",
  {
    must: "Connecting a container to a further network MUST leave the index of its eth0 and of eth0's host end as they are",
    from: [D2("四")],
  },
  ({ earlier, now }) => {
    const indices = (seen: typeof now) => ({
      own: interfaceOf(seen.inside, "eth0").index,
      hostEnd: interfaceOf(seen.inside, "eth0").peerIndex,
    });
    expect(indices(now), "eth0's index and its host end's afterwards").toEqual(indices(earlier));
  },
);

onConnected(
  "CONNECT-07",
  {
    must: "The added interface MUST get a free address of the joined network, with the network's prefix length, and the engine MUST report it",
    from: [
      cite(
        "docs/network#ip-address-and-hostname",
        "A container receives an IP address out of the IP subnet of the network.",
      ),
      D1("5.6"),
      D2("四"),
    ],
  },
  ({ mover, team: joined, added, own, others, record }) => {
    const subnet = cidr(joined.asked?.Subnet ?? "");
    expect(subnet.contains(own), `eth1's address ${own} lies in ${subnet}`).toBe(true);
    expect(added?.prefix, "prefix length of eth1's address").toBe(subnet.prefix);
    expect(
      [...others, subnet.network, subnet.firstHost, subnet.broadcast],
      "addresses of the members, the gateway, the network and its broadcasts",
    ).not.toContain(own);
    expect(record.Containers?.[mover.id]?.IPv4Address, "the address that the engine reports").toBe(
      `${own}/${subnet.prefix}`,
    );
  },
);

onConnected(
  "CONNECT-08",
  {
    must: "The MAC address of an added interface MUST be 02:42 followed by the four bytes of its IPv4 address",
    from: [D1("5.6"), D2("四")],
    until: "random-mac",
  },
  ({ now, own }) => {
    expect(interfaceOf(now.inside, "eth1").mac, `MAC of eth1 with the address ${own}`).toBe(macFromAddress(own));
  },
);

onConnected(
  "CONNECT-08b",
  {
    must: "The MAC address of an added interface MUST be locally administered, unlike eth0's, and the one that the engine reports",
    from: [
      cite(
        "docs/release-28#2800",
        "Container interfaces in bridge and macvlan networks now use randomly generated MAC addresses.",
      ),
      engine("moby#48808"),
    ],
    since: "random-mac",
  },
  ({ mover, now, record }) => {
    const { mac } = interfaceOf(now.inside, "eth1");
    expect(isLocallyAdministeredUnicast(mac), `${mac} is locally administered and unicast`).toBe(true);
    expect(mac, "eth1's MAC beside eth0's").not.toBe(interfaceOf(now.inside, "eth0").mac);
    expect(record.Containers?.[mover.id]?.MacAddress, "the MAC that the engine reports").toBe(mac);
  },
);

requirement(
  "CONNECT-09",
  { must: "The added interface MUST be up and have carrier", from: [D1("5.6"), D2("四")], needs: NEEDS },
  connected,
  ({ now }) => {
    expect(interfaceOf(now.inside, "eth1"), "eth1").toMatchObject({ up: true, carrier: true });
  },
);

onConnected(
  "CONNECT-10",
  {
    must: "The added interface MUST have the MTU of the joined network, whatever eth0's is",
    from: [D1("5.6"), D2("四")],
  },
  ({ now, peerLinks }, { facts }) => {
    const mtu = expectedNetworkMtu(facts);
    expect(
      { added: interfaceOf(now.inside, "eth1").mtu, member: interfaceOf(peerLinks, "eth0").mtu },
      "MTU of eth1 and of a member's eth0",
    ).toEqual({ added: mtu, member: mtu });
  },
);

onConnected(
  "CONNECT-11",
  {
    must: "Connecting a container MUST give the joined network's bridge exactly one more port: the host's end of the added interface",
    from: [D1("5.6")],
    needs: HOST_NEEDS,
  },
  ({ earlier, now }) => {
    const gained = now.ports.filter((port) => !earlier.ports.some((known) => known.index === port.index));
    expect(
      gained.map((port) => port.index),
      "indices of the bridge's new ports",
    ).toEqual([interfaceOf(now.inside, "eth1").peerIndex]);
    expect(
      earlier.outside.map((one) => one.index),
      "links of the host before",
    ).not.toContain(gained[0]?.index);
  },
);

onConnected(
  "CONNECT-12",
  {
    must: "The host's end of eth0 MUST stay on the bridge of the container's first network",
    from: [D1("5.6")],
    needs: HOST_NEEDS,
  },
  ({ earlier, now }, { facts }) => {
    const hostEnd = (seen: typeof now) =>
      seen.outside.find((one) => one.index === interfaceOf(earlier.inside, "eth0").peerIndex);
    expect(hostEnd(earlier)?.master, "its bridge before").toBe(facts.defaultBridge?.device);
    expect(
      { name: hostEnd(now)?.name, master: hostEnd(now)?.master },
      "the host's end of eth0 and its bridge afterwards",
    ).toEqual({ name: hostEnd(earlier)?.name, master: hostEnd(earlier)?.master });
  },
);

onConnected(
  "CONNECT-13",
  {
    must: "The host's ends of one container's interfaces MUST all lead into the same network namespace, and another container's into another one",
    from: [D1("5.6")],
    needs: ["default bridge", "host view", "host iproute2"],
  },
  ({ now, hostEnds, peerLinks }) => {
    const idOf = (inside: readonly Link[], name: string) =>
      hostEnds.find((one) => one.index === interfaceOf(inside, name).peerIndex)?.linkNetnsId;
    const first = idOf(now.inside, "eth0");
    expect(first, "link-netnsid of eth0's host end").toEqual(expect.any(Number));
    expect(idOf(now.inside, "eth1"), "link-netnsid of eth1's host end").toBe(first);
    expect(idOf(peerLinks, "eth0"), "link-netnsid of another container's host end").not.toBe(first);
  },
);

onConnected(
  "CONNECT-14",
  {
    must: "The joined network's bridge MUST list the new port beside the ports that it had",
    from: [D1("5.6")],
    needs: HOST_NEEDS,
  },
  ({ earlier, now, peerLinks }) => {
    const had = earlier.ports.map((port) => port.index);
    expect(had, "ports before").toContain(interfaceOf(peerLinks, "eth0").peerIndex);
    expect(now.ports.map((port) => port.index).toSorted(), "ports afterwards").toEqual(
      [...had, interfaceOf(now.inside, "eth1").peerIndex].toSorted(),
    );
  },
);

/** An interface that must be there for the requirement to be about anything. */
function interfaceOf(all: readonly Link[], name: string): Link {
  const found = all.find((one) => one.name === name);
  expect(found?.name, "the interface").toBe(name);
  if (found === undefined) throw new Error(`no interface ${name}`);
  return found;
}
