import { expect } from "vitest";
import { portService } from "../../helpers/expectations/port-service.ts";
import { noWayOut as wayOut } from "../../helpers/expectations/way-out.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import type { Facts } from "../../helpers/model/facts.ts";
import { link } from "../../helpers/probes/links.ts";
import { http } from "../../helpers/probes/reach.ts";
import {
  busybox,
  chapter,
  cite,
  D1,
  D4,
  mustReach,
  NotApplicable,
  NotRun,
  nginx,
  requirement,
  stage,
  topology,
} from "../../helpers/requirement/index.ts";
import { uplinkOf } from "../../helpers/requirement/lan-address.ts";
import { neighbourOf } from "../../helpers/requirement/neighbour.ts";
import { watching } from "../../helpers/requirement/watching.ts";
import { parseWebAnswer } from "../../helpers/topology/web-server.ts";
import { echoOf, eth0Of, onlyEcho, type Packets, pingsOf, unusualSize, waysOf } from "./points.ts";

const MASQUERADED = cite(
  "libnetwork/network#bridge-mode",
  "its srcIP is replaced with IP of outbound interface determined by routing",
);
const PUBLISHED_RULE = cite(
  "docs/port-publishing",
  "docker run -p 8080:80 [...] creates a mapping between port 8080 on any address on the Docker host, and the container's port 80",
);

/** One container that asks the neighbour, and one that the neighbour asks. */
const pair = topology("path-beyond", {
  containers: { client: busybox(), web: nginx({ publish: ["0.0.0.0:free:80"] }) },
});

/** Both hosts of the LAN, as far as the ways between them need it. */
const lan = stage(pair, async ({ client, web }, session) => {
  const second = await session.secondHost();
  const bridge = session.facts.defaultBridge;
  if (bridge === null) throw new NotApplicable("this engine has no default bridge");
  if (second.facts.host?.tools.tcpdump !== true) throw new NotRun("tcpdump is not installed on the second host");
  return {
    client,
    web,
    bridge,
    host: await session.host(),
    uplink: uplinkOf(session.facts),
    neighbour: { session: second, from: await neighbourOf(session), uplink: uplinkOf(second.facts) },
  };
});

/** Pings of one run that are judged; one more closes the captures. */
const PINGS = 2;

/** A run of pings from a container to the neighbouring host, seen from the container to that host. */
const outward = stage(lan, async (parts, session) => {
  const { client, bridge, uplink, neighbour } = parts;
  const size = unusualSize();
  const filter = pingsOf(size);
  const { seen } = await watching(
    {
      eth0: eth0Of(client, session, filter),
      bridge: { on: session, device: bridge.device, filter },
      uplink: { on: session, device: uplink.interface, filter },
      neighbour: { on: neighbour.session, device: neighbour.uplink.interface, filter },
    },
    async () => ({
      value: await client.act(`ping -c ${PINGS + 1} -W 10 -s ${size} ${neighbour.uplink.address}`, { seconds: 20 }),
      isClosing: ({ echo }) => echo?.type === "reply" && echo.sequence === PINGS,
    }),
  );
  const judged = (packets: Packets): Packets => packets.filter(({ echo }) => (echo?.sequence ?? 0) < PINGS);
  return {
    ...parts,
    eth0: judged(seen.eth0),
    docker0: judged(seen.bridge),
    onUplink: judged(seen.uplink),
    atNeighbour: judged(seen.neighbour),
  };
});

const noWayOut = (facts: Facts): string | null => wayOut(facts, "default bridge");

const needs = ["default bridge", "host view", "packet capture", "second host"] as const;
const out = {
  from: [D1("5.3")],
  needs,
  unless: noWayOut,
  appliesTo: 'not with "ip-masq": false, "iptables": false, a foreign "default-gateway" or without IP forwarding',
  cause:
    "no masquerade rule for the bridge's subnet, a FORWARD policy or DOCKER-USER rule that drops, or rules lost in a firewall's reload",
};

const onOutward = chapter({ given: outward });

onOutward(
  "PATH-15",
  {
    must: "A ping from a container to an address outside its network MUST use its default route: it is sent to the hardware address of the bridge",
    ...out,
    from: [
      cite("libnetwork/network#bridge-mode", "Outbound traffic from container flows through routing (Container NS)"),
      ...out.from,
    ],
  },
  async ({ client, host, bridge, neighbour, eth0 }) => {
    const [chosen, device] = await Promise.all([
      client.ask(`ip route get ${neighbour.uplink.address}`),
      link(host, bridge.device),
    ]);
    expect(chosen.stdout, "route that the container's kernel picks").toContain(` via ${bridge.gateway} dev eth0 `);
    expect(onlyEcho(eth0, "request", "eth0").destinationMac, "hardware address that the request was sent to").toBe(
      device?.mac,
    );
  },
);

for (const [id, where, point] of [
  ["PATH-16", "the container's eth0", "eth0"],
  ["PATH-17", "the bridge's device", "docker0"],
] as const) {
  requirement(
    id,
    {
      must: `On ${where} a ping to another machine MUST have the container's address as its source`,
      ...out,
      from: [MASQUERADED, ...out.from],
    },
    outward,
    ({ client, neighbour, ...parts }) => {
      expect(waysOf(echoes(parts[point], "request")), `requests on ${where}`).toEqual([
        `${client.address} > ${neighbour.uplink.address}`,
      ]);
    },
  );
}

onOutward(
  "PATH-18",
  {
    must: "On the host's uplink a container's ping to another machine MUST have the host's address as its source, and so it MUST arrive there",
    ...out,
    from: [MASQUERADED, ...out.from],
  },
  ({ uplink, neighbour, onUplink, atNeighbour }) => {
    const way = [`${uplink.address} > ${neighbour.uplink.address}`];
    expect(
      { uplink: waysOf(echoes(onUplink, "request")), neighbour: waysOf(echoes(atNeighbour, "request")) },
      "requests on the host's uplink, and at the other machine",
    ).toEqual({ uplink: way, neighbour: way });
  },
);

onOutward(
  "PATH-19",
  {
    must: "On the host's uplink the reply to a container's ping MUST be addressed to the host, as the other machine sent it",
    ...out,
    from: [MASQUERADED, ...out.from],
  },
  ({ uplink, neighbour, onUplink, atNeighbour }) => {
    const way = [`${neighbour.uplink.address} > ${uplink.address}`];
    expect(
      { uplink: waysOf(echoes(onUplink, "reply")), neighbour: waysOf(echoes(atNeighbour, "reply")) },
      "replies on the host's uplink, and at the other machine",
    ).toEqual({ uplink: way, neighbour: way });
  },
);

onOutward(
  "PATH-20",
  {
    must: "On the bridge's device and the container's eth0 the reply to a container's ping MUST be addressed to the container",
    ...out,
    from: [MASQUERADED, ...out.from],
  },
  ({ client, neighbour, docker0, eth0 }) => {
    const way = [`${neighbour.uplink.address} > ${client.address}`];
    expect({ bridge: waysOf(echoes(docker0, "reply")), eth0: waysOf(echoes(eth0, "reply")) }, "replies").toEqual({
      bridge: way,
      eth0: way,
    });
  },
);

onOutward(
  "PATH-21",
  {
    must: "The container's eth0, the bridge's device and the host's uplink MUST see the same number of packets of one run of pings: a request and a reply each",
    ...out,
  },
  ({ eth0, docker0, onUplink }) => {
    expect(
      { eth0: eth0.length, bridge: docker0.length, uplink: onUplink.length },
      `packets of ${PINGS} pings at each point`,
    ).toEqual({ eth0: 2 * PINGS, bridge: 2 * PINGS, uplink: 2 * PINGS });
  },
);

onOutward(
  "PATH-22",
  {
    must: "The host MUST decrement the TTL of what it forwards by one in each direction",
    ...out,
    from: [D1("5.3"), D4("Linux bridge")],
  },
  ({ eth0, docker0, onUplink, atNeighbour }) => {
    const ttl = (packets: Packets, type: "request" | "reply", point: string) => onlyEcho(packets, type, point).ttl;
    const sent = ttl(eth0, "request", "eth0");
    const answered = ttl(atNeighbour, "reply", "the other machine");
    expect(
      {
        request: [ttl(docker0, "request", "the bridge"), ttl(onUplink, "request", "the uplink")],
        reply: [ttl(onUplink, "reply", "the uplink"), ttl(docker0, "reply", "the bridge"), ttl(eth0, "reply", "eth0")],
      },
      `TTL on its way, sent with ${sent} and answered with ${answered}`,
    ).toEqual({ request: [sent, sent - 1], reply: [answered, answered - 1, answered - 1] });
  },
);

function echoes(packets: Packets, type: "request" | "reply"): Packets {
  return Array.from({ length: PINGS }, (_, sequence) => echoOf(packets, type, sequence)).flat();
}

/** A web request of the neighbouring host to a published port, seen from that host to the container. */
const inward = stage(lan, async (parts, session) => {
  const { web, bridge, uplink, neighbour } = parts;
  const hostPort = web.hostPortOf("80/tcp");
  const outside = `tcp and host ${neighbour.uplink.address} and port ${hostPort}`;
  // Either address pair, so that a packet that is translated too early or too late is seen where it must not be.
  const within = `tcp and host ${neighbour.uplink.address} and (port ${hostPort} or (host ${web.address} and port 80))`;
  const ask = async () => {
    const { answer } = await mustReach(http(neighbour.from, uplink.address, hostPort));
    const read = parseWebAnswer(answer);
    if (read === null) throw new ProbeFailed(`something else answered at the published port: ${answer.slice(0, 80)}`);
    return read;
  };
  const { value, seen } = await watching(
    {
      neighbour: { on: neighbour.session, device: neighbour.uplink.interface, filter: outside },
      uplink: { on: session, device: uplink.interface, filter: within },
      bridge: { on: session, device: bridge.device, filter: within },
      eth0: eth0Of(web, session, "tcp"),
    },
    async () => {
      const asked = await ask();
      const closing = await ask();
      return {
        value: asked,
        isClosing: ({ source, destination }) => [source.port, destination.port].includes(closing.peerPort),
      };
    },
  );
  // As the neighbour sent it: what the server saw is docker-proxy's where that one serves.
  const port = seen.neighbour.find(({ flags }) => flags === "S")?.source.port;
  if (port === undefined || port === null)
    throw new ProbeFailed("the second host's request was not seen where it left that host");
  const client = { address: neighbour.uplink.address, port };
  return { ...parts, hostPort, answer: value, client, seen };
});

/** Packets that do not come from a server's end: the client's. */
function asked(packets: Packets, client: { readonly port: number }): Packets {
  return packets.filter(({ source }) => source.port === client.port);
}

function answered(packets: Packets, client: { readonly port: number }): Packets {
  return packets.filter(({ destination }) => destination.port === client.port);
}

const into = {
  from: [D1("5.4")],
  needs,
  unless: (facts: Facts) => {
    const { outcome, by, why } = portService(facts, "outside");
    return outcome === "replied" && by === "DNAT" ? null : `another machine is not served by DNAT: ${why}`;
  },
  appliesTo: 'not with "iptables": false',
  cause:
    "Docker's nat rules were flushed, so docker-proxy answers in its own name, or a rule of somebody else translates or drops it",
};

const onInward = chapter({ given: inward });

onInward(
  "PATH-24",
  {
    must: "A TCP connection of another machine to a published port MUST arrive on the host's uplink addressed to the host's address and the host port",
    ...into,
    from: [PUBLISHED_RULE, ...into.from],
  },
  ({ seen, client, uplink, hostPort }) => {
    expect(waysOf(asked(seen.uplink, client)), "what the client sent, on the uplink").toEqual([
      `${client.address}:${client.port} > ${uplink.address}:${hostPort}`,
    ]);
  },
);

for (const [id, where, point] of [
  ["PATH-25", "the bridge's device", "bridge"],
  ["PATH-26", "the container's eth0", "eth0"],
] as const) {
  requirement(
    id,
    {
      must: `On ${where} a TCP connection of another machine to a published port MUST be addressed to the container's address and port`,
      ...into,
      from: [PUBLISHED_RULE, ...into.from],
    },
    inward,
    ({ seen, client, web }) => {
      const to = asked(seen[point], client).map(({ destination }) => `${destination.address}:${destination.port}`);
      expect([...new Set(to)], `destinations of what the client sent, on ${where}`).toEqual([`${web.address}:80`]);
    },
  );
}

onInward(
  "PATH-27",
  {
    must: "The translation of a published port MUST happen between the uplink and the bridge: the uplink MUST NOT see the container's address, nor the bridge the host's",
    ...into,
    from: [PUBLISHED_RULE, ...into.from],
  },
  ({ seen, client, web, uplink }) => {
    const [before, after] = [asked(seen.uplink, client), asked(seen.bridge, client)];
    expect(
      { uplink: before.length > 0, bridge: after.length > 0 },
      "whether the two devices saw the connection at all",
    ).toEqual({ uplink: true, bridge: true });
    const addresses = (packets: Packets) => [
      ...new Set(packets.flatMap(({ source, destination }) => [source.address, destination.address])),
    ];
    expect(addresses(seen.uplink), "addresses on the uplink").not.toContain(web.address);
    expect(addresses(seen.bridge), "addresses on the bridge's device").not.toContain(uplink.address);
    const [first, translated] = [before[0]?.time ?? 0n, after[0]?.time ?? 0n];
    expect(first <= translated, "whether the uplink saw the first packet before the bridge did").toBe(true);
  },
);

onInward(
  "PATH-28",
  {
    must: "Client address and client port MUST be kept when a published port is translated: what the container sees is what the other machine sent",
    ...into,
  },
  ({ seen, client, answer }) => {
    const opened = (packets: Packets) =>
      packets.filter(({ flags }) => flags === "S").map(({ source }) => `${source.address}:${source.port}`);
    const own = `${client.address}:${client.port}`;
    expect(
      {
        sent: opened(seen.neighbour),
        uplink: opened(seen.uplink),
        bridge: opened(seen.bridge),
        eth0: opened(seen.eth0).filter((one) => one === own),
        server: `${answer.peerAddress}:${answer.peerPort}`,
      },
      "who opened the connection, at each point and to the server",
    ).toEqual({ sent: [own], uplink: [own], bridge: [own], eth0: [own], server: own });
  },
);

onInward(
  "PATH-29",
  {
    must: "Answers of a published port MUST leave the uplink with the host's address and the host port as their source, and so reach the other machine",
    ...into,
  },
  ({ seen, client, uplink, hostPort }) => {
    const way = [`${uplink.address}:${hostPort} > ${client.address}:${client.port}`];
    expect(
      { uplink: waysOf(answered(seen.uplink, client)), neighbour: waysOf(answered(seen.neighbour, client)) },
      "what was answered, on the uplink and at the other machine",
    ).toEqual({ uplink: way, neighbour: way });
  },
);
