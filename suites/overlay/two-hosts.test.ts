import { expect } from "vitest";
import { askForNetwork } from "../../helpers/engine/answers.ts";
import { labelsOf, nameOf } from "../../helpers/engine/run-identity.ts";
import { removeNetwork } from "../../helpers/engine/sweep.ts";
import { bridgesNotSeparated, userBridgesClosed } from "../../helpers/expectations/separation.ts";
import { http, ping } from "../../helpers/probes/reach.ts";
import { routes } from "../../helpers/probes/routes.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  D0,
  D1,
  D2,
  D3,
  D4,
  mustNotReach,
  mustReach,
  nginx,
  requirement,
  type Session,
  stage,
  theEngine,
  topology,
  Violation,
} from "../../helpers/requirement/index.ts";
import { lanAddress } from "../../helpers/requirement/lan-address.ts";
import { mustBeRefused, refusalOf } from "../../helpers/requirement/refusal.ts";
import { parseWebAnswer } from "../../helpers/topology/web-server.ts";

/** A client on a bridge of its own on this host. */
const here = topology("overlay-here", {
  networks: { app: bridge({ subnet: 24 }) },
  containers: { client: busybox({ on: "app" }) },
});

/** A web server on a bridge of its own on the second host, published there. */
const there = topology(
  "overlay-there",
  {
    networks: { app: bridge({ subnet: 24 }) },
    containers: { web: nginx({ on: "app", publish: ["free:80"] }), neighbour: busybox({ on: "app" }) },
  },
  "second host",
);

const bothSides = stage(here, async ({ client, networks: { app } }, session) => {
  const { web, neighbour } = await there.obtain();
  return {
    client,
    web,
    neighbour,
    app,
    host: lanAddress(session.facts),
    otherHost: lanAddress((await session.secondHost()).facts),
    port: web.hostPortOf("80/tcp"),
  };
});

/** The published port of the other host asked from a container here, and what the server saw of it. */
const visit = stage(bothSides, async (value) => {
  const { client, web, otherHost, port } = value;
  const { answer } = await mustReach(http(client, otherHost, port));
  const seen = parseWebAnswer(answer);
  if (seen?.server !== web.name) {
    throw new Violation(`http ${otherHost}:${port}`, {
      expected: `an answer of ${web.name}`,
      observed: seen === null ? answer : `an answer of ${seen.server}`,
    });
  }
  return { ...value, seen };
});

const needs = ["second host", "host view"] as const;
const FORWARDING = "the port's DNAT rule, docker-proxy or the FORWARD chain of the other host";

function translationOff({ configuration }: Session["facts"]): string | null {
  if (configuration.iptables === false) return '"iptables": false: Docker translates nothing';
  return configuration["ip-masq"] === false ? '"ip-masq": false: Docker does not translate sources' : null;
}

requirement(
  "OVERLAY-01",
  {
    must: "Containers on bridge networks of different hosts MUST NOT reach each other by the containers' own addresses",
    from: [
      cite("docs/bridge", "Bridge networks apply to containers running on the same Docker daemon host."),
      D0("1.2"),
      D1("intro"),
      D3("二.1"),
    ],
    needs,
    cause: "a route to the other host's container subnet, and a FORWARD policy there that lets it in",
  },
  bothSides,
  async ({ client, web, neighbour }) => {
    // Whoever routes for the LAN may say that it knows no such network, or drop the packet.
    await mustNotReach(ping(client, web.address), {
      as: ["timed out", "unreachable"],
      control: ping(neighbour, web.address),
    });
  },
);

const onVisit = chapter({ given: visit });

onVisit(
  "OVERLAY-02",
  {
    must: "A container MUST reach a container of another host through that host's address and a published port",
    from: [
      cite(
        "docs/port-publishing#publishing-ports",
        "Use the --publish or -p flag to make a port available outside the host, and to containers in other bridge networks.",
      ),
      D0("1.2"),
      D3("一.1.2"),
      D3("二.1"),
    ],
    needs,
    cause: FORWARDING,
  },
  ({ seen, web }) => {
    expect(seen.server, "who answered").toBe(web.name);
  },
);

onVisit(
  "OVERLAY-03",
  {
    must: "On the way to another host's published port the source address MUST be translated on the first host: the server sees that host's address, not the container's",
    from: [
      cite(
        "docs/port-publishing",
        "Outgoing connections from the container will masquerade, using the Docker host's IP address.",
      ),
      D3("一.1.2"),
    ],
    needs,
    unless: translationOff,
    cause: "the masquerade rule of the client's bridge, or a userland proxy on the other host that hides the client",
  },
  ({ seen, host }) => {
    expect(seen.peerAddress, "the client that the server saw").toBe(host);
  },
);

onVisit(
  "OVERLAY-04",
  {
    must: "On the way to another host's published port the destination MUST be translated on the second host: the server is addressed at its own address and port",
    from: [
      cite(
        "docs/port-publishing",
        "docker run -p 8080:80 [...] creates a mapping between port 8080 on any address on the Docker host, and the container's port 80",
      ),
      D3("一.1.2"),
    ],
    needs,
    unless: translationOff,
    cause: FORWARDING,
  },
  ({ seen, web, otherHost }) => {
    expect(seen.localAddress, `the address at which the server was asked, by a client that asked ${otherHost}`).toBe(
      web.address,
    );
    expect(seen.localPort, "the port at which it was asked").toBe(80);
  },
);

requirement(
  "OVERLAY-11",
  {
    must: "A bridge network created without `--scope swarm` MUST be limited to its host: scope local, and another host's engine does not know it",
    from: [
      cite("docs/bridge", "Bridge networks apply to containers running on the same Docker daemon host."),
      D4("网络模式简介"),
      D4("Linux bridge"),
    ],
    cause:
      "the answer about the network's scope is not this engine's own: a proxy or a platform shows several engines as one",
    needs,
  },
  bothSides,
  async ({ app }, session) => {
    const own = await askForNetwork(session.docker, app.id);
    expect(own.Scope, "scope of the bridge network").toBe("local");
    const { docker } = await session.secondHost();
    const refusal = await refusalOf(() => docker.getNetwork(app.id).inspect());
    expect(refusal?.statusCode ?? "found", "status of the other engine's answer about it").toBe(404);
  },
);

requirement(
  "OVERLAY-12",
  {
    must: "Creating an overlay network MUST need a control plane over several hosts: an Engine that is no swarm manager refuses it and says so",
    from: [
      cite(
        "docs/overlay#requirements",
        "Docker hosts must be part of a swarm to use overlay networks, even when connecting standalone containers.",
      ),
      D2("四"),
      D4("网络模式简介"),
    ],
    unless: ({ engine }) => (engine.swarmState === "active" ? "this engine is part of a swarm" : null),
    appliesTo: "engines outside a swarm",
    cause:
      "something between here and the engine replaces the driver that was asked for (an authorization plugin, a platform's proxy), or the engine is in a swarm that it does not tell of",
  },
  theEngine,
  async ({ docker, runId }) => {
    const name = nameOf(runId, "overlay-refused");
    try {
      await mustBeRefused(
        "an overlay network on an engine outside a swarm",
        () => docker.createNetwork({ Name: name, Driver: "overlay", Labels: labelsOf(runId) }),
        /not a swarm manager/i,
      );
    } finally {
      await removeNetwork(docker, name);
    }
  },
);

/** Two bridges of one host, which has a route to each. */
const apart = topology("overlay-apart", {
  networks: { left: bridge({ subnet: 24 }), right: bridge({ subnet: 24 }) },
  containers: {
    asker: busybox({ on: "left" }),
    target: nginx({ on: "right" }),
    peer: busybox({ on: "right" }),
  },
});

requirement(
  "OVERLAY-13",
  {
    must: "That the host has routes to two of its bridges MUST NOT by itself connect their containers",
    from: [cite("docs/port-publishing#gateway-modes", "Direct routing from other networks is not allowed."), D0("1.1")],
    unless: (facts) => bridgesNotSeparated(facts) ?? userBridgesClosed(facts),
    needs: ["host view"],
    cause: "the isolation chains are empty, or a rule before them accepts everything",
  },
  apart,
  async ({ asker, target, peer, networks: { left, right } }, session) => {
    const table = await routes(await session.host());
    const routed = [left, right].map(({ device }) => table.some((route) => route.interface === device));
    expect(routed, "whether the host has a route to each of the two bridges").toEqual([true, true]);
    await mustNotReach(http(asker, target.address), { as: "timed out", control: http(peer, target.address) });
  },
);
