import { expect } from "vitest";
import { guardsLoopback, usesProxy } from "../../helpers/expectations/firewall.ts";
import {
  notServedAt,
  type PortVantage,
  portService,
  publishedBeyond,
  servedElsewhere,
} from "../../helpers/expectations/port-service.ts";
import { automaticGateway } from "../../helpers/expectations/user-network.ts";
import { isUnspecified } from "../../helpers/model/address.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import type { Vantage } from "../../helpers/model/evidence.ts";
import type { BridgeKind, Facts } from "../../helpers/model/facts.ts";
import { keptOffTheHost } from "../../helpers/model/host-listeners.ts";
import type { ReportedTable } from "../../helpers/model/results.ts";
import { banner, bannerService } from "../../helpers/probes/banner.ts";
import { http, type Question, udp } from "../../helpers/probes/reach.ts";
import { holdersOf, listenersOn, sockets } from "../../helpers/probes/sockets.ts";
import { mustHold } from "../../helpers/requirement/firewall-rule.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  D0,
  D1,
  D2,
  D3,
  engine,
  mustNotReach,
  mustReach,
  nginx,
  observed,
  requirement,
  type Session,
  stage,
  topology,
} from "../../helpers/requirement/index.ts";
import { lanAddress } from "../../helpers/requirement/lan-address.ts";
import { neighbourOf } from "../../helpers/requirement/neighbour.ts";
import { mustAnswer, mustBeServed } from "../../helpers/requirement/served.ts";
import { listRules } from "../../helpers/snapshot/firewall/rule-list.ts";
import type { StartedNetwork } from "../../helpers/topology/create-network.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";
import { dockerCliAnswer } from "../../helpers/vantage/docker-cli.ts";

const LOOPBACK_ONLY = cite(
  "docs/port-publishing#publishing-ports",
  "If you include the localhost IP address (127.0.0.1, or ::1) with the publish flag, only the Docker host can access the published container port.",
);
const THAT_ADDRESS = cite(
  "docs/bridge#default-host-binding-address",
  "When the default binding address is an address assigned to a specific interface, the container's port will only be accessible via that address.",
);
const TO_THE_WORLD = cite(
  "docs/port-publishing#publishing-ports",
  "when you publish a container's ports it becomes available not only to the Docker host, but to the outside world as well",
);

/** Says a line to whoever connects, as ssh does; published. */
const TALKER = { port: 4022, line: "SSH-2.0-conformance" };
/** The same, exposed and not published. */
const HIDDEN = { port: 4023, line: "SSH-2.0-hidden" };

/**
 * Servers published on every address and on 127.0.0.1, a neighbour on their network, and a stranger on another one.
 * "Every address" is asked for: `default-network-opts` may have made another one the default.
 * The host ports are ours: the Engine chooses per address, so it may choose one number on two addresses, and what must
 * not be answered by one server would be answered by another.
 */
const ports = topology("ports", {
  networks: { front: bridge(), back: bridge() },
  containers: {
    web: nginx({ on: "front", publish: ["0.0.0.0:free:80", "0.0.0.0:free:53/udp"] }),
    local: nginx({ on: "front", publish: ["127.0.0.1:free:80", "127.0.0.1:free:53/udp"] }),
    talker: busybox({
      on: "front",
      publish: [`0.0.0.0:free:${TALKER.port}`],
      expose: [`${HIDDEN.port}/tcp`],
      prelude: [bannerService(TALKER.port, TALKER.line), bannerService(HIDDEN.port, HIDDEN.line)],
    }),
    neighbour: busybox({ on: "front" }),
    stranger: busybox({ on: "back" }),
  },
});

/** A server published on one of the host's own addresses, the one that its default route leaves by. */
const uplink = topology("ports-uplink", {
  containers: {
    lan: nginx({ publish: (facts) => [`${lanAddress(facts)}:free:80`, `${lanAddress(facts)}:free:53/udp`] }),
  },
});

/** Both together: every way of publishing, asked from every place on one host. */
const grid = stage(ports, async (asked) => ({ ...asked, ...(await uplink.obtain()), networks: asked.networks }));

/** The address of a network's bridge: the engine chooses the first of the subnet that was asked for. */
function gatewayOf({ subnet }: StartedNetwork): string {
  return automaticGateway(cidr(subnet));
}

interface Grid {
  readonly server: Endpoint;
  readonly gateway: string;
  readonly neighbour?: Endpoint;
  readonly stranger: Endpoint;
  readonly protocol: "tcp" | "udp";
  readonly on: BridgeKind;
}

interface Cell {
  readonly vantage: PortVantage;
  readonly from: Vantage;
  readonly asked: string;
  /** The address that the asker has. */
  readonly client: string;
}

/** Where one host can ask from: itself on both of its addresses, the server's own container and network, another network. */
async function cells({ server, neighbour, stranger }: Grid, session: Session): Promise<Cell[]> {
  const host = await session.host();
  const own = lanAddress(session.facts);
  const from = (vantage: PortVantage, container: Endpoint): Cell => ({
    vantage,
    from: container,
    asked: own,
    client: container.address,
  });
  return [
    { vantage: "host loopback", from: host, asked: "127.0.0.1", client: "127.0.0.1" },
    { vantage: "host address", from: host, asked: own, client: own },
    from("own container", server),
    ...(neighbour === undefined ? [] : [from("same network", neighbour)]),
    from("other network", stranger),
  ];
}

function ask(protocol: "tcp" | "udp", from: Vantage, address: string, port: number): Question {
  return protocol === "tcp" ? http(from, address, port) : udp(from, address, port);
}

const containerPort = (protocol: "tcp" | "udp"): number => (protocol === "tcp" ? 80 : 53);

/**
 * Asserts who serves each cell and whom the server sees.
 * @returns a line per cell: from where, what was asked, and who had to serve it
 * @throws NotApplicable where one of them is closed by the configuration, or nothing is known of it
 */
async function mustServe(
  { server, gateway, protocol, on }: Omit<Grid, "neighbour" | "stranger">,
  judged: readonly Cell[],
  session: Session,
): Promise<string[][]> {
  const port = server.hostPortOf(`${containerPort(protocol)}/${protocol}`);
  return await Promise.all(
    judged.map(async ({ vantage, from, asked, client }) => {
      const service = portService(session.facts, vantage, on);
      await mustBeServed(ask(protocol, from, asked, port), service, {
        server: server.name,
        containerPort: containerPort(protocol),
        client,
        gateway,
      });
      return [vantage, `${asked}:${port}/${protocol}`, `${service.outcome} by ${service.by}: ${service.why}`];
    }),
  );
}

/** What a requirement on a published port shows beside its verdict. */
function servedTable(rows: readonly (readonly string[])[]): ReportedTable {
  return { title: "Who serves the published port", columns: ["from", "asked", "had to be"], rows };
}

const USER = { on: "user-defined network" } as const;

/** How a port where nobody listens answers: UDP's refusal is not told by the one UDP client that every BusyBox has. */
const closed = (protocol: "tcp" | "udp") => (protocol === "tcp" ? "refused" : "timed out");

/** Where a port that is published on every address is asked for, and which configurations leave these places open. */
const PLACES = {
  host: {
    places: "to the host, at its loopback and at its own address",
    vantages: ["host loopback", "host address"],
    appliesTo: "every engine that is not rootless",
  },
  network: {
    places: "to its own container and to others of its network, at the host's own address",
    vantages: ["own container", "same network"],
    appliesTo: "not where inter-container communication and the userland proxy are off",
  },
  others: {
    places: "to containers of other networks, at the host's own address",
    vantages: ["other network"],
    appliesTo: "engines with the userland proxy; from Engine 29.0 on every engine",
  },
} as const;

const FROM_ITS_OWN_NETWORK = cite(
  "moby/port_mapping_linux_test.go#TestAccessPublishedPortFromCtr",
  "checks that a container's published ports can be reached from the container that published the ports, and a neighbouring container on the same network",
);
const FROM_OTHER_NETWORKS = cite(
  "docs/release-29#2900",
  "Containers can now access ports published to host addresses by containers in other networks when the userland-proxy is not running",
);
const FROM_ANYWHERE = cite(
  "docs/port-publishing#publishing-ports",
  "when you publish a container's ports it becomes available not only to the Docker host, but to the outside world as well",
);

for (const [id, protocol, { places, vantages, appliesTo }, written] of [
  ["PORT-37", "tcp", PLACES.host, FROM_ANYWHERE],
  ["PORT-37b", "tcp", PLACES.network, FROM_ITS_OWN_NETWORK],
  ["PORT-37c", "tcp", PLACES.others, FROM_OTHER_NETWORKS],
  ["PORT-38", "udp", PLACES.host, FROM_ANYWHERE],
  ["PORT-38b", "udp", PLACES.network, FROM_ITS_OWN_NETWORK],
  ["PORT-38c", "udp", PLACES.others, FROM_OTHER_NETWORKS],
] as const) {
  requirement(
    id,
    {
      must: `A ${protocol.toUpperCase()} port published on every address MUST be served ${places}, and the server MUST see the peer that DNAT or docker-proxy leaves it`,
      from: [written, D0("3.4.2.2"), D1("桥接模式下暴露端口")],
      needs: ["host view"],
      unless: (facts) => notServedAt(facts, vantages),
      appliesTo,
    },
    ports,
    async ({ web, neighbour, stranger, networks }, session) => {
      const gateway = gatewayOf(networks.front);
      const parts: Grid = { ...USER, server: web, gateway, neighbour, stranger, protocol };
      const asked = (await cells(parts, session)).filter(({ vantage }) => vantages.some((one) => one === vantage));
      return servedTable(await mustServe(parts, asked, session));
    },
  );
}

const onPorts = chapter({ given: ports, needs: ["host view"] });

onPorts(
  "PORT-49",
  {
    must: "With the userland proxy off, a published port MUST NOT open a way between networks before Engine 29.0: at the host's own address no container of another network reaches it, TCP or UDP, although the host does",
    from: [
      cite(
        "docs/release-29#2900",
        "Containers can now access ports published to host addresses by containers in other networks when the userland-proxy is not running",
      ),
      observed(["20.10", "26.1", "28.5"], "the state before Engine 29.0"),
    ],
    until: "proxyless-hairpin-between-networks",
    unless: (facts) =>
      portService(facts, "other network").outcome === "timed out"
        ? null
        : (publishedBeyond(facts) ?? "published ports are served to containers of other networks"),
    appliesTo: '"userland-proxy": false',
    cause:
      "a rule before Docker's accepts what is sent between bridges (in DOCKER-USER?), or the isolation chains are empty",
  },
  async ({ web, stranger }, session) => {
    const [host, own] = [await session.host(), lanAddress(session.facts)];
    await Promise.all(
      (["tcp", "udp"] as const).map((protocol) => {
        const port = web.hostPortOf(`${containerPort(protocol)}/${protocol}`);
        return mustNotReach(ask(protocol, stranger, own, port), {
          as: "timed out",
          control: ask(protocol, host, own, port),
        });
      }),
    );
  },
);

onPorts(
  "PORT-39",
  {
    must: "A port published on 127.0.0.1, TCP or UDP, MUST be served to the host at 127.0.0.1 and MUST NOT be served at the host's own address, neither to the host nor to any container",
    from: [LOOPBACK_ONLY, D1("暴露随机端口")],
  },
  async ({ web, local, neighbour, stranger, networks }, session) => {
    const grids = await Promise.all(
      (["tcp", "udp"] as const).map(async (protocol) => {
        const parts: Grid = {
          ...USER,
          server: local,
          gateway: gatewayOf(networks.front),
          neighbour,
          stranger,
          protocol,
        };
        const all = await cells(parts, session);
        return { parts, protocol, all };
      }),
    );
    // First what must be served: without it the controls of the rest would only say that nothing is.
    await Promise.all(
      grids.map(async ({ parts, all }) => {
        await mustServe(
          parts,
          all.filter(({ asked }) => asked === "127.0.0.1"),
          session,
        );
      }),
    );
    await Promise.all(
      grids.flatMap(({ protocol, all }) => {
        const port = local.hostPortOf(`${containerPort(protocol)}/${protocol}`);
        const beside = web.hostPortOf(`${containerPort(protocol)}/${protocol}`);
        return (
          all
            .filter(({ asked }) => asked !== "127.0.0.1")
            .filter(({ vantage }) => vantage === "host address" || tellsOpenFromClosed(session.facts))
            // Where not even a port published on every address is served, this one says nothing by being shut.
            .filter(({ vantage }) => notServedAt(session.facts, [vantage]) === null)
            .map(({ from, asked }) =>
              mustNotReach(ask(protocol, from, asked, port), {
                as: closed(protocol),
                control: ask(protocol, from, asked, beside),
                cause: "the port is published on more than 127.0.0.1, or something else listens on it",
              }),
            )
        );
      }),
    );
  },
);

/** Asserts that a port of `lan`, published on one address of the host, is served at that address to these askers. */
async function mustServeLan(
  { lan, stranger }: { readonly lan: Endpoint; readonly stranger: Endpoint },
  vantage: PortVantage,
  session: Session,
): Promise<ReportedTable> {
  const gateway = session.facts.defaultBridge?.gateway ?? "";
  const served = await Promise.all(
    (["tcp", "udp"] as const).map(async (protocol) => {
      const parts: Grid = { on: "default bridge", server: lan, gateway, stranger, protocol };
      const asked = (await cells(parts, session)).filter((cell) => cell.vantage === vantage);
      return await mustServe(parts, asked, session);
    }),
  );
  return servedTable(served.flat());
}

/** Why what a container of the default bridge published is not served there with this configuration. */
const lanUnservedAt =
  (vantage: PortVantage) =>
  (facts: Facts): string | null =>
    servedElsewhere(facts) ?? notServedAt(facts, [vantage], "default bridge");

requirement(
  "PORT-40",
  {
    must: "A port published on one address of the host, TCP or UDP, MUST be served at that address to the host, and MUST NOT be served at 127.0.0.1",
    from: [THAT_ADDRESS, D0("3.4.2.2"), D1("暴露随机端口"), D1("5.4")],
    needs: ["default bridge", "host view"],
    unless: lanUnservedAt("host address"),
  },
  grid,
  async ({ lan, web, stranger }, session) => {
    // First what must be served: where that fails, the denial's own control fails too and would only say so.
    const served = await mustServeLan({ lan, stranger }, "host address", session);
    const host = await session.host();
    await Promise.all(
      (["tcp", "udp"] as const).map((protocol) => {
        const port = `${containerPort(protocol)}/${protocol}` as const;
        return mustNotReach(ask(protocol, host, "127.0.0.1", lan.hostPortOf(port)), {
          as: closed(protocol),
          control: ask(protocol, host, "127.0.0.1", web.hostPortOf(port)),
          cause: "the port is published on every address",
        });
      }),
    );
    return served;
  },
);

for (const [id, vantage, who, appliesTo, written] of [
  [
    "PORT-40b",
    "own container",
    "the container itself",
    'not with "icc": false and the userland proxy off',
    FROM_ITS_OWN_NETWORK,
  ],
  [
    "PORT-40c",
    "other network",
    "containers of other networks",
    "engines with the userland proxy; from Engine 29.0 on every engine",
    FROM_OTHER_NETWORKS,
  ],
] as const) {
  requirement(
    id,
    {
      must: `A port published on one address of the host, TCP or UDP, MUST be served at that address to ${who}`,
      from: [written, D0("3.4.2.2"), D1("暴露随机端口"), D1("5.4")],
      needs: ["default bridge", "host view"],
      unless: lanUnservedAt(vantage),
      appliesTo,
    },
    grid,
    async (askers, session) => await mustServeLan(askers, vantage, session),
  );
}

onPorts(
  "PORT-19",
  {
    must: "A port published on 127.0.0.1 MUST be reachable from the host itself",
    from: [LOOPBACK_ONLY, D1("暴露随机端口")],
  },
  async ({ local }, session) => {
    await mustAnswer(http(await session.host(), "127.0.0.1", local.hostPortOf("80/tcp")), local.name);
  },
);

requirement(
  "PORT-20",
  {
    must: "A port published on 127.0.0.1 MUST NOT be reachable at the host's own address for anybody who is not the host",
    from: [LOOPBACK_ONLY, D1("暴露随机端口")],
    unless: (facts) => noWayToOwnAddress(facts),
  },
  ports,
  async ({ web, local, stranger }, session) => {
    const own = lanAddress(session.facts);
    await mustNotReach(http(stranger, own, local.hostPortOf("80/tcp")), {
      as: "refused",
      control: http(stranger, own, web.hostPortOf("80/tcp")),
      cause: "the port is published on more than 127.0.0.1, or something else listens on it",
    });
  },
);

onPorts(
  "PORT-20b",
  {
    must: "A port published on 127.0.0.1 MUST be guarded against neighbours that route 127.0.0.1 to this host by a DROP of whatever does not come from lo",
    from: [
      cite(
        "docs/release-28#2800",
        "Fix a security issue that was allowing neighbor hosts to connect to ports mapped on a loopback address.",
      ),
      engine("moby#45610"),
    ],
    since: "loopback-publication-guarded",
    needs: ["host iptables"],
    unless: ({ configuration }) =>
      configuration.iptables === false ? "dockerd makes no rules (iptables: false)" : null,
    cause: "the raw table was flushed, or a firewall was reloaded, after the container had started: restart dockerd",
  },
  async ({ local }, session) => {
    const rules = (await listRules(await session.host())).rules;
    for (const [port, protocol] of [
      ["80/tcp", "tcp"],
      ["53/udp", "udp"],
    ] as const) {
      mustHold(
        `the guard of 127.0.0.1, ${protocol}`,
        guardsLoopback(rules, { hostIp: "127.0.0.1", hostPort: local.hostPortOf(port), protocol }),
      );
    }
  },
);

requirement(
  "PORT-21",
  {
    must: "A port published on one address of the host MUST NOT be reachable on another address of the host",
    from: [THAT_ADDRESS, D0("3.4.2.2"), D1("暴露随机端口")],
    needs: ["default bridge", "host view"],
    unless: publishedBeyond,
    cause: "the port is published on every address, or something else listens on it",
  },
  grid,
  async ({ lan, web, local, networks }, session) => {
    const host = await session.host();
    const own = lanAddress(session.facts);
    const elsewhere = (address: string, server: Endpoint) =>
      mustNotReach(http(host, address, server.hostPortOf("80/tcp")), {
        as: "refused",
        control: http(host, address, web.hostPortOf("80/tcp")),
      });
    await Promise.all([
      elsewhere("127.0.0.1", lan),
      elsewhere(gatewayOf(networks.front), lan),
      elsewhere(own, local),
      elsewhere(gatewayOf(networks.front), local),
    ]);
  },
);

/** The host's LAN address, asked by the machine beside it. */
async function fromOutside(session: Session): Promise<Cell> {
  const neighbour = await neighbourOf(session);
  return { vantage: "outside", from: neighbour, asked: lanAddress(session.facts), client: neighbour.address };
}

requirement(
  "PORT-22",
  {
    must: "A port published on a LAN address of the host, TCP or UDP, MUST be reachable from another machine at that address",
    from: [
      cite(
        "docs/firewall-iptables#restrict-external-connections-to-containers",
        "all external source IPs are allowed to connect to ports that have been published to the Docker host's addresses",
      ),
      D0("3.4.2.2"),
      D1("暴露指定端口"),
    ],
    needs: ["default bridge", "host view", "second host"],
  },
  uplink,
  async ({ lan }, session) => {
    const cell = await fromOutside(session);
    const gateway = session.facts.defaultBridge?.gateway ?? "";
    await Promise.all(
      (["tcp", "udp"] as const).map((protocol) =>
        mustServe({ on: "default bridge", server: lan, gateway, protocol }, [cell], session),
      ),
    );
  },
);

onPorts(
  "PORT-23",
  {
    must: "A port published on every address, TCP or UDP, MUST be reachable from another machine at the host's address",
    from: [TO_THE_WORLD, D0("3.4.2.2")],
    needs: ["host view", "second host"],
  },
  async ({ web, networks }, session) => {
    const cell = await fromOutside(session);
    const gateway = gatewayOf(networks.front);
    await Promise.all(
      (["tcp", "udp"] as const).map((protocol) =>
        mustServe({ ...USER, server: web, gateway, protocol }, [cell], session),
      ),
    );
  },
);

onPorts(
  "PORT-48",
  {
    must: "A port published on 127.0.0.1, TCP or UDP, MUST NOT be reachable from another machine at the host's address",
    from: [LOOPBACK_ONLY, D1("暴露随机端口")],
    needs: ["host view", "second host"],
    unless: (facts) => {
      const { outcome, why } = portService(facts, "outside");
      return outcome === "replied" ? null : `no published port is served to another machine: ${why}`;
    },
    cause: "a DNAT rule for the port names no destination address, or something else listens on it",
  },
  async ({ web, local }, session) => {
    const { from, asked } = await fromOutside(session);
    await Promise.all(
      (["tcp", "udp"] as const).map((protocol) => {
        const port = `${containerPort(protocol)}/${protocol}` as const;
        return mustNotReach(ask(protocol, from, asked, local.hostPortOf(port)), {
          as: closed(protocol),
          control: ask(protocol, from, asked, web.hostPortOf(port)),
        });
      }),
    );
  },
);

onPorts(
  "PORT-24",
  {
    must: "A port published on every address MUST be reachable at the host's 127.0.0.1",
    from: [TO_THE_WORLD, D0("3.4.2.2")],
    cause: "docker-proxy was killed; or, with userland-proxy off, Docker's nat rules were flushed",
  },
  async ({ web }, session) => {
    await mustAnswer(http(await session.host(), "127.0.0.1", web.hostPortOf("80/tcp")), web.name);
  },
);

onPorts(
  "PORT-25",
  {
    must: "The host MUST reach a published container at the container's own address and port as well",
    from: [
      cite(
        "docs/network#published-ports",
        "all ports of containers on bridge networks are accessible from the Docker host and other containers connected to the same network",
      ),
      D0("3.4.2.2"),
    ],
    cause: "the host lost its address on the network's bridge, or another route covers the network's subnet",
  },
  async ({ web, networks }, session) => {
    const answer = await mustAnswer(http(await session.host(), web.addressOn("front")), web.name);
    expect(answer.localAddress, "address that the container was asked at").toBe(web.addressOn("front"));
    expect(answer.peerAddress, "address that the container saw").toBe(gatewayOf(networks.front));
  },
);

requirement(
  "PORT-26",
  {
    must: "A published service MUST be asked at the host's address by its host port; the container's port number MUST lead nowhere there",
    from: [D1("intro")],
    unless: (facts) => noWayToOwnAddress(facts) ?? takenOnHost(facts, TALKER.port),
  },
  ports,
  async ({ talker, stranger }, session) => {
    const own = lanAddress(session.facts);
    const open = banner(stranger, own, talker.hostPortOf(`${TALKER.port}/tcp`));
    expect((await mustReach(open)).answer.trim(), "what the service says at its host port").toBe(TALKER.line);
    await mustNotReach(banner(stranger, own, TALKER.port), { as: "refused", control: open });
  },
);

onPorts(
  "PORT-27",
  {
    must: "A process on the host MUST hold each TCP port that a network with NAT publishes, on each address that it is published on, so that nobody else takes it",
    from: [D0("3.4.2.2")],
    unless: publishedBeyond,
    cause: "docker-proxy was killed or could not start",
  },
  async ({ web, local, talker }, session) => {
    const host = await session.host();
    const bindings = [web, local, talker].flatMap(({ inspected }) =>
      Object.entries(inspected.NetworkSettings.Ports).flatMap(([port, on]) =>
        port.endsWith("/tcp") ? (on ?? []) : [],
      ),
    );
    expect(bindings.length, "host bindings of three containers").toBeGreaterThanOrEqual(3);
    const open = (await sockets(host)).filter(({ protocol, state }) => protocol === "tcp" && state === "LISTEN");
    const free = bindings.filter(({ HostIp, HostPort }) => {
      const holding = isUnspecified(HostIp) ? ["0.0.0.0", "::"] : [HostIp];
      return !open.some(({ local }) => local.port === Number(HostPort) && holding.includes(local.address));
    });
    expect(
      free.map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}`),
      "published TCP ports that nobody listens on",
    ).toEqual([]);
  },
);

onPorts(
  "PORT-28",
  {
    must: "The process that holds a published TCP port MUST be docker-proxy, or dockerd itself with the userland proxy off",
    from: [
      cite(
        "man/dockerd#--userland-proxy",
        "Rely on a userland proxy implementation for inter-container and outside-to-container loopback communications. Default is true.",
      ),
      D0("3.4.2.2"),
      D1("bridge模式"),
    ],
  },
  async ({ web }, session) => {
    const host = await session.host();
    const held = await listenersOn(host, web.hostPortOf("80/tcp"));
    expect(held.length, "listeners on the published port").toBeGreaterThan(0);
    const holders = await Promise.all(held.map(({ inode }) => holdersOf(host, inode)));
    const wanted = usesProxy(session.facts) ? "docker-proxy" : "dockerd";
    for (const holder of holders)
      expect(
        holder.map(({ program }) => program),
        "programs that hold the published port",
      ).toContain(wanted);
  },
);

/** What `docker ps` prints in its PORTS column for one container. */
async function portsColumn({ id }: Endpoint): Promise<string> {
  return await dockerCliAnswer("ps", "--no-trunc", "--filter", `id=${id}`, "--format", "{{.Ports}}");
}

/** `docker ps` writes an IPv6 address with brackets, before CLI 27.2 without. */
function psEntries({ inspected }: Endpoint, port: string): string[][] {
  return (inspected.NetworkSettings.Ports[port] ?? []).map(({ HostIp, HostPort }) => {
    const plain = `${HostIp}:${HostPort}->${port}`;
    return HostIp.includes(":") ? [`[${HostIp}]:${HostPort}->${port}`, plain] : [plain];
  });
}

onPorts(
  "PORT-29",
  {
    must: "`docker ps` MUST show each host binding of a published port as `IP:HPORT->CPORT/PROTO`",
    from: [
      cite("cli/container_port#show-all-mapped-ports", "0.0.0.0:1234->9876/tcp, 0.0.0.0:4321->7890/tcp"),
      D1("5.1.2"),
      D1("5.4"),
    ],
    needs: ["docker CLI"],
  },
  async ({ web, local }) => {
    for (const server of [web, local]) {
      const asked = Object.values((server.inspected.HostConfig.PortBindings ?? {}) as Record<string, unknown[]>).flat()
        .length;
      const entries = (await portsColumn(server)).split(", ");
      const wanted = ["80/tcp", "53/udp"].flatMap((port) => psEntries(server, port));
      expect(wanted.length, "host bindings, at least one per -p").toBeGreaterThanOrEqual(asked);
      expect(
        wanted.filter((spellings) => !spellings.some((entry) => entries.includes(entry))).map(String),
        `bindings that docker ps leaves out of "${entries.join(", ")}"`,
      ).toEqual([]);
    }
  },
);

onPorts(
  "PORT-30",
  {
    must: "`docker ps` MUST show a port that is exposed and not published, and has no such neighbour, as `CPORT/PROTO`, without an arrow",
    from: [D3("二.1")],
    needs: ["docker CLI"],
  },
  async ({ talker }) => {
    const entries = (await portsColumn(talker)).split(", ");
    expect(
      entries.filter((entry) => entry.endsWith(`${HIDDEN.port}/tcp`)),
      "entries of the exposed port",
    ).toEqual([`${HIDDEN.port}/tcp`]);
    expect(
      entries.filter((entry) => entry.endsWith(`->${TALKER.port}/tcp`)).length,
      "entries of the published port",
    ).toBeGreaterThan(0);
  },
);

onPorts(
  "PORT-31",
  {
    must: "`docker ps` MUST show an empty PORTS column for a container that neither exposes nor publishes a port",
    from: [D1("5.2"), D2("四")],
    needs: ["docker CLI"],
  },
  async ({ neighbour, web }) => {
    const [empty, full] = await Promise.all([portsColumn(neighbour), portsColumn(web)]);
    expect(empty, "PORTS of a container without ports").toBe("");
    expect(full, "PORTS of a published container").not.toBe("");
  },
);

onPorts(
  "PORT-33",
  {
    must: "Several web services MUST be publishable on one host by different host ports, each answering at its own",
    from: [D3("二.1")],
  },
  async ({ web, local }, session) => {
    const host = await session.host();
    await Promise.all(
      [web, local].map((server) => mustAnswer(http(host, "127.0.0.1", server.hostPortOf("80/tcp")), server.name)),
    );
  },
);

onPorts(
  "PORT-34",
  {
    must: "A container port that is not published, even if it is exposed, MUST NOT be reachable at any address of the host",
    from: [
      cite(
        "cli/run#exposed-ports",
        "By default, when you run a container, none of the container's ports are exposed to the host.",
      ),
      D1("intro"),
      D1("bridge模式"),
    ],
    unless: (facts) => takenOnHost(facts, HIDDEN.port),
  },
  async ({ talker, stranger, networks }, session) => {
    const host = await session.host();
    const own = session.facts.host?.uplink?.address;
    const control = banner(host, talker.addressOn("front"), HIDDEN.port);
    const places = ["127.0.0.1", gatewayOf(networks.front), ...(own === undefined ? [] : [own])].map((address) =>
      banner(host, address, HIDDEN.port),
    );
    if (own !== undefined && tellsOpenFromClosed(session.facts)) places.push(banner(stranger, own, HIDDEN.port));
    await Promise.all(places.map((question) => mustNotReach(question, { as: "refused", control })));
  },
);

onPorts(
  "PORT-35",
  {
    must: "Any TCP service MUST be publishable, not only HTTP: what the service says MUST arrive at whoever connects to the host port",
    from: [
      cite(
        "docs/port-publishing#publishing-ports",
        "Map port 8080 on the Docker host to TCP port 80 in the container.",
      ),
      D1("5.4"),
    ],
  },
  async ({ talker }, session) => {
    const reached = await mustReach(banner(await session.host(), "127.0.0.1", talker.hostPortOf(`${TALKER.port}/tcp`)));
    expect(reached.answer.trim(), "what the service says").toBe(TALKER.line);
  },
);

onPorts(
  "PORT-36",
  {
    must: "The listening socket of a published service MUST be in the container's network namespace; the host MUST list only the one that holds the host port",
    from: [D1("5.4")],
    unless: (facts) => takenOnHost(facts, TALKER.port),
  },
  async ({ talker }, session) => {
    const host = await session.host();
    const [inside, hostSockets] = await Promise.all([listenersOn(talker, TALKER.port), sockets(host)]);
    expect(inside.length, `listeners on ${TALKER.port} inside the container`).toBe(1);
    const inodes = new Set(inside.map(({ inode }) => inode));
    expect(
      hostSockets.filter(({ inode }) => inodes.has(inode)),
      "the container's listening socket among the host's",
    ).toEqual([]);
    const listening = hostSockets
      .filter(({ protocol, state }) => protocol === "tcp" && state === "LISTEN")
      .map(({ local }) => local.port);
    expect(
      {
        containerPort: listening.includes(TALKER.port),
        hostPort: listening.includes(talker.hostPortOf(`${TALKER.port}/tcp`)),
      },
      "which of the two ports somebody listens on at the host",
    ).toEqual({
      containerPort: false,
      hostPort: true,
    });
  },
);

/** Why a container of another network can't tell a closed port of the host's address from an open one here. */
function noWayToOwnAddress(facts: Facts): string | null {
  const { outcome, why } = portService(facts, "other network");
  if (outcome === "replied") return keptOffTheHost(facts, "user-defined network");
  return `containers of other networks don't reach published ports with this configuration: ${why}`;
}

/** Whether a closed port of the host refuses them, or the host's own packet filter drops it before. */
function tellsOpenFromClosed(facts: Facts): boolean {
  return keptOffTheHost(facts, "user-defined network") === null;
}

/** Whether something of the host itself listens on a number that a row takes to be free there. */
function takenOnHost({ host }: Facts, port: number): string | null {
  return host?.boundPorts.includes(port) ? `the host itself uses port ${port}` : null;
}
