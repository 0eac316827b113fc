import { expect } from "vitest";
import {
  GRID_VANTAGES,
  type GridExpectation,
  type GridPlace,
  type GridVantage,
  gridExpectation,
  IP_FAMILIES,
  type IpFamily,
  unpublishedByRoute,
} from "../../helpers/expectations/vantage-grid.ts";
import { type HostInLab, hostInLab } from "../../helpers/lab/host-in-lab.ts";
import { ProbeFailed, type Vantage } from "../../helpers/model/evidence.ts";
import type { ReportedTable } from "../../helpers/model/results.ts";
import { has } from "../../helpers/model/version-switches.ts";
import { http, type Question, udp } from "../../helpers/probes/reach.ts";
import {
  bridge,
  busybox,
  cite,
  D0,
  D1,
  engine,
  mustReach,
  nginx,
  requirement,
  stage,
} from "../../helpers/requirement/index.ts";
import { type AskedRow, askTable, mustMatchTable } from "../../helpers/requirement/reachability.ts";
import { addressesUsable } from "../../helpers/requirement/usable-addresses.ts";
import { Violation } from "../../helpers/requirement/verdicts.ts";
import { watching } from "../../helpers/requirement/watching.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";
import { Topology } from "../../helpers/topology/topology.ts";
import { parseWebAnswer } from "../../helpers/topology/web-server.ts";

/**
 * On a network of both families: a server published on every address, one published on 127.0.0.1, one not published at
 * all; and a container elsewhere.
 */
const PUBLISHED = {
  networks: { front: bridge({ ipv6: true }), back: bridge({ ipv6: true }) },
  containers: {
    server: nginx({ on: "front", publish: ["free:80", "free:53/udp"] }),
    local: nginx({ on: "front", publish: ["127.0.0.1:free:80", "127.0.0.1:free:53/udp"] }),
    beside: nginx({ on: "front" }),
    elsewhere: busybox({ on: "back" }),
  },
};

/** A machine beside the Docker hosts on their LAN. */
const neighbour = stage(hostInLab("neighbour"), async ({ host, view }) => ({ host, asks: await view() }));

/** A Docker host on which the server runs, and the neighbour with a route to the server's network. */
function serving(name: string, daemonJson: object) {
  return stage(hostInLab(name, { daemonJson }), async (inLab) => {
    const beyond = await neighbour.obtain();
    const asks = await inLab.view();
    const context = await inLab.context(asks);
    const { containers, networks } = await new Topology(name, PUBLISHED).start(context);
    const { server, local, beside } = containers;
    await Promise.all([
      addressesUsable(asks),
      ...Object.values(containers).map((container) => addressesUsable(container)),
    ]);
    const hosts = {
      IPv4: { loopback: "127.0.0.1", own: inLab.host.address, neighbour: beyond.host.address },
      IPv6: { loopback: "::1", own: lanV6(inLab.host), neighbour: lanV6(beyond.host) },
    };
    for (const family of IP_FAMILIES)
      for (const container of [server, beside])
        await beyond.host.must(`ip route add ${addressOf(family, container)} via ${hosts[family].own}`);
    /** Who asks, where, and under which address. */
    const place = (vantage: GridVantage, family: IpFamily): { from: Vantage; asked: string; client: string } => {
      const { loopback, own, neighbour } = hosts[family];
      const container = (from: Endpoint, network: string) => ({
        from,
        asked: own,
        client: addressOf(family, from, network),
      });
      switch (vantage) {
        case "own container":
          return container(server, "front");
        case "same network":
          return container(beside, "front");
        case "other network":
          return container(containers.elsewhere, "back");
        case "host loopback":
          return { from: asks, asked: loopback, client: loopback };
        case "host address":
          return { from: asks, asked: own, client: own };
        case "outside":
          return { from: beyond.asks, asked: own, client: neighbour };
        case "neighbour with a route":
          return { from: beyond.asks, asked: addressOf(family, server), client: neighbour };
      }
    };
    const { IPv6Gateway, Gateway } = server.settingsOn("front");
    return {
      context,
      facts: context.facts,
      bridge: networks.front.device,
      asks,
      server,
      local,
      beside,
      place,
      own: inLab.host.address,
      neighbour: beyond,
      gateways: { IPv4: Gateway, IPv6: IPv6Gateway },
    };
  });
}

function lanV6({ name, addressV6 }: HostInLab["host"]): string {
  if (addressV6 === null) throw new ProbeFailed(`lab host ${name} has no IPv6 address on the LAN`);
  return addressV6;
}

function addressOf(family: IpFamily, container: Endpoint, network = "front"): string {
  const { IPAddress, GlobalIPv6Address } = container.settingsOn(network);
  return family === "IPv4" ? IPAddress : GlobalIPv6Address;
}

const proxied = serving("proxied", {});
const proxyless = serving("proxyless", { "userland-proxy": false });

type Serving = Awaited<ReturnType<typeof proxied.obtain>>;

interface Cell extends GridPlace {
  readonly protocol: "tcp" | "udp";
  readonly expected: GridExpectation;
  readonly question: Question;
  readonly client: string;
}

/** Every cell of which something is known on this engine. */
function cellsOf({ facts, server, place }: Pick<Serving, "facts" | "server" | "place">): Cell[] {
  return GRID_VANTAGES.flatMap((vantage) =>
    IP_FAMILIES.flatMap((family) =>
      (["tcp", "udp"] as const).flatMap((protocol) => {
        const expected = gridExpectation(facts, { vantage, family });
        if (expected === null) return [];
        const { from, asked, client } = place(vantage, family);
        const container = protocol === "tcp" ? 80 : 53;
        const port = vantage === "neighbour with a route" ? container : server.hostPortOf(`${container}/${protocol}`);
        const question = protocol === "tcp" ? http(from, asked, port) : udp(from, asked, port);
        return [{ vantage, family, protocol, expected, question, client }];
      }),
    ),
  );
}

/** What was observed in a cell, in the words of the expectation. */
function observedIn(cell: Cell, { reached }: AskedRow, { server, gateways }: Serving): string {
  if (reached.outcome !== "replied") return reached.outcome;
  const answer = parseWebAnswer(reached.answer);
  if (answer?.server !== server.name) return "replied, but not the server";
  const { peerAddress } = answer;
  if (peerAddress === cell.client) return "replied, saw the client";
  return peerAddress === gateways[cell.family] ? "replied, saw the gateway" : `replied, saw ${peerAddress}`;
}

function expectedIn({ outcome, saw }: GridExpectation): string {
  return saw === null ? outcome : `${outcome}, saw the ${saw}`;
}

/** Whether a cell is as expected; whom the server sees counts only where that is promised. */
function asExpected({ expected }: Cell, observed: string): boolean {
  return expected.saw === null ? observed.split(",", 1)[0] === expected.outcome : observed === expectedIn(expected);
}

/** Asks every cell at once. */
async function fill(serving: Serving) {
  const cells = cellsOf(serving);
  const asked = await askTable(cells.map(({ question, expected: { outcome } }) => ({ question, expected: outcome })));
  return cells.map((cell, index) => {
    const row = asked[index];
    if (row === undefined) throw new Error("a cell without an answer");
    const observed = observedIn(cell, row, serving);
    return { cell, observed, right: asExpected(cell, observed) && !observed.endsWith("not the server") };
  });
}

type Filled = Awaited<ReturnType<typeof fill>>;

const COLUMNS = IP_FAMILIES.flatMap((family) => (["tcp", "udp"] as const).map((protocol) => ({ family, protocol })));

function tableOf(grids: Readonly<Record<string, Filled>>): ReportedTable {
  return {
    title: "one published port: expected and observed from every place",
    columns: [
      "userland proxy",
      "asked from",
      ...COLUMNS.flatMap(({ family, protocol }) => [`${family} ${protocol}: expected`, "observed"]),
    ],
    rows: Object.entries(grids).flatMap(([proxy, filled]) =>
      GRID_VANTAGES.map((vantage) => [
        proxy,
        vantage,
        ...COLUMNS.flatMap(({ family, protocol }) => {
          const found = filled.find(
            ({ cell }) => cell.vantage === vantage && cell.family === family && cell.protocol === protocol,
          );
          return found === undefined ? ["nothing is known", "–"] : [expectedIn(found.cell.expected), found.observed];
        }),
      ]),
    ),
  };
}

requirement(
  "PORT-45",
  {
    must: "A port published on every address MUST be served, or kept shut, from every place in the way foretold: by its own container, its network, another network, the host's loopback and address, another machine, and another machine with a route to the container; over IPv4 and IPv6, TCP and UDP, with and without the userland proxy",
    from: [
      cite(
        "docs/port-publishing#direct-routing-to-containers-in-bridge-networks",
        "By default, remote hosts are not allowed direct access to container IP addresses in Docker's Linux bridge networks.",
      ),
      D0("3.4.2.2"),
      D1("桥接模式下暴露端口"),
    ],
    needs: ["lab", "ipv6"],
  },
  stage(proxied, async (on) => {
    const off = await proxyless.obtain();
    return { on: await fill(on), off: await fill(off) };
  }),
  (grids) => {
    const table = tableOf(grids);
    const wrong = Object.entries(grids).flatMap(([proxy, filled]) =>
      filled.flatMap(({ cell, observed, right }) => (right ? [] : [{ proxy, cell, observed }])),
    );
    if (wrong.length === 0) return table;
    const where = ({ proxy, cell }: (typeof wrong)[number]) =>
      `${cell.vantage}, ${cell.family} ${cell.protocol}, proxy ${proxy}`;
    throw new Violation(`${wrong.length} of ${grids.on.length + grids.off.length} places`, {
      expected: wrong
        .map((one) => `${where(one)}: ${expectedIn(one.cell.expected)} (${one.cell.expected.why})`)
        .join("\n"),
      observed: wrong.map((one) => `${where(one)}: ${one.observed}`).join("\n"),
      cause: "a rule of Docker's nat, filter or raw table is missing, or was added by somebody else",
      table,
    });
  },
);

/**
 * A neighbour that takes 127.0.0.1 for an address of the Docker host sends to the port that is published there, and the
 * server's bridge is watched for what came through. Answers would not do: the neighbour's own kernel takes one from
 * 127.0.0.1 for forged.
 */
async function attack({ context, asks, local, server, own, neighbour, bridge, gateways }: Serving) {
  // Its own loopback stands in the way.
  await neighbour.host.must("ip route flush table local root 127.0.0.0/8");
  await neighbour.host.must(`ip route replace 127.0.0.1/32 via ${own} src ${neighbour.host.address}`);
  await neighbour.host.must("for s in all eth0; do echo 1 >/proc/sys/net/ipv4/conf/$s/route_localnet; done");
  const way = await neighbour.host.shell.act("ip route get 127.0.0.1");
  if (!way.stdout.includes(` via ${own} `))
    throw new ProbeFailed("the neighbour does not send 127.0.0.1 to the Docker host", way);
  const { seen, closed } = await watching(
    { bridge: { on: context, device: bridge, filter: `dst host ${local.address} and (tcp or udp)` } },
    async () => {
      // The control: from the same neighbour to a port that is open to it.
      await mustReach(http(neighbour.asks, own, server.hostPortOf("80/tcp")));
      await Promise.all([
        http(neighbour.asks, "127.0.0.1", local.hostPortOf("80/tcp")).ask(2),
        udp(neighbour.asks, "127.0.0.1", local.hostPortOf("53/udp")).ask(2),
      ]);
      // The closing packet, and the control of the server: it is there to be reached.
      await mustReach(http(asks, local.address));
      return { value: null, isClosing: ({ source }) => source.address === gateways.IPv4 };
    },
  );
  if (!closed.bridge) throw new ProbeFailed("the capture on the server's bridge saw nothing at all");
  const arrived = seen.bridge.filter(({ source }) => source.address === neighbour.host.address);
  return {
    tcp: arrived.some(({ flags, destination }) => flags === "S" && destination.port === 80) ? "arrived" : "nothing",
    udp: arrived.some(({ destination }) => destination.port === 53) ? "arrived" : "nothing",
  };
}

requirement(
  "PORT-46",
  {
    must: "What another machine on the LAN sends to 127.0.0.1 by way of the host MUST NOT arrive at a port that is published on 127.0.0.1; before Engine 28.0, which guards against it, it does",
    from: [
      cite(
        "docs/release-28#2800",
        "Fix a security issue that was allowing neighbor hosts to connect to ports mapped on a loopback address.",
      ),
      engine("moby#45610"),
      D1("暴露随机端口"),
    ],
    needs: ["lab", "packet capture"],
    cause: "the raw table was flushed after the container had started: restart dockerd",
  },
  // One after the other: the neighbour has one route to 127.0.0.1.
  stage(proxied, async (on) => ({ on, off: await proxyless.obtain() })),
  async ({ on, off }) => {
    const wanted = has(on.facts, "loopback-publication-guarded") ? "nothing" : "arrived";
    expect(
      { "userland proxy on": await attack(on), "userland proxy off": await attack(off) },
      "what arrived at the server",
    ).toEqual({
      "userland proxy on": { tcp: wanted, udp: wanted },
      "userland proxy off": { tcp: wanted, udp: wanted },
    });
  },
);

requirement(
  "PORT-47",
  {
    must: "A port that is not published MUST NOT be reachable for another machine on the LAN that has a route to the container, over IPv4 and, where dockerd makes IPv6 rules, over IPv6; before Engine 28.0 the policy of FORWARD alone decides",
    from: [
      cite(
        "docs/release-28#2800",
        "Direct routed access to container ports that are not exposed using p/-publish is now blocked in the DOCKER iptables chain.",
      ),
    ],
    needs: ["lab", "ipv6"],
    cause:
      "a rule in DOCKER-USER, or of another firewall, accepts what is forwarded before Docker's rules drop it, or the engine runs with allow-direct-routing",
  },
  proxied,
  async ({ facts, asks, beside, server, own, neighbour }) => {
    await mustMatchTable([
      ...IP_FAMILIES.flatMap((family) => {
        const address = addressOf(family, beside);
        const { outcome } = unpublishedByRoute(facts, family);
        return [
          { question: http(neighbour.asks, address), expected: outcome },
          { question: http(asks, address), expected: "replied" as const },
        ];
      }),
      { question: http(neighbour.asks, own, server.hostPortOf("80/tcp")), expected: "replied" },
    ]);
  },
);
