import { expect } from "vitest";
import { portService } from "../../../helpers/expectations/port-service.ts";
import { banner } from "../../../helpers/probes/banner.ts";
import { http } from "../../../helpers/probes/reach.ts";
import {
  cite,
  D0,
  D1,
  mustNotReach,
  mustReach,
  requirement,
  type Session,
} from "../../../helpers/requirement/index.ts";
import { lanAddress } from "../../../helpers/requirement/lan-address.ts";
import { neighbourOf } from "../../../helpers/requirement/neighbour.ts";
import { mustAnswer } from "../../../helpers/requirement/served.ts";
import {
  ask,
  type Cell,
  closed,
  containerPort,
  gatewayOf,
  LOOPBACK_ONLY,
  mustServe,
  noWayToOwnAddress,
  onPorts,
  ports,
  TALKER,
  takenOnHost,
  USER,
  uplink,
} from "./site.ts";

const TO_THE_WORLD = cite(
  "docs/port-publishing#publishing-ports",
  "when you publish a container's ports it becomes available not only to the Docker host, but to the outside world as well",
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
