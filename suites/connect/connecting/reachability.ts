import { expect } from "vitest";
import { EMBEDDED_RESOLVER } from "../../../helpers/expectations/resolver.ts";
import {
  bridgesNotSeparated,
  defaultBridgeClosed,
  userBridgesClosed,
} from "../../../helpers/expectations/separation.ts";
import { automaticGateway } from "../../../helpers/expectations/user-network.ts";
import { cidr } from "../../../helpers/model/cidr.ts";
import type { Vantage } from "../../../helpers/model/evidence.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { links } from "../../../helpers/probes/links.ts";
import { http, ping } from "../../../helpers/probes/reach.ts";
import {
  cite,
  D1,
  D2,
  D4,
  differs,
  mustNotReach,
  mustReach,
  requirement,
  stage,
} from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { parseWebAnswer } from "../../../helpers/topology/web-server.ts";
import { before, connected, NEEDS, onConnected } from "./site.ts";

const CONNECTED = cite(
  "cli/network_connect#description",
  "Once connected, the container can communicate with other containers in the same network.",
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

onConnected(
  "CONNECT-29",
  {
    must: "A running container that is connected to a network with a higher `gw-priority` than its own MUST get its default gateway from there",
    from: [
      cite(
        "docs/network#connecting-to-multiple-networks",
        "the gateway in the network with the highest priority is the default gateway",
      ),
    ],
    since: "gateway-priority",
    cause: "what stands between this command and the engine (a proxy, a platform) did not pass the gateway priority on",
  },
  ({ team, earlier, now }) => {
    const joined = automaticGateway(cidr(team.subnet));
    expect(earlier.gateway, "default gateway before").not.toBe(joined);
    expect(now.gateway, "default gateway afterwards: that of the joined network").toBe(joined);
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

async function names(container: Vantage): Promise<string[]> {
  return (await links(container)).map((one) => one.name);
}
