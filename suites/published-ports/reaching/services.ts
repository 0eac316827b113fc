import { expect } from "vitest";
import { banner } from "../../../helpers/probes/banner.ts";
import { http } from "../../../helpers/probes/reach.ts";
import { listenersOn, sockets } from "../../../helpers/probes/sockets.ts";
import { cite, D1, D3, mustNotReach, mustReach } from "../../../helpers/requirement/index.ts";
import { mustAnswer } from "../../../helpers/requirement/served.ts";
import { gatewayOf, HIDDEN, onPorts, TALKER, takenOnHost, tellsOpenFromClosed } from "./site.ts";

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
