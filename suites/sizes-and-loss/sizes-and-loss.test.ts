import { type PortVantage, portService } from "../../helpers/expectations/port-service.ts";
import { userBridgesClosed } from "../../helpers/expectations/separation.ts";
import { automaticGateway } from "../../helpers/expectations/user-network.ts";
import { noWayOut } from "../../helpers/expectations/way-out.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import { ProbeFailed, type Vantage } from "../../helpers/model/evidence.ts";
import type { Facts } from "../../helpers/model/facts.ts";
import { echoes } from "../../helpers/probes/bursts.ts";
import { link } from "../../helpers/probes/links.ts";
import { http, udp } from "../../helpers/probes/reach.ts";
import { download, largeDatagram, transferService, upload } from "../../helpers/probes/transfers.ts";
import { mustLoseNoMore, somebodyBeyond } from "../../helpers/requirement/beyond.ts";
import {
  AT_ONCE,
  mustArriveWhole,
  mustBeAnsweredAs,
  mustCarry,
  mustLoseNone,
  mustServeAtOnce,
  pingThatFills,
} from "../../helpers/requirement/carried.ts";
import {
  bridge,
  busybox,
  chapter,
  D1,
  D2,
  engine,
  NotApplicable,
  nginx,
  type Session,
  topology,
} from "../../helpers/requirement/index.ts";
import { neighbourOf } from "../../helpers/requirement/neighbour.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";
import { publishedAt } from "../../helpers/topology/published-at.ts";
import { largeDatagramService } from "../../helpers/topology/web-server.ts";

const DOWN = 7001;
const UP = 7002;
const DATAGRAMS = 5400;
/** Goes in fragments over every link but those for jumbo frames. */
const LARGE = 2000;
const IN_FRAGMENTS = 4000;

/** A web server, a server of transfers and a client on a user-defined bridge; one more client on the default bridge. */
const town = topology("sizes", {
  networks: { app: bridge() },
  containers: {
    web: nginx({
      on: "app",
      publish: ["free:80", `free:${DATAGRAMS}/udp`],
      prelude: largeDatagramService(DATAGRAMS, LARGE),
    }),
    server: busybox({ on: "app", publish: [`free:${DOWN}`, `free:${UP}`], prelude: [transferService(DOWN, UP)] }),
    client: busybox({ on: "app" }),
    plain: busybox(),
  },
});

type Town = Awaited<ReturnType<(typeof town)["obtain"]>>;

const WITHIN = { from: [D1("新建网桥"), D2("四")], unless: userBridgesClosed } as const;

async function mtuOf(where: Vantage, device = "eth0"): Promise<number> {
  const found = await link(where, device);
  if (found === null) throw new ProbeFailed(`${where.label} has no ${device}`);
  return found.mtu;
}

const onTownWithin = chapter({ given: town, ...WITHIN });

onTownWithin(
  "SIZE-01",
  {
    must: "Packets as large as the network's MTU MUST pass between two containers of a user-defined bridge as small ones do, asked from either",
  },
  async ({ client, server }) => {
    const full = pingThatFills(await mtuOf(client), server.address);
    await Promise.all([
      mustCarry({ from: client, to: server.address }, full),
      mustCarry({ from: server, to: client.address }, full),
    ]);
  },
);

onTownWithin(
  "SIZE-02",
  {
    must: "Packets in fragments MUST pass between two containers of a user-defined bridge: ICMP as well as UDP, where small ones do",
    from: [...WITHIN.from, engine("moby#12565")],
  },
  async ({ client, server, web }) => {
    await Promise.all([
      mustCarry({ from: client, to: server.address }, IN_FRAGMENTS),
      mustBeAnsweredAs(
        largeDatagram(client, web.address, DATAGRAMS, LARGE),
        udp(client, web.address, 53),
        "fragments are dropped on the way (a rule with `-f`, or reassembly that fails)",
      ),
    ]);
  },
);

onTownWithin(
  "SIZE-03",
  {
    must: "Two megabytes over TCP MUST arrive as they were sent between two containers of a user-defined bridge, in either direction",
  },
  async ({ client, server, web }) => {
    const control = http(client, web.address);
    await Promise.all([
      mustArriveWhole(`download from ${server.address}`, () => download(client, server.address, DOWN), control),
      mustArriveWhole(`upload to ${server.address}`, () => upload(client, server.address, UP), control),
    ]);
  },
);

const onTown = chapter({ given: town, needs: ["host view"] });

onTown(
  "SIZE-04",
  {
    must: "Packets as large as the MTU MUST pass between the host and a container of any bridge as small ones do, asked from either",
    from: [D1("5.6")],
    needs: ["default bridge", "host view"],
  },
  async ({ client, plain, networks: { app } }, session) => {
    const host = await session.host();
    const pairs = [
      [client, automaticGateway(cidr(app.subnet))],
      [plain, session.facts.defaultBridge?.gateway ?? ""],
    ] as const;
    await Promise.all(
      pairs.map(async ([container, gateway]) => {
        const full = pingThatFills(await mtuOf(container), gateway);
        await Promise.all([
          mustCarry({ from: container, to: gateway }, full),
          mustCarry({ from: host, to: container.address }, full),
        ]);
      }),
    );
  },
);

onTown(
  "SIZE-05",
  {
    must: "Packets as large as the MTU MUST leave a bridge's containers for whom the host reaches beyond its uplink with packets of that size",
    from: [D1("5.3"), engine("moby#12565")],
    appliesTo: 'not with "iptables": false or without IP forwarding; a network without masquerade is left out',
  },
  async ({ client, plain }, session) => {
    const host = await session.host();
    const { address, mtu } = await somebodyBeyond(session);
    const ways = waysOut(session.facts, client, plain);
    const full = pingThatFills(Math.min(mtu, ...(await Promise.all(ways.map((from) => mtuOf(from))))), address);
    if ((await echoes(host, address, { count: 3, every: 0.05, bytes: full })).received === 0)
      throw new NotApplicable(`${address} answers the host's own packets of that size not at all`);
    await Promise.all(ways.map((from) => mustCarry({ from, to: address }, full)));
  },
);

/** The containers from which packets leave this host by configuration. */
function waysOut<T>(facts: Facts, client: T, plain: T): T[] {
  const user = noWayOut(facts, "user-defined network");
  const byDefault = noWayOut(facts, "default bridge");
  const ways = [
    ...(user === null ? [client] : []),
    ...(facts.defaultBridge === null || byDefault !== null ? [] : [plain]),
  ];
  if (ways.length === 0) throw new NotApplicable(user ?? byDefault ?? "no container has a way out");
  return ways;
}

/** The three published ports that are asked at one vantage, and whether the host's rules or docker-proxy serve them there. */
function served(town: Town, vantage: PortVantage, { facts }: Session) {
  const { outcome, why } = portService(facts, vantage);
  if (outcome !== "replied") throw new NotApplicable(why);
  const at = (endpoint: Endpoint, port: string) => publishedAt(endpoint, port, facts, town.networks.app.gateway);
  return {
    web: at(town.web, "80/tcp"),
    down: at(town.server, `${DOWN}/tcp`),
    up: at(town.server, `${UP}/tcp`),
    datagrams: town.web.hostPortOf(`${DATAGRAMS}/udp`),
  };
}

async function mustPassWhole(from: Vantage, { web, down, up }: ReturnType<typeof served>): Promise<void> {
  const control = http(from, web.address, web.port);
  await Promise.all([
    mustArriveWhole(
      `download from ${down.address}:${down.port} to ${from.label}`,
      () => download(from, down.address, down.port),
      control,
    ),
    mustArriveWhole(
      `upload to ${up.address}:${up.port} from ${from.label}`,
      () => upload(from, up.address, up.port),
      control,
    ),
  ]);
}

const PUBLISHED = [D1("4"), engine("moby#12565")];

onTown(
  "SIZE-06",
  {
    must: "Two megabytes over TCP MUST arrive as they were sent through a published port, in either direction: asked by the host at its own address",
    from: PUBLISHED,
  },
  async (all, session) => await mustPassWhole(await session.host(), served(all, "host address", session)),
);

onTown(
  "SIZE-07",
  {
    must: "Two megabytes over TCP MUST arrive as they were sent through a published port, in either direction: asked by a container of another bridge at the host's address",
    from: PUBLISHED,
    needs: ["default bridge"],
  },
  async (all, session) => await mustPassWhole(all.plain, served(all, "other network", session)),
);

onTown(
  "SIZE-08",
  {
    must: "Two megabytes over TCP MUST arrive as they were sent through a published port, in either direction: asked by another machine",
    from: PUBLISHED,
    needs: ["host view", "second host"],
  },
  async (all, session) => await mustPassWhole(await neighbourOf(session), served(all, "outside", session)),
);

onTown(
  "SIZE-09",
  {
    must: "A UDP datagram that goes in fragments MUST pass a published port, and its answer as well, where a small one does: asked by the host at its own address",
    from: PUBLISHED,
  },
  async (all, session) => {
    const host = await session.host();
    const { web, datagrams } = served(all, "host address", session);
    await mustBeAnsweredAs(
      largeDatagram(host, web.address, datagrams, LARGE),
      largeDatagram(host, web.address, datagrams, 1),
      "fragments are dropped on the way (a rule with `-f`, or reassembly that fails)",
    );
  },
);

onTownWithin(
  "LOSS-01",
  {
    must: "Of a hundred packets in a row between two containers of a user-defined bridge none MUST be lost",
  },
  async ({ client, server }) => await mustLoseNone({ from: client, to: server.address }),
);

onTown(
  "LOSS-02",
  {
    must: "Of a hundred packets in a row from the host to a container of any bridge none MUST be lost",
    from: [D1("5.6")],
    needs: ["default bridge", "host view"],
  },
  async ({ client, plain }, session) => {
    const host = await session.host();
    await Promise.all([client, plain].map(({ address }) => mustLoseNone({ from: host, to: address })));
  },
);

onTown(
  "LOSS-03",
  {
    must: "Of a hundred packets in a row to somebody beyond the host's uplink a bridge's containers MUST lose no more than the host itself",
    from: [D1("5.3")],
    appliesTo: 'not with "iptables": false or without IP forwarding; a network without masquerade is left out',
    cause: "a rule on the way out drops some of the containers' packets, or all of them",
  },
  async ({ client, plain }, session) => {
    const host = await session.host();
    const { address } = await somebodyBeyond(session);
    await Promise.all(waysOut(session.facts, client, plain).map((from) => mustLoseNoMore(from, host, address)));
  },
);

onTownWithin(
  "LOSS-04",
  {
    must: `${AT_ONCE} connections at once between two containers of a user-defined bridge MUST all be served, none of them only after its SYN was sent again`,
  },
  async ({ client, web }) => await mustServeAtOnce({ from: client, to: web.address }),
);

onTown(
  "LOSS-05",
  {
    must: `${AT_ONCE} connections at once to a published port MUST all be served, none of them only after its SYN was sent again: asked by a container of another bridge at the host's address`,
    from: PUBLISHED,
    needs: ["default bridge"],
  },
  async (all, session) => {
    const { web } = served(all, "other network", session);
    await mustServeAtOnce({ from: all.plain, to: web.address }, web.port);
  },
);
