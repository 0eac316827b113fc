import { expect } from "vitest";
import {
  answersElsewhere,
  gatewayOfNobody,
  keptApart,
  withoutForwarding,
} from "../../helpers/expectations/default-bridge.ts";
import { isLoopback } from "../../helpers/model/address.ts";
import { ProbeFailed, type Vantage } from "../../helpers/model/evidence.ts";
import { isIpv4 } from "../../helpers/model/ipv4.ts";
import { describeSwitch, has } from "../../helpers/model/version-switches.ts";
import { arping } from "../../helpers/probes/arping.ts";
import { banner, bannerService } from "../../helpers/probes/banner.ts";
import { http, lookup, ping, type Question, tcp } from "../../helpers/probes/reach.ts";
import { listenersOn } from "../../helpers/probes/sockets.ts";
import {
  busybox,
  chapter,
  cite,
  D0,
  D1,
  D4,
  mustNotReach,
  mustReach,
  NotApplicable,
  NotRun,
  nginx,
  requirement,
  type Session,
  topology,
} from "../../helpers/requirement/index.ts";
import { uplinkOf } from "../../helpers/requirement/lan-address.ts";
import { neighbourOf } from "../../helpers/requirement/neighbour.ts";
import { mustMeet } from "../../helpers/requirement/served.ts";
import { listRules } from "../../helpers/snapshot/firewall/rule-list.ts";
import { parseWebAnswer } from "../../helpers/topology/web-server.ts";

const UNRESTRICTED = cite(
  "docs/network#user-defined-networks",
  "containers attached to the default bridge network have unrestricted network access to each other using container IP addresses",
);

/** Two web servers on the default bridge, both on port 80: each is the other's client. */
const pair = topology("bridge-reach", { containers: { first: nginx(), second: nginx() } });

const onPair = chapter({ given: pair, needs: ["default bridge"] });

onPair(
  "BRIDGE-48",
  {
    must: "A container on the default bridge MUST reach another one there by its IP address, which sees it under its own",
    from: [UNRESTRICTED, D1("intro"), D1("默认网桥"), D1("5.2")],
    unless: keptApart,
    appliesTo: 'not with "icc": false',
    cause:
      "a firewall drops what is forwarded between the bridge's ports (FORWARD, DOCKER-USER, bridge-nf-call-iptables)",
  },
  async ({ first, second }) => {
    await mustMeet(first, first.address, second);
  },
);

onPair(
  "BRIDGE-48b",
  {
    must: 'With `"icc": false` a container on the default bridge MUST NOT reach another one there by its IP address, although the host does',
    from: [
      cite("man/dockerd#--icc", "Allow unrestricted inter-container communication in the default bridge network."),
    ],
    unless: ({ configuration }) => (configuration.icc === false ? null : '"icc" is not false: see BRIDGE-48'),
    appliesTo: '"icc": false',
    needs: ["default bridge", "host view"],
    cause: "dockerd was not restarted after the change, or its DROP rule between the bridge's ports is gone",
  },
  async ({ first, second }, session) => {
    const control = ping(await session.host(), second.address);
    await mustNotReach(ping(first, second.address), { as: "timed out", control });
  },
);

onPair(
  "BRIDGE-49",
  {
    must: "A container on the default bridge that is reached by another one MUST reach that one as well: both directions are open",
    from: [UNRESTRICTED, D1("默认网桥"), D1("5.2")],
    unless: keptApart,
    appliesTo: 'not with "icc": false',
    cause:
      "a firewall drops what is forwarded between the bridge's ports (FORWARD, DOCKER-USER, bridge-nf-call-iptables)",
  },
  async ({ first, second }) => {
    await mustMeet(second, second.address, first);
  },
);

onPair(
  "BRIDGE-50",
  {
    must: "The host MUST reach a container on the default bridge by its IP address, without any published port",
    from: [
      cite(
        "docs/network#published-ports",
        "all ports of containers on bridge networks are accessible from the Docker host and other containers connected to the same network",
      ),
      D0("3.4.2.2"),
      D1("5.6"),
    ],
    needs: ["default bridge", "host view"],
    cause: "the bridge device lost its address or its route, or the host's OUTPUT or INPUT rules drop it",
  },
  async ({ first }, session) => {
    const host = await session.host();
    await mustReach(ping(host, first.address));
    const { answer } = await mustReach(http(host, first.address));
    expect(parseWebAnswer(answer)?.server, "who answered the host").toBe(first.name);
  },
);

/** One service that is published and one that is not, in one container. */
const PUBLISHED = { port: 4031, line: "published" };
const UNPUBLISHED = { port: 4032, line: "unpublished" };
const halfPublished = topology("bridge-half", {
  containers: {
    server: busybox({
      publish: [`0.0.0.0:free:${PUBLISHED.port}`],
      prelude: [bannerService(PUBLISHED.port, PUBLISHED.line), bannerService(UNPUBLISHED.port, UNPUBLISHED.line)],
    }),
  },
});

requirement(
  "BRIDGE-51",
  {
    must: "A machine other than the host MUST NOT reach an unpublished port of a container on the default bridge by the container's IP address, even with a route to it",
    from: [
      cite(
        "docs/release-28#2800",
        "Direct routed access to container ports that are not exposed using p/-publish is now blocked in the DOCKER iptables chain.",
      ),
      D1("intro"),
      D1("bridge模式"),
    ],
    // The second host is given a route.
    needs: ["default bridge", "host iptables", "second host", "disposable host"],
    unless: ({ configuration }) =>
      configuration.iptables === false ? '"iptables": false: Docker guards nothing' : null,
    appliesTo: 'not with "iptables": false; before 28.0 only where the FORWARD policy is DROP',
    cause: "Docker's rules were flushed (restart dockerd), or a rule of DOCKER-USER accepts what comes from outside",
  },
  halfPublished,
  async ({ server }, session) => {
    const host = await session.host();
    const uplink = uplinkOf(session.facts);
    if (!has(session.facts, "unpublished-ports-dropped")) {
      const policy = (await listRules(host, "filter")).chains.find(({ name }) => name === "FORWARD")?.policy;
      if (policy !== "DROP")
        throw new NotApplicable(
          `${describeSwitch(session.facts, "unpublished-ports-dropped")}; it is ${policy ?? "not there"} here`,
        );
    }
    const neighbour = await neighbourOf(session);
    await withRoute(session, server.address, uplink.address, async () => {
      const chosen = await neighbour.ask(`ip route get ${server.address}`);
      if (!chosen.stdout.includes(` via ${uplink.address} `))
        throw new ProbeFailed("the second host does not take the route that it was given", chosen);
      await mustNotReach(banner(neighbour, server.address, UNPUBLISHED.port), {
        as: "timed out",
        // Before 28.0 the published port shows that the very same way is open; since then it has to go through DNAT.
        control: has(session.facts, "raw-drop-for-published")
          ? banner(neighbour, uplink.address, server.hostPortOf(`${PUBLISHED.port}/tcp`))
          : banner(neighbour, server.address, PUBLISHED.port),
      });
    });
    // That the service was there to be reached.
    await mustReach(banner(host, server.address, UNPUBLISHED.port));
  },
);

/** Gives the second host a route to one address by way of the host under test, for the time of the question. */
async function withRoute(session: Session, to: string, via: string, question: () => Promise<void>): Promise<void> {
  const host = await (await session.secondHost()).host();
  // For one address: the second host's own default bridge has, as a rule, the same subnet.
  const added = await host.own(`ip route add ${to}/32 via ${via}`);
  if (added.exitCode !== 0) throw new ProbeFailed("the second host could not be given a route", added);
  try {
    await question();
  } finally {
    await host.own(`ip route del ${to}/32 via ${via}`);
  }
}

onPair(
  "BRIDGE-52",
  {
    must: "A container on the default bridge MUST reach machines beyond the host that the host itself reaches",
    from: [
      cite(
        "docs/network",
        "Containers attached to the default bridge have access to network services outside the Docker host.",
      ),
      D0("2"),
      D1("bridge模式"),
      D1("5.3"),
      D4("简单回顾"),
    ],
    unless: ({ configuration, host }) => {
      if (configuration["ip-masq"] === false) return '"ip-masq": false: the way back is not Docker\'s business';
      if (configuration.iptables === false) return '"iptables": false: Docker neither masquerades nor opens the way';
      return withoutForwarding({ configuration, host });
    },
    appliesTo: 'not with "ip-masq": false, "iptables": false, a foreign "default-gateway" or without IP forwarding',
    needs: ["default bridge", "host view"],
    because: gatewayOfNobody,
    cause:
      "no masquerade rule for the bridge's subnet, a FORWARD policy or DOCKER-USER rule that drops, or rules lost in a firewall's reload",
  },
  async ({ first }, session) => {
    const elsewhere = answersElsewhere(session.facts);
    const { "default-gateway": gateway } = session.facts.configuration;
    if (elsewhere !== null && gateway) {
      // Whether it routes for them is its own affair; that somebody is there is not.
      await mustReach(arping(first, { device: "eth0", address: gateway }));
      throw new NotApplicable(elsewhere);
    }
    const beyond = await reachableBeyond(session);
    await mustReach(beyond(first));
  },
);

onPair(
  "BRIDGE-54",
  {
    must: "Two containers on the default bridge MUST be able to listen on the same port at the same time",
    from: [cite("man/network_namespaces", "port numbers (sockets), and so on"), D4("网络模式简介")],
  },
  async ({ first, second }) => {
    const listening = await Promise.all([first, second].map((container) => listenersOn(container, 80)));
    expect(
      listening.map((sockets) => sockets.length > 0),
      "whether each of the two listens on port 80",
    ).toEqual([true, true]);
    await Promise.all([mustReach(tcp(first, "127.0.0.1", 80)), mustReach(tcp(second, "127.0.0.1", 80))]);
    const answers = await Promise.all(
      [first, second].map(async (container) => (await mustReach(http(container, "127.0.0.1"))).answer),
    );
    expect(
      answers.map((answer) => parseWebAnswer(answer)?.server),
      "who answers in each of the two on 127.0.0.1:80",
    ).toEqual([first.name, second.name]);
  },
);

/**
 * The first machine beyond the host that answers the host now: the next hop of its default route, else one of its
 * resolvers. That it answers the host is the control of the container's question.
 */
async function reachableBeyond(session: Session): Promise<(from: Vantage) => Question> {
  const host = await session.host();
  const own = new Set(session.facts.host?.addresses.map((one) => one.address));
  const isBeyond = (address: string): boolean => isIpv4(address) && !isLoopback(address) && !own.has(address);
  const candidates = [
    ...[session.facts.host?.uplink?.gateway ?? ""]
      .filter(isBeyond)
      .map((gateway) => (from: Vantage) => ping(from, gateway)),
    ...(session.facts.host?.resolver.nameservers ?? [])
      .filter(isBeyond)
      .flatMap((server) => [
        (from: Vantage) => ping(from, server),
        (from: Vantage) => lookup(from, "localhost", server),
      ]),
  ];
  for (const candidate of candidates) {
    const { outcome } = await candidate(host).ask(2);
    if (outcome === "replied") return candidate;
  }
  throw new NotRun("no machine beyond the host is known that answers the host: neither its router nor a resolver does");
}
