import { expect } from "vitest";
import { portService, publishedBeyond } from "../../helpers/expectations/port-service.ts";
import {
  bridgesNotSeparated,
  publishedOpenToBridges,
  userBridgesClosed,
} from "../../helpers/expectations/separation.ts";
import { automaticGateway } from "../../helpers/expectations/user-network.ts";
import { listenOnHost } from "../../helpers/host/host-listener.ts";
import { isLoopback } from "../../helpers/model/address.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import { ignoresPingsOf, shutToContainers } from "../../helpers/model/host-listeners.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { link, links } from "../../helpers/probes/links.ts";
import { parsePing } from "../../helpers/probes/parse/parse-ping.ts";
import { http, ping, tcp } from "../../helpers/probes/reach.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  D1,
  D2,
  D4,
  engine,
  mustMatchTable,
  mustNotReach,
  mustReach,
  nginx,
  requirement,
  topology,
} from "../../helpers/requirement/index.ts";
import { freeHostPort } from "../../helpers/topology/host-ports.ts";
import { publishedAt } from "../../helpers/topology/published-at.ts";
import { parseWebAnswer } from "../../helpers/topology/web-server.ts";

const APART = cite(
  "docs/bridge",
  "automatically installs rules in the host machine so that containers on different bridge networks can't communicate directly with each other",
);

/** Two user-defined bridges and the default one: a server and its client on the first, one container on each of the others. */
const town = topology("udn-reach", {
  networks: { app: bridge(), other: bridge() },
  containers: {
    web: nginx({ on: "app", publish: ["free:80"] }),
    client: busybox({ on: "app" }),
    far: nginx({ on: "other" }),
    stranger: nginx(),
  },
});

const ISOLATION_CAUSE =
  "Docker's rules were flushed or something accepts forwarded packets before them (a firewall reload, a rule in DOCKER-USER); restart docker, then look at `iptables -S FORWARD`";
const BRIDGE_CAUSE =
  "a rule of the host's drops packets within a bridge (FORWARD policy DROP without Docker's accept rules: flushed by a firewall reload?), or the bridge is down";

requirement(
  "UDN-24",
  {
    must: "A container on a user-defined bridge MUST reach another one on it by IP address, with no router between them",
    from: [
      cite(
        "docs/network#user-defined-networks",
        "Once connected to a user-defined network, containers can communicate with each other using container IP addresses or container names.",
      ),
      D1("新建网桥"),
      D2("四"),
    ],
    unless: userBridgesClosed,
    cause: BRIDGE_CAUSE,
  },
  town,
  async ({ client, web }) => {
    const reached = await mustReach(ping(client, web.address));
    expect(ttlOf(reached.answer), "time to live of the reply").toBe(64);
  },
);

requirement(
  "UDN-25",
  {
    must: "Of two containers on a user-defined bridge the second MUST reach the first by IP address as well",
    from: [
      cite(
        "docs/network#user-defined-networks",
        "Once connected to a user-defined network, containers can communicate with each other using container IP addresses or container names.",
      ),
      D1("新建网桥"),
      D2("四"),
    ],
    unless: userBridgesClosed,
    cause: BRIDGE_CAUSE,
  },
  town,
  async ({ client, web }) => {
    const reached = await mustReach(ping(web, client.address));
    expect(ttlOf(reached.answer), "time to live of the reply").toBe(64);
  },
);

const onTown = chapter({ given: town, needs: ["default bridge", "host view"] });

onTown(
  "UDN-26",
  {
    must: "A container on the default bridge MUST NOT reach a container on a user-defined bridge by IP address",
    from: [APART, D1("5.6"), D2("四")],
    needs: ["default bridge"],
    unless: (facts) => bridgesNotSeparated(facts) ?? userBridgesClosed(facts),
    cause: ISOLATION_CAUSE,
  },
  async ({ stranger, client, web }) => {
    await mustNotReach(ping(stranger, web.address), { as: "timed out", control: ping(client, web.address) });
  },
);

onTown(
  "UDN-27",
  {
    must: "A container on a user-defined bridge MUST NOT reach a container on the default bridge by IP address",
    from: [APART, D1("5.6")],
    unless: bridgesNotSeparated,
    cause: ISOLATION_CAUSE,
  },
  async ({ stranger, client }, session) => {
    // The host reaches every bridge, so it shows that the target answers.
    await mustNotReach(ping(client, stranger.address), {
      as: "timed out",
      control: ping(await session.host(), stranger.address),
    });
  },
);

onTown(
  "UDN-28",
  {
    must: "Isolation of bridges from each other MUST be silent: a TCP connection to the other bridge's container times out, no error comes back",
    from: [cite("iptablesdoc/usernet-portmap", "-A DOCKER ! -i bridge1 -o bridge1 -j DROP"), D1("5.6"), D2("四")],
    needs: ["default bridge"],
    unless: (facts) => bridgesNotSeparated(facts) ?? publishedOpenToBridges(facts) ?? userBridgesClosed(facts),
    cause: `a rule that REJECTs answers in Docker's place; else ${ISOLATION_CAUSE}`,
  },
  async ({ stranger, client, web, far }) => {
    await Promise.all([
      mustNotReach(tcp(stranger, web.address, 80), { as: "timed out", control: tcp(client, web.address, 80) }),
      mustNotReach(tcp(far, web.address, 80), { as: "timed out", control: tcp(client, web.address, 80) }),
    ]);
  },
);

onTown(
  "UDN-29",
  {
    must: "A container that is kept off another bridge's containers MUST still reach that bridge's gateway where the bridge has its address, because the gateway is the host",
    from: [
      cite(
        "docs/port-publishing#gateway-modes",
        "containers in the network can access host services listening on that bridge address",
      ),
      D1("5.6"),
    ],
    needs: ["default bridge"],
    unless: (facts) => ignoresPingsOf(facts, "default bridge") ?? ignoresPingsOf(facts, "user-defined network"),
    cause: "a firewall of the host's drops ICMP from containers in INPUT, or the gateway address is off the bridge",
  },
  async ({ stranger, far, networks: { app } }) => {
    const gateway = automaticGateway(cidr(app.subnet));
    await Promise.all([mustReach(ping(stranger, gateway)), mustReach(ping(far, gateway))]);
  },
);

onTown(
  "UDN-37",
  {
    must: "A container on any bridge that has an address MUST reach what listens on the host, at the host's own address and at its network's gateway, because both are the host",
    from: [
      cite(
        "docs/port-publishing#gateway-modes",
        "containers in the network can access host services listening on that bridge address",
      ),
      engine("moby#40007"),
    ],
    unless: shutToContainers,
    cause:
      "the host's own packet filter (chain INPUT) drops what Docker's bridges send to the host, or one of the addresses is gone",
  },
  async ({ client, stranger, networks: { app } }, session) => {
    const listener = await listenOnHost(await session.host(), freeHostPort(session.facts));
    try {
      const own = session.facts.host?.uplink?.address;
      const gateways = [
        [client, automaticGateway(cidr(app.subnet))],
        [stranger, session.facts.defaultBridge?.gateway ?? ""],
      ] as const;
      const places = gateways.flatMap(([from, gateway]) =>
        [gateway, ...(own === undefined ? [] : [own])].map((address) => [from, address] as const),
      );
      await Promise.all(
        places.map(async ([from, address]) => {
          const { answer } = await mustReach(http(from, address, listener.port));
          expect(answer.trim(), `what the host's service says to ${from.label}`).toBe(listener.line);
        }),
      );
    } finally {
      await listener.stop();
    }
  },
);

onTown(
  "UDN-30",
  {
    must: "The host MUST reach the containers on every one of its bridges that has an address, by theirs",
    from: [
      cite(
        "docs/network#published-ports",
        "all ports of containers on bridge networks are accessible from the Docker host and other containers connected to the same network",
      ),
      D1("5.6"),
    ],
    cause:
      "a bridge lost its address, so the host has no route to its subnet (`ip route`), or a rule in OUTPUT or INPUT drops",
  },
  async ({ web, far, stranger }, session) => {
    const host = await session.host();
    for (const target of [web, far, stranger]) {
      const answer = parseWebAnswer((await mustReach(http(host, target.address))).answer);
      expect(answer?.server, `who answers the host at ${target.address}`).toBe(target.name);
    }
  },
);

onTown(
  "UDN-31",
  {
    must: "The host's end of a container's eth0 MUST be a port of the container's own bridge and of no other",
    from: [D1("5.6")],
  },
  async ({ web, far, stranger, networks: { app, other } }, session) => {
    const [outside, ...inside] = await Promise.all([
      links(await session.host()),
      link(web, "eth0"),
      link(far, "eth0"),
      link(stranger, "eth0"),
    ]);
    const bridges = inside.map((eth0) => outside.find((one) => one.index === eth0?.peerIndex)?.master);
    expect(bridges, "the bridges of the containers on two user-defined networks and on the default one").toEqual([
      app.device,
      other.device,
      session.facts.defaultBridge?.device,
    ]);
  },
);

onTown(
  "UDN-32",
  {
    must: "A user-defined bridge MUST be up and have carrier while a container runs on it",
    from: [D1("5.6")],
    needs: ["host view"],
  },
  async ({ networks: { app } }, session) => {
    expect(await link(await session.host(), app.device), `the host's ${app.device}`).toMatchObject({
      up: true,
      carrier: true,
      state: "up",
    });
  },
);

requirement(
  "UDN-33",
  {
    must: "Containers without a common network MUST NOT be able to start a connection to each other's addresses, from either side",
    from: [
      cite(
        "docs/bridge",
        "lets containers connected to the same bridge network communicate, while providing isolation from containers that aren't connected to that bridge network",
      ),
      D2("五"),
    ],
    unless: (facts) => bridgesNotSeparated(facts) ?? publishedOpenToBridges(facts) ?? userBridgesClosed(facts),
    cause: ISOLATION_CAUSE,
  },
  town,
  async ({ web, client, far }) => {
    await mustMatchTable([
      { question: http(client, web.address), expected: "replied" },
      { question: http(far, web.address), expected: "timed out" },
      { question: http(client, far.address), expected: "timed out" },
      { question: http(web, far.address), expected: "timed out" },
      { question: http(far, far.address), expected: "replied" },
    ]);
  },
);

onTown(
  "UDN-35",
  {
    must: "A container with a published port MUST be able to start directly on a user-defined network, and be served at the host's address",
    from: [
      cite(
        "docs/bridge#connect-a-container-to-a-user-defined-bridge",
        "It also publishes port 80 in the container to port 8080 on the Docker host, so external clients can access that port.",
      ),
      D4("简单回顾"),
    ],
    needs: ["host view"],
    unless: publishedBeyond,
    cause: "the DNAT rule of the port is missing (nat chain DOCKER flushed?) or docker-proxy does not listen",
  },
  async ({ web, networks: { app } }, session) => {
    const gateway = automaticGateway(cidr(app.subnet));
    const { address, port } = publishedAt(web, "80/tcp", session.facts, gateway);
    const answer = parseWebAnswer((await mustReach(http(await session.host(), address, port))).answer);
    const [own] = (await addresses(web, "eth0")).filter((one) => one.family === 4);
    expect(
      { server: answer?.server, at: answer?.localAddress },
      `who answers at the host's ${address}:${port}, at which of its addresses`,
    ).toEqual({ server: web.name, at: own?.address });
    // Whom the server sees tells the rule's translation from docker-proxy, which also serves where the rule is missing.
    const service = portService(session.facts, isLoopback(address) ? "host loopback" : "host address");
    if (service.source === "unknown") return;
    expect(answer?.peerAddress, `the client that the server sees: ${service.why}`).toBe(
      service.source === "client" ? address : gateway,
    );
  },
);

/** The time to live that the first reply arrived with. */
function ttlOf(text: string): number | undefined {
  return parsePing(text).replies[0]?.ttl;
}
