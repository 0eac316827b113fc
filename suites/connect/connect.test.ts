import { expect } from "vitest";
import { EMBEDDED_RESOLVER } from "../../helpers/expectations/resolver.ts";
import { bridgesNotSeparated, defaultBridgeClosed, userBridgesClosed } from "../../helpers/expectations/separation.ts";
import { expectedNetworkMtu } from "../../helpers/expectations/user-network.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import type { Vantage } from "../../helpers/model/evidence.ts";
import { isLocallyAdministeredUnicast, macFromAddress } from "../../helpers/model/mac.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { iprouteLinks } from "../../helpers/probes/iproute-links.ts";
import { type Link, links } from "../../helpers/probes/links.ts";
import { lookupAs } from "../../helpers/probes/lookup-as.ts";
import { http, ping } from "../../helpers/probes/reach.ts";
import { resolvConf } from "../../helpers/probes/resolv-conf.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  D1,
  D2,
  D4,
  differs,
  engine,
  mustNotReach,
  mustReach,
  nginx,
  requirement,
  type Session,
  stage,
  topology,
} from "../../helpers/requirement/index.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";
import { inspectNetwork } from "../../helpers/topology/network-record.ts";
import { parseWebAnswer } from "../../helpers/topology/web-server.ts";
import { hostPrograms } from "../../helpers/vantage/host-programs.ts";

const CONNECTED = cite(
  "cli/network_connect#description",
  "Once connected, the container can communicate with other containers in the same network.",
);

/** A container that moves from the default bridge into a team's network, one that takes the opposite way, and a member of each. */
const team = topology("connect", {
  networks: { team: bridge() },
  containers: {
    mover: busybox(),
    home: nginx(),
    peer: nginx({ on: "team" }),
    traveller: busybox({ on: "team" }),
  },
});

/** The mover while it is on the default bridge only. */
const before = stage(team, async ({ mover, home, peer, traveller, networks }, session) => {
  const [seen, lonely, peerAddress, homeAddress] = await Promise.all([
    look(session, mover, networks.team.device),
    atThisMoment(mustNotReach(ping(mover, peer.address), { as: "timed out", control: ping(traveller, peer.address) })),
    ownAddress(peer),
    ownAddress(home),
  ]);
  return { mover, home, peer, traveller, team: networks.team, seen, lonely, peerAddress, homeAddress };
});

/** `docker network connect team mover`, and what came of it. */
const connected = stage(
  before,
  async ({ mover, home, peer, traveller, team: joined, seen, peerAddress, homeAddress }, session) => {
    await session.docker.getNetwork(joined.id).connect({ Container: mover.id });
    const now = await look(session, mover, joined.device);
    const added = now.addresses.find((one) => one.interface === "eth1");
    const own = added?.address ?? "";
    const host = session.facts.host?.tools.iproute2 === true ? hostPrograms(await session.host()) : null;
    const [memberByAddress, moverFromMember, firstMember, memberByName, resolver, record, others, hostEnds, peerLinks] =
      await Promise.all([
        atThisMoment(mustReach(http(mover, peerAddress))),
        atThisMoment(mustReach(ping(peer, own))),
        atThisMoment(mustReach(http(mover, homeAddress))),
        atThisMoment(mustReach(lookupAs(mover, peer.name, peerAddress))),
        resolvConf(mover),
        inspectNetwork(session.docker, joined.id),
        Promise.all([peer, traveller].map(ownAddress)),
        host === null ? [] : iprouteLinks(host),
        links(peer),
      ]);
    return {
      mover,
      home,
      peer,
      traveller,
      team: joined,
      peerAddress,
      earlier: seen,
      now,
      added,
      own,
      memberByAddress,
      moverFromMember,
      firstMember,
      memberByName,
      resolver,
      record,
      others,
      hostEnds,
      peerLinks,
    };
  },
);

/** `docker network disconnect team mover`, then the same for the default bridge, its last network. */
const disconnected = stage(connected, async ({ mover, peer, traveller, team: left, peerAddress }, { docker }) => {
  await docker.getNetwork(left.id).disconnect({ Container: mover.id });
  const networksLeft = Object.keys((await mover.inspect()).NetworkSettings.Networks);
  const [interfacesLeft, lonely] = await Promise.all([
    names(mover),
    atThisMoment(mustNotReach(ping(mover, peerAddress), { as: "timed out", control: ping(traveller, peerAddress) })),
  ]);
  await docker.getNetwork("bridge").disconnect({ Container: mover.id });
  const networksInTheEnd = Object.keys((await mover.inspect()).NetworkSettings.Networks);
  return { peer, networksLeft, interfacesLeft, lonely, networksInTheEnd, interfacesInTheEnd: await names(mover) };
});

/** `docker network connect bridge traveller`: from a user-defined network onto the default bridge. */
const travelled = stage(before, async ({ traveller, homeAddress }, { docker }) => {
  await docker.getNetwork("bridge").connect({ Container: traveller.id });
  const added = (await addresses(traveller)).find((one) => one.interface === "eth1" && one.family === 4);
  return {
    traveller,
    added,
    inspected: await traveller.inspect(),
    homeByAddress: await atThisMoment(mustReach(http(traveller, homeAddress))),
  };
});

const NEEDS = ["default bridge"] as const;
const HOST_NEEDS = ["default bridge", "host view"] as const;

const onConnected = chapter({ given: connected, needs: NEEDS });

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

onConnected(
  "CONNECT-15",
  {
    must: "A connected container MUST reach the members of the joined network by IP address, with its address on that network",
    from: [CONNECTED, D1("5.6"), D2("四")],
    unless: userBridgesClosed,
    cause:
      "a rule of the host's drops packets within the bridge (FORWARD policy DROP without Docker's accept rules?), or translates their source",
  },
  ({ peer, own, memberByAddress }) => {
    const answer = parseWebAnswer(memberByAddress().answer);
    expect({ server: answer?.server, client: answer?.peerAddress }, "who answered, and whom it saw asking").toEqual({
      server: peer.name,
      client: own,
    });
  },
);

requirement(
  "CONNECT-16",
  {
    must: "A container MUST NOT reach the members of a network before it is connected to it",
    from: [
      cite(
        "docs/bridge",
        "lets containers connected to the same bridge network communicate, while providing isolation from containers that aren't connected to that bridge network",
      ),
      D1("5.6"),
      D2("四"),
    ],
    needs: NEEDS,
    unless: (facts) => bridgesNotSeparated(facts) ?? userBridgesClosed(facts),
    cause:
      "Docker's rules that keep bridges apart are gone or preceded by others; restart docker, then look at `iptables -S FORWARD`",
  },
  before,
  ({ lonely }) => {
    lonely();
  },
);

onConnected(
  "CONNECT-17",
  {
    must: "Connecting one side MUST be enough for the other side to reach it as well",
    from: [CONNECTED, D2("四")],
    unless: userBridgesClosed,
  },
  ({ moverFromMember }) => {
    moverFromMember();
  },
);

onConnected(
  "CONNECT-18",
  {
    must: "A connected container MUST still reach the members of its first network",
    from: [
      cite(
        "cli/network_connect#network-implications-of-stopping-pausing-or-restarting-containers",
        "You can connect a container to one or more networks.",
      ),
      D1("5.6"),
    ],
    unless: defaultBridgeClosed,
  },
  ({ home, earlier, firstMember }) => {
    const answer = parseWebAnswer(firstMember().answer);
    const eth0 = earlier.addresses.find((one) => one.interface === "eth0")?.address;
    expect({ server: answer?.server, client: answer?.peerAddress }, "who answered, and whom it saw asking").toEqual({
      server: home.name,
      client: eth0,
    });
  },
);

onConnected(
  "CONNECT-19",
  {
    must: "A container on the default bridge MUST be connectable to a user-defined network, and be on both",
    from: [
      cite(
        "cli/network_connect#network-implications-of-stopping-pausing-or-restarting-containers",
        "You can connect a container to one or more networks.",
      ),
      D2("四"),
      D4("简单回顾"),
    ],
  },
  ({ mover, team: joined, now, added, record }) => {
    expect(now.networks.toSorted(), "networks that the engine lists for the container").toEqual(
      ["bridge", joined.name].toSorted(),
    );
    expect(Object.keys(record.Containers ?? {}), "containers that the engine lists for the network").toContain(
      mover.id,
    );
    expect(added?.interface, "the interface with an address of the joined network").toBe("eth1");
  },
);

requirement(
  "CONNECT-20",
  {
    must: "A container on a user-defined network MUST be connectable to the default bridge, and reach its members with an address of its own there",
    from: [
      cite(
        "cli/network_connect#network-implications-of-stopping-pausing-or-restarting-containers",
        "You can connect a container to one or more networks.",
      ),
      D1("5.6"),
    ],
    needs: NEEDS,
    unless: defaultBridgeClosed,
  },
  travelled,
  ({ traveller, added, inspected, homeByAddress }, { facts }) => {
    const subnet = cidr(facts.defaultBridge?.subnet ?? "");
    const own = added?.address ?? "none";
    expect(subnet.contains(own), `its eth1's address ${own} lies in the default bridge's ${subnet}`).toBe(true);
    expect(Object.keys(inspected.NetworkSettings.Networks), "networks that the engine lists for it").toEqual(
      expect.arrayContaining(["bridge"]),
    );
    expect(Object.keys(inspected.NetworkSettings.Networks).length, `number of networks of ${traveller.name}`).toBe(2);
    expect(
      parseWebAnswer(homeByAddress().answer)?.peerAddress,
      "the address that a default-bridge member saw asking",
    ).toBe(own);
  },
);

onConnected(
  "CONNECT-27",
  {
    must: "A container that was started on the default bridge MUST resolve the names of a user-defined network's members once it is connected, through Docker's resolver",
    from: [
      cite(
        "docs/dns#when-the-embedded-dns-server-is-used",
        "A container uses the embedded DNS server when it's connected to at least one user-defined network",
      ),
      D2("五"),
      D4("简单回顾"),
    ],
    cause: "the container's /etc/resolv.conf was edited inside it: then the engine leaves it alone",
  },
  ({ memberByName, resolver }) => {
    expect(resolver.nameservers[0], "the first nameserver in its /etc/resolv.conf").toBe(EMBEDDED_RESOLVER);
    memberByName();
  },
);

requirement(
  "CONNECT-28",
  {
    must: "Disconnecting a container MUST undo connecting: the interface is gone, the members are out of reach, and without its last network only `lo` is left",
    from: [
      cite(
        "docs/bridge#disconnect-a-container-from-a-user-defined-bridge",
        "To disconnect a running container from a user-defined bridge, use the docker network disconnect command.",
      ),
      D1("intro"),
    ],
    differs: [
      differs(
        "docs/bridge#differences-between-user-defined-bridges-and-the-default-bridge",
        "To remove a container from the default bridge network, you need to stop the container and recreate it with different network options.",
        "docker network disconnect takes a running container off the default bridge.",
        ["28.5"],
      ),
    ],
    needs: NEEDS,
    unless: (facts) => bridgesNotSeparated(facts) ?? userBridgesClosed(facts),
  },
  disconnected,
  ({ networksLeft, interfacesLeft, lonely, networksInTheEnd, interfacesInTheEnd }) => {
    expect(interfacesLeft, "its interfaces after leaving the joined network").toEqual(["lo", "eth0"]);
    expect(networksLeft, "its networks after leaving the joined network").toEqual(["bridge"]);
    lonely();
    expect(interfacesInTheEnd, "its interfaces after leaving the last network").toEqual(["lo"]);
    expect(networksInTheEnd, "its networks after leaving the last network").toEqual([]);
  },
);

/** A container and, where the host can be seen, the host's side of it, at one moment. */
async function look(session: Session, container: Endpoint, bridgeDevice: string) {
  const host = session.facts.host === null ? null : await session.host();
  const [inside, found, inspected, outside] = await Promise.all([
    links(container),
    addresses(container),
    container.inspect(),
    host === null ? [] : links(host),
  ]);
  return {
    inside,
    addresses: found.filter((one) => one.family === 4 && one.interface !== "lo"),
    networks: Object.keys(inspected.NetworkSettings.Networks),
    state: { StartedAt: inspected.State.StartedAt, Pid: inspected.State.Pid },
    outside,
    ports: outside.filter((one) => one.master === bridgeDevice),
  };
}

/** The address of a container's eth0, by its own word. */
async function ownAddress(container: Vantage): Promise<string> {
  const found = (await addresses(container, "eth0")).find((one) => one.family === 4);
  return found?.address ?? "none";
}

async function names(container: Vantage): Promise<string[]> {
  return (await links(container)).map((one) => one.name);
}

/** An interface that must be there for the requirement to be about anything. */
function interfaceOf(all: readonly Link[], name: string): Link {
  const found = all.find((one) => one.name === name);
  expect(found?.name, "the interface").toBe(name);
  if (found === undefined) throw new Error(`no interface ${name}`);
  return found;
}
