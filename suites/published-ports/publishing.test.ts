import { expect } from "vitest";
import { dockerErrorOf } from "../../helpers/engine/docker-error.ts";
import { labelsOf, nameOf } from "../../helpers/engine/run-identity.ts";
import { removeContainer } from "../../helpers/engine/sweep.ts";
import { expectedDefaultBridge } from "../../helpers/expectations/default-bridge.ts";
import { usesProxy } from "../../helpers/expectations/firewall.ts";
import { chosenTwice, masqueradedTwice } from "../../helpers/expectations/known-defects.ts";
import { servedElsewhere } from "../../helpers/expectations/port-service.ts";
import {
  expectedBindings,
  HOST_PORTS_REFUSED_BY_API,
  isEphemeralPort,
  type Publication,
  parsePublish,
  portLines,
  REJECTED_PUBLISH_FORMS,
} from "../../helpers/expectations/ports.ts";
import { portAlreadyAllocated } from "../../helpers/expectations/refusals.ts";
import { isUnspecified } from "../../helpers/model/address.ts";
import type { Evidence } from "../../helpers/model/evidence.ts";
import { isIpv4 } from "../../helpers/model/ipv4.ts";
import { http } from "../../helpers/probes/reach.ts";
import { listenersOn, sockets } from "../../helpers/probes/sockets.ts";
import { type HostBinding, mustHaveBindings, type PublishedOn } from "../../helpers/requirement/bindings.ts";
import { briefly } from "../../helpers/requirement/briefly.ts";
import { whileHostHas } from "../../helpers/requirement/host-address.ts";
import {
  chapter,
  cite,
  D0,
  D1,
  D3,
  engine,
  type Given,
  NotApplicable,
  NotRun,
  nginx,
  requirement,
  type Session,
  stage,
  theEngine,
  topology,
  Violation,
} from "../../helpers/requirement/index.ts";
import { mustBeRefused } from "../../helpers/requirement/refusal.ts";
import { mustAnswer } from "../../helpers/requirement/served.ts";
import { answersInEachFamily } from "../../helpers/requirement/server-ready.ts";
import { askedContainer } from "../../helpers/topology/asked.ts";
import type { Endpoint, Inspected } from "../../helpers/topology/endpoint.ts";
import { freeHostPort } from "../../helpers/topology/host-ports.ts";
import { dockerCli, dockerCliAnswer, ownContainer } from "../../helpers/vantage/docker-cli.ts";

const SEVERAL = cite("api#PortMap", 'HostPort: "80" - HostIp: "0.0.0.0" HostPort: "8080"');

/** Web servers on the default bridge, published in every way that `-p` and `-P` know. */
const published = topology("publish", {
  containers: {
    any: nginx({ publish: ["80"] }),
    fixed: nginx({ publish: ["127.0.0.1::80", "127.0.0.1:free:81", "0.0.0.0:free:82", "free:83"] }),
    all: nginx({ publishAll: true, expose: ["8443"] }),
  },
});

/** A web server whose one port is published several times. */
const several = topology("publish-several", {
  containers: { web: nginx({ publish: ["127.0.0.1::80", "free:80", "free:80"] }) },
});

const RANGE_MOVED = "net.ipv4.ip_local_port_range was changed after dockerd had started";

/** What `-p` without a host address means on the default bridge: the daemon's `ip`, by default every address. */
function defaultBinding({ facts }: Session): { hostBindingIp: string; ipv6: boolean } {
  const { hostBindingIp = "0.0.0.0", ipv6 = false } = expectedDefaultBridge(facts) ?? {};
  return { hostBindingIp, ipv6 };
}

/**
 * The publications of one container port as this run asked the engine for them. What the engine says that it was asked
 * for is another's word: somebody on the way may have altered it.
 */
function askedFor(server: Endpoint, port: string): Publication[] {
  return publicationsOf(askedBindings(server), port);
}

/** The container ports that it was asked to publish. */
function askedPorts(server: Endpoint): string[] {
  return Object.keys(askedBindings(server) ?? {});
}

function askedBindings({ id, name }: Endpoint): PortBindings {
  const asked = askedContainer(id);
  if (asked === null) throw new Error(`another process created ${name}`);
  return asked.host.PortBindings as PortBindings;
}

type PortBindings = Readonly<Record<string, readonly HostBinding[]>> | null | undefined;

/** The publications of one container port in a `HostConfig.PortBindings`. */
function publicationsOf(bindings: PortBindings, port: string): Publication[] {
  const [containerPort, protocol] = port.split("/");
  return (bindings?.[port] ?? []).map(({ HostIp, HostPort }) => ({
    hostIp: HostIp,
    hostPort: HostPort === "" ? null : Number(HostPort),
    containerPort: Number(containerPort),
    protocol: protocol === "udp" ? "udp" : "tcp",
  }));
}

/** Asserts that the container's nginx answers the host at each of the host's addresses that a publication covers. */
async function mustServe(server: Endpoint, on: PublishedOn, publication: Publication, session: Session): Promise<void> {
  const host = await session.host();
  const { binding } = expectedBindings(session.facts, publication, defaultBinding(session));
  // Those that the host had before the run: bridges of the run's own networks come and go.
  const own = (session.facts.host?.addresses ?? []).map(({ address }) => address).filter(isIpv4);
  const ipv4 = isUnspecified(binding.hostIp) ? [...new Set(["127.0.0.1", ...own])] : [binding.hostIp];
  const questions = ipv4.map((address) => ({ address, question: http(host, address, on.ipv4) }));
  // Rules can't translate [::1]: only docker-proxy serves there.
  if (on.ipv6 !== null && usesProxy(session.facts)) {
    const { IPAddress, GlobalIPv6Address } = server.settingsOn("bridge");
    await answersInEachFamily(host, [IPAddress, GlobalIPv6Address], publication.containerPort);
    questions.push({ address: "::1", question: http(host, "::1", on.ipv6) });
  }
  await Promise.all(
    questions.map(({ address, question }) => whileHostHas(host, address, () => mustAnswer(question, server.name))),
  );
}

/** What a server publishes that `-p` wrote in a certain way, each at its host ports, which must answer. */
async function mustPublish(
  server: Endpoint,
  is: (publication: Publication) => boolean,
  session: Session,
): Promise<void> {
  const meant = publishedBy(server, session).filter(({ publication }) => is(publication));
  expect(meant.length, "publications written in this way").toBeGreaterThan(0);
  await Promise.all(meant.map(({ publication, on }) => mustServe(server, on, publication, session)));
}

/**
 * All that a server publishes, each with the host ports that it was given, which are judged.
 * @param wanted what is to be published, by container port
 */
function publishedBy(
  server: Endpoint,
  session: Session,
  wanted: readonly (readonly [string, readonly Publication[]])[] = askedPorts(server).map((port) => [
    port,
    askedFor(server, port),
  ]),
): { publication: Publication; on: PublishedOn }[] {
  return wanted.flatMap(([port, publications]) => {
    const ports = mustHaveBindings(
      `host bindings of ${port}`,
      session.facts,
      server.bindingsOf(port),
      publications,
      defaultBinding(session),
    );
    return publications.flatMap((publication, index) => {
      const on = ports[index];
      return on === undefined ? [] : [{ publication, on }];
    });
  });
}

const onPublished = chapter({ given: published, needs: ["default bridge", "host view"] });

onPublished(
  "PORT-01",
  {
    must: "`-p CPORT` MUST publish the container port on a host port that the Engine chooses among the free ones",
    from: [
      cite(
        "docs/bridge#default-host-binding-address",
        "the default is to make the container's port 80 available on all host addresses, IPv4 and IPv6",
      ),
      D0("3.4.2.2"),
      D1("暴露随机端口"),
    ],
    unless: servedElsewhere,
  },
  async ({ any }, session) => {
    const port = any.hostPortOf("80/tcp");
    expect(session.facts.host?.boundPorts, "host ports that were taken before").not.toContain(port);
    await mustPublish(any, ({ hostPort }) => hostPort === null, session);
  },
);

onPublished(
  "PORT-02",
  {
    must: "`-p CPORT` on the default bridge MUST publish on every address of the host, or on the one that the daemon's `ip` names",
    from: [
      cite(
        "docs/bridge#default-host-binding-address",
        "the default is to make the container's port 80 available on all host addresses, IPv4 and IPv6",
      ),
      D0("3.4.2.2"),
      D1("暴露随机端口"),
    ],
    unless: servedElsewhere,
  },
  async ({ any }, session) => {
    await mustPublish(any, () => true, session);
  },
);

onPublished(
  "PORT-03",
  {
    must: "A host port that the Engine chooses MUST lie in the host's range of ephemeral ports",
    from: [
      cite(
        "cli/container_run#publish-all",
        "The range of ports are within an ephemeral port range defined by /proc/sys/net/ipv4/ip_local_port_range.",
      ),
      D0("3.4.2.2"),
      D1("暴露随机端口"),
    ],
    cause: RANGE_MOVED,
  },
  ({ any }, { facts }) => {
    const range = facts.host?.ephemeralPorts ?? [0, 0];
    const outside = any.bindingsOf("80/tcp").filter(({ HostPort }) => !isEphemeralPort(Number(HostPort), range));
    expect(any.bindingsOf("80/tcp").length, "host bindings of 80/tcp").toBeGreaterThan(0);
    expect(
      outside.map(({ HostPort }) => HostPort),
      `host ports outside ${range[0]}–${range[1]}`,
    ).toEqual([]);
  },
);

onPublished(
  "PORT-04",
  {
    must: "Host ports that the Engine chooses for several running containers MUST differ on each host address",
    from: [D1("暴露随机端口")],
    needs: ["default bridge"],
  },
  ({ any, fixed, all }) => {
    const taken = [any, fixed, all].flatMap(({ inspected }) =>
      Object.entries(inspected.NetworkSettings.Ports).flatMap(([port, bindings]) =>
        (bindings ?? []).map(({ HostIp, HostPort }) => ({ HostIp, HostPort, protocol: port.split("/")[1] })),
      ),
    );
    expect(taken.length, "host bindings of three containers").toBeGreaterThanOrEqual(7);
    const clashes = taken.filter((one, index) =>
      taken.some(
        (other, place) =>
          place < index &&
          other.HostPort === one.HostPort &&
          other.protocol === one.protocol &&
          overlap(one.HostIp, other.HostIp),
      ),
    );
    expect(clashes, "host bindings that two publications share").toEqual([]);
  },
);

/** Whether two host addresses have one in common: every address of a family has each of it. */
function overlap(one: string, other: string): boolean {
  const sameFamily = one.includes(":") === other.includes(":");
  return one === other || (sameFamily && (isUnspecified(one) || isUnspecified(other)));
}

/** How often another host port is tried when somebody else takes the one that was free. */
const TRIES = 3;

const onTheEngine = chapter({ given: theEngine, needs: ["docker CLI"] });

onTheEngine(
  "PORT-05",
  {
    must: "A host port that the Engine chose MUST be free again once its container is removed",
    from: [
      cite(
        "api#HostConfig.PublishAllPorts",
        "Ports are de-allocated when the container stops and allocated when the container starts.",
      ),
      D0("3.4.2.2"),
    ],
    needs: ["default bridge", "host view"],
    unless: servedElsewhere,
    cause: "a docker-proxy outlived its container, or dockerd's port allocator leaks",
  },
  async (session) => {
    let refusal = "";
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const once = nginx({ publish: ["80"] });
      const chosen = await briefly(session, "publish-first", { containers: { once } }, async ({ containers }) =>
        containers.once.hostPortOf("80/tcp"),
      );
      const again = nginx({ publish: [`${chosen}:80`] });
      try {
        await briefly(session, "publish-again", { containers: { again } }, async ({ containers }) => {
          await mustPublish(containers.again, ({ hostPort }) => hostPort === chosen, session);
        });
        return;
      } catch (error) {
        // Somebody else may have taken the number meanwhile: it is an ephemeral port. Not every time, though.
        const answer = dockerErrorOf(error);
        if (answer?.statusCode === undefined || !portAlreadyAllocated().test(answer.message)) throw error;
        refusal = answer.message;
      }
    }
    throw new Violation("the host port of a removed container", {
      expected: "free for another container",
      observed: `taken, ${TRIES} times out of ${TRIES}: ${refusal}`,
    });
  },
);

onPublished(
  "PORT-06",
  {
    must: "`-p IP::CPORT` MUST publish on a free port, which the Engine chooses, of that host address and of no other",
    from: [
      cite(
        "docs/links#connect-using-network-port-mapping",
        "to bind port 5000 of the container to a dynamic port but only on the localhost",
      ),
      D0("3.4.2.2"),
      D1("暴露随机端口"),
    ],
  },
  async ({ fixed }, session) => {
    await mustPublish(fixed, ({ hostIp, hostPort }) => hostIp === "127.0.0.1" && hostPort === null, session);
  },
);

onPublished(
  "PORT-07",
  {
    must: "`-p IP:HPORT:CPORT` MUST publish on exactly that host address and host port",
    from: [
      cite(
        "docs/port-publishing#publishing-ports",
        "Map port 8080 on the Docker host IP 192.168.1.100 to TCP port 80 in the container.",
      ),
      D0("3.4.2.2"),
      D1("暴露指定端口"),
      D1("5.4"),
    ],
  },
  async ({ fixed }, session) => {
    await mustPublish(fixed, ({ hostIp, hostPort }) => hostIp === "127.0.0.1" && hostPort !== null, session);
  },
);

onPublished(
  "PORT-08",
  {
    must: "`-p HPORT:CPORT` on the default bridge MUST publish that host port on every address of the host, or on the one that the daemon's `ip` names",
    from: [
      cite(
        "docs/bridge#default-host-binding-address",
        "the default is to make the container's port 80 available on all host addresses, IPv4 and IPv6",
      ),
      D0("3.4.2.2"),
      D1("暴露指定端口"),
      D1("5.4"),
    ],
    unless: servedElsewhere,
  },
  async ({ fixed }, session) => {
    await mustPublish(fixed, ({ hostIp, hostPort }) => hostIp === "" && hostPort !== null, session);
  },
);

onPublished(
  "PORT-09",
  {
    must: "`-p 0.0.0.0:HPORT:CPORT` MUST publish that host port on every IPv4 address of the host and on no IPv6 one",
    from: [
      cite(
        "docs/bridge#default-host-binding-address",
        "To restrict a published port to IPv4 only, the address must be included in the container's publishing options. For example, -p 0.0.0.0:8080:80.",
      ),
      D1("桥接模式下暴露端口"),
    ],
    unless: servedElsewhere,
  },
  async ({ fixed }, session) => {
    await mustPublish(fixed, ({ hostIp }) => hostIp === "0.0.0.0", session);
    const port = askedFor(fixed, "82/tcp").find(({ hostIp }) => hostIp === "0.0.0.0")?.hostPort ?? 0;
    const ipv6 = (await listenersOn(await session.host(), port)).filter(({ local }) => local.address.includes(":"));
    expect(
      ipv6.map(({ local }) => local.address),
      `IPv6 listeners on host port ${port}`,
    ).toEqual([]);
  },
);

requirement(
  "PORT-11",
  {
    must: "Several `-p` MUST map several host ports to one container port",
    from: [SEVERAL, D0("3.4.2.2")],
    needs: ["default bridge"],
    because: masqueradedTwice,
  },
  several,
  ({ web }, session) => {
    const ports = publishedBy(web, session).map(({ on }) => on.ipv4);
    expect(new Set(ports).size, "different host ports for one container port").toBe(3);
  },
);

requirement(
  "PORT-12",
  {
    must: "Each of several host ports mapped to one container port MUST deliver to the container's service",
    from: [SEVERAL, D0("3.4.2.2")],
    needs: ["default bridge", "host view"],
    unless: servedElsewhere,
    because: masqueradedTwice,
  },
  several,
  async ({ web }, session) => {
    await mustPublish(web, () => true, session);
  },
);

onPublished(
  "PORT-17",
  {
    must: "`-P` MUST publish every port that the image or the container exposes, each on a host port of its own",
    from: [
      cite(
        "cli/container_run#publish-all",
        "The -P, or --publish-all, flag publishes all the exposed ports to the host.",
      ),
      D1("桥接模式下暴露端口"),
      D1("暴露随机端口"),
    ],
    unless: servedElsewhere,
  },
  async ({ all }, session) => {
    const image = await session.docker.getImage(session.images.nginx).inspect();
    const exposed = [...new Set([...Object.keys(image.Config.ExposedPorts ?? {}), "8443/tcp"])].sort();
    const bound = Object.entries(all.inspected.NetworkSettings.Ports).filter(
      ([, bindings]) => (bindings ?? []).length > 0,
    );
    expect(bound.map(([port]) => port).sort(), "published ports").toEqual(exposed);
    const ports = publishedBy(
      all,
      session,
      exposed.map((port) => [port, parsePublish(port)]),
    );
    expect(new Set(ports.map(({ on }) => on.ipv4)).size, "different host ports").toBe(exposed.length);
    const web = ports.filter(({ publication }) => publication.containerPort === 80);
    await Promise.all(web.map(({ on, publication }) => mustServe(all, on, publication, session)));
  },
);

onPublished(
  "PORT-18",
  {
    must: "`-P` MUST choose host ports from the host's ephemeral range, never well-known ones",
    from: [
      cite(
        "cli/container_run#publish-all",
        "The range of ports are within an ephemeral port range defined by /proc/sys/net/ipv4/ip_local_port_range.",
      ),
      D1("暴露随机端口"),
    ],
    cause: RANGE_MOVED,
  },
  ({ all }, { facts }) => {
    const range = facts.host?.ephemeralPorts ?? [0, 0];
    const ports = Object.values(all.inspected.NetworkSettings.Ports).flatMap((bindings) =>
      (bindings ?? []).map(({ HostPort }) => Number(HostPort)),
    );
    expect(ports.length, "published host ports").toBeGreaterThan(0);
    expect(
      ports.filter((port) => port < 1024 || !isEphemeralPort(port, range)),
      `host ports outside ${range[0]}–${range[1]}`,
    ).toEqual([]);
  },
);

onPublished(
  "PORT-32",
  {
    must: "A second container on a host address and port that is published already MUST NOT start, and MUST stay behind as created",
    from: [
      cite(
        "moby/network/bridge/bridge_linux_test.go#TestPublishedPortAlreadyInUse",
        "a container that can't start because of one its published port being already in use",
      ),
      D3("二.1"),
    ],
    cause:
      "something between here and the engine alters the request: it takes the port away or chooses another one (an authorization plugin, a platform's proxy)",
  },
  async ({ fixed }, session) => {
    const { docker, runId, images } = session;
    const port = askedFor(fixed, "81/tcp")[0]?.hostPort ?? 0;
    const second = await docker.createContainer({
      name: nameOf(runId, "publish-second"),
      Image: images.nginx,
      Labels: labelsOf(runId),
      ExposedPorts: { "80/tcp": {} },
      HostConfig: {
        CapDrop: ["ALL"],
        PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: String(port) }] },
      },
    });
    try {
      await mustBeRefused(`a second container on 127.0.0.1:${port}`, () => second.start(), portAlreadyAllocated());
      expect((await second.inspect()).State.Status, "state of the second container").toBe("created");
      await mustAnswer(http(await session.host(), "127.0.0.1", port), fixed.name);
    } finally {
      await removeContainer(docker, second.id);
    }
  },
);

requirement(
  "PORT-43",
  {
    must: "The Engine itself MUST refuse a container whose host port is no port, whatever client asks",
    from: [engine("nat.ParsePortRange; API POST /containers/create")],
    cause:
      "somebody between here and the engine alters the host ports (HostPort) of requests: an authorization plugin, a platform's proxy",
  },
  theEngine,
  async ({ docker, runId, images }) => {
    for (const HostPort of HOST_PORTS_REFUSED_BY_API) {
      const name = nameOf(runId, "publish-nonsense");
      try {
        await mustBeRefused(
          `a container with the host port ${JSON.stringify(HostPort)}`,
          () =>
            docker.createContainer({
              name,
              Image: images.nginx,
              Labels: labelsOf(runId),
              ExposedPorts: { "80/tcp": {} },
              HostConfig: { CapDrop: ["ALL"], PortBindings: { "80/tcp": [{ HostPort }] } },
            }),
          /invalid port specification/i,
        );
      } finally {
        await removeContainer(docker, name);
      }
    }
  },
);

interface ByCli {
  readonly id: string;
  readonly name: string;
  /** The values of its `-p` options. */
  readonly forms: readonly string[];
  readonly inspected: Inspected;
  /** Lines of `docker port`, asked in several ways. */
  readonly port: readonly string[];
  readonly containerPort: readonly string[];
  /** The same by the container's short id, refused or not. */
  readonly byShortId: Evidence;
  /** What `docker port C 90/tcp` prints. */
  readonly onlyOne: readonly string[];
  readonly listening: { readonly tcp: readonly number[]; readonly udp: readonly number[] };
}

function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.trim());
}

/** A container that the docker command itself started, with most forms of `-p`; observed, and removed again. */
const byCli: Given<ByCli> = stage(theEngine, async (session) => await runByCli(session, "publish-cli", () => []));

/**
 * With the last forms as well: a port that the engine chooses for one address beside one that it chooses for every
 * address, and a container port on a second host port. By itself, because some engines start nothing then
 * ({@link chosenTwice}, {@link masqueradedTwice}).
 */
const byCliInEveryForm: Given<ByCli> = stage(
  theEngine,
  async (session) => await runByCli(session, "publish-cli-all", (free) => ["127.0.0.1::92", `${free()}:99`]),
);

/** @param further forms of `-p`, made of host ports that nobody uses */
async function runByCli(
  session: Session,
  part: string,
  further: (free: () => number) => readonly string[],
): Promise<ByCli> {
  if (session.facts.host === null) throw new NotRun(session.facts.hostViewMissing);
  const { runId, images, facts, docker } = session;
  const name = nameOf(runId, part);
  const own = ownContainer(runId);
  for (let attempt = 1; ; attempt++) {
    const free = (): number => freeHostPort(facts);
    const range = free();
    const forms = [
      "90",
      `${free()}:91`,
      `127.0.0.1:${free()}:93`,
      `0.0.0.0:${free()}:94`,
      `${free()}:96/udp`,
      `${range}-${range + 1}:97-98`,
      `${free()}:99`,
      ...further(free),
    ];
    try {
      const options = forms.flatMap((form) => ["-p", form]);
      // Somebody else may hold the UDP port of a number that the engine chooses for TCP.
      const others = new Set((await sockets(await session.host())).map(({ inode }) => inode));
      const run = await dockerCli("run", "-d", "--name", name, ...own, ...options, images.busybox, "sleep", "600");
      if (run.exitCode !== 0) {
        if (attempt < TRIES && portAlreadyAllocated().test(run.stderr)) continue;
        const made = (await docker
          .getContainer(name)
          .inspect()
          .catch(() => null)) as unknown as Inspected | null;
        throw new Violation(`docker run ${options.join(" ")}`, {
          expected: "a running container",
          observed: run.stderr.trim(),
          cause: made === null ? undefined : alteredOnTheWay(forms, made),
        });
      }
      const id = run.stdout.trim();
      const lines = async (...args: string[]): Promise<string[]> => linesOf(await dockerCliAnswer(...args));
      const [inspected, port, containerPort, byShortId, onlyOne, open] = await Promise.all([
        docker.getContainer(id).inspect() as unknown as Promise<Inspected>,
        lines("port", name),
        lines("container", "port", name),
        dockerCli("port", id.slice(0, 12)),
        lines("port", name, "90/tcp"),
        session.host().then(sockets),
      ]);
      const portsOf = (protocol: "tcp" | "udp", state: string): number[] =>
        open
          .filter(({ protocol: own, state: is, inode }) => own === protocol && is === state && !others.has(inode))
          .map((socket) => socket.local.port);
      const listening = { tcp: portsOf("tcp", "LISTEN"), udp: portsOf("udp", "UNCONNECTED") };
      return { id, name, forms, inspected, port, containerPort, byShortId, onlyOne, listening };
    } finally {
      await removeContainer(docker, name);
    }
  }
}

/** Host ports of `HostConfig.PortBindings` or of `-p` options, each with its container port, in one order. */
function bindingsText(publications: readonly Publication[]): string {
  return publications
    .map(
      ({ hostIp, hostPort, containerPort, protocol }) =>
        `${hostIp || "*"}:${hostPort ?? "*"}->${containerPort}/${protocol}`,
    )
    .toSorted()
    .join(" ");
}

/** Why the engine publishes other things than the docker command was told to: what it was asked for. Undefined where that is right. */
function alteredOnTheWay(forms: readonly string[], { HostConfig }: Pick<Inspected, "HostConfig">): string | undefined {
  const wanted = bindingsText(forms.flatMap(parsePublish));
  const bindings = HostConfig.PortBindings as PortBindings;
  const asked = bindingsText(Object.keys(bindings ?? {}).flatMap((port) => publicationsOf(bindings, port)));
  if (asked === wanted) return undefined;
  return `The engine was asked to publish ${asked || "nothing"} (HostConfig.PortBindings: HostIp, HostPort), \`-p\` said ${wanted}: somebody between the docker command and the engine alters requests (an authorization plugin, a platform's proxy), or another program stands for the docker command.`;
}

/** Asserts that the engine was asked for what `-p` says: what it then makes of it is judged by the bindings. */
function mustHaveAsked({ forms, inspected }: Pick<ByCli, "forms" | "inspected">): void {
  const cause = alteredOnTheWay(forms, inspected);
  if (cause === undefined) return;
  throw new Violation("what the docker command asked the engine to publish", {
    expected: bindingsText(forms.flatMap(parsePublish)),
    observed: Object.keys((inspected.HostConfig.PortBindings ?? {}) as object).join(" ") || "nothing",
    cause,
  });
}

/** The bindings that the docker command's `-p` options gave, by container port, each judged. Returns the host ports of each. */
function judgeByCli({ forms, inspected }: ByCli, session: Session): Map<Publication, PublishedOn> {
  const publications = forms.flatMap(parsePublish);
  const ports = new Map<Publication, PublishedOn>();
  for (const key of new Set(publications.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`))) {
    const own = publications.filter(({ containerPort, protocol }) => `${containerPort}/${protocol}` === key);
    const written = forms.filter((form) =>
      parsePublish(form).some((publication) => `${publication.containerPort}/${publication.protocol}` === key),
    );
    const what = `host bindings of ${key} (${written.map((form) => `-p ${form}`).join(" ")})`;
    const found = mustHaveBindings(
      what,
      session.facts,
      inspected.NetworkSettings.Ports[key] ?? [],
      own,
      defaultBinding(session),
    );
    own.forEach((publication, index) => {
      const on = found[index];
      if (on !== undefined) ports.set(publication, on);
    });
  }
  return ports;
}

const onByCli = chapter({ given: byCli, needs: ["default bridge", "docker CLI", "host view"] });

onByCli(
  "PORT-13",
  {
    must: "`-p` without a protocol MUST publish TCP and only TCP",
    from: [
      cite(
        "docs/port-publishing#publishing-ports",
        "Map port 8080 on the Docker host to TCP port 80 in the container.",
      ),
      D0("3.4.2.2"),
      D1("桥接模式下暴露端口"),
    ],
  },
  (cli, session) => {
    mustHaveAsked(cli);
    const { Ports } = cli.inspected.NetworkSettings;
    expect(
      Object.keys(Ports)
        .filter((port) => /^(90|91|96)\//.test(port))
        .sort(),
      "protocols of `-p 90`, `-p HPORT:91` and `-p HPORT:96/udp`",
    ).toEqual(["90/tcp", "91/tcp", "96/udp"]);
    const [on] = mustHaveBindings(
      "host bindings of `-p 90`",
      session.facts,
      Ports["90/tcp"] ?? [],
      parsePublish("90"),
      defaultBinding(session),
    );
    const port = on?.ipv4 ?? 0;
    expect(
      { tcp: cli.listening.tcp.includes(port), udp: cli.listening.udp.includes(port) },
      `sockets on host port ${port} of \`-p 90\``,
    ).toEqual({
      tcp: true,
      udp: false,
    });
  },
);

requirement(
  "PORT-41",
  {
    must: "The docker command MUST take every form of `-p` at once, and each MUST give the host bindings that it says",
    from: [
      cite(
        "docs/port-publishing#publishing-ports",
        "Map TCP port 8080 on the Docker host to TCP port 80 in the container, and map UDP port 8080 on the Docker host to UDP port 80 in the container.",
      ),
      D0("3.4.2.2"),
      D1("桥接模式下暴露端口"),
    ],
    needs: ["default bridge", "docker CLI", "host view"],
    because: (facts) => chosenTwice(facts) ?? masqueradedTwice(facts),
  },
  byCliInEveryForm,
  (cli, session) => {
    mustHaveAsked(cli);
    const ports = judgeByCli(cli, session);
    expect(ports.size, "publications of nine -p options, one of them a range of two").toBe(10);
  },
);

onByCli(
  "PORT-44",
  {
    must: "A host port that the Engine chooses for every address MUST be the same for IPv4 and for IPv6",
    from: [engine("moby#47871, moby#42442")],
    since: "one-chosen-port-for-both-families",
    cause:
      "the port was taken for one of the two families only (another program listens there), or the engine's inspect names another port than it bound",
    unless: ({ host }) => (host?.ipv6Enabled === false ? "the host has no IPv6" : null),
  },
  (cli, session) => {
    const both = [...judgeByCli(cli, session).values()].filter(({ ipv6 }) => ipv6 !== null);
    if (both.length === 0) throw new NotApplicable("nothing is published for IPv6 with this configuration");
    expect(
      both.filter(({ ipv4, ipv6 }) => ipv4 !== ipv6),
      "publications with two numbers",
    ).toEqual([]);
  },
);

onByCli(
  "PORT-14",
  {
    must: "`docker port C` MUST print one line `CPORT/PROTO -> IP:HPORT` for each host binding and nothing else",
    from: [
      cite("cli/container_port#show-all-mapped-ports", "7890/tcp -> 0.0.0.0:4321"),
      D0("3.4.2.2"),
      D1("桥接模式下暴露端口"),
    ],
  },
  (cli, session) => {
    const wanted = [...judgeByCli(cli, session)].flatMap(([publication, on]) => {
      const { binding } = expectedBindings(session.facts, publication, defaultBinding(session));
      const { containerPort, protocol } = publication;
      const ipv4 = portLines(containerPort, protocol, binding.hostIp, on.ipv4);
      return on.ipv6 === null ? [ipv4] : [ipv4, portLines(containerPort, protocol, "::", on.ipv6)];
    });
    const missing = wanted.filter((spellings) => !spellings.some((line) => cli.port.includes(line)));
    expect(
      missing.map((spellings) => spellings.join(" or ")),
      "lines that `docker port` lacks",
    ).toEqual([]);
    const known = new Set(wanted.flat());
    expect(
      cli.port.filter((line) => !known.has(line)),
      "further lines of `docker port`",
    ).toEqual([]);
    expect(new Set(cli.port).size, "different lines").toBe(cli.port.length);
    expect(cli.onlyOne.length, "lines of `docker port C 90/tcp`").toBeGreaterThan(0);
    expect(
      cli.onlyOne.map((line) => `90/tcp -> ${line}`).filter((line) => !cli.port.includes(line)),
      "lines of `docker port C 90/tcp` that belong to another port",
    ).toEqual([]);
  },
);

onByCli(
  "PORT-15",
  {
    must: "`docker container port` MUST print what `docker port` prints",
    from: [cite("cli/container_port", "docker container port, docker port"), D0("3.4.2.2")],
  },
  ({ port, containerPort }) => {
    expect(port.length, "lines of `docker port`").toBeGreaterThan(0);
    expect(containerPort.toSorted(), "lines of `docker container port`").toEqual(port.toSorted());
  },
);

onByCli(
  "PORT-16",
  {
    must: "`docker port` MUST take the short id of a container as well as its name",
    from: [D0("3.4.2.2"), D1("桥接模式下暴露端口")],
  },
  ({ port, byShortId }) => {
    expect(port.length, "lines of `docker port NAME`").toBeGreaterThan(0);
    expect(
      byShortId.exitCode,
      `exit code of \`${byShortId.command}\`; it said: ${byShortId.stderr.trim().split("\n")[0]}`,
    ).toBe(0);
    expect(linesOf(byShortId.stdout.replace(/\n$/, "")).toSorted(), "lines of `docker port ID`").toEqual(
      port.toSorted(),
    );
  },
);

/** Asserts that the docker command refuses a `-p`, and makes no container. */
async function mustBeRefusedByCli({ docker, runId, images }: Session, form: string, why: string): Promise<string> {
  const name = nameOf(runId, "publish-refused");
  const own = ownContainer(runId);
  try {
    const create = await dockerCli("create", "--name", name, ...own, "-p", form, images.busybox);
    expect(
      create.exitCode,
      `exit code of docker create -p ${form} (${why}); it said: ${create.stderr.trim().split("\n")[0]}`,
    ).toBe(125);
    expect(create.stdout, `container that docker create -p ${form} made`).toBe("");
    return create.stderr;
  } finally {
    await removeContainer(docker, name);
  }
}

onTheEngine(
  "PORT-10",
  {
    must: "`-p IP:CPORT` with one colon MUST be refused with exit code 125, naming the address as an invalid host port",
    from: [
      cite("cli/run#125", "Exit code 125 indicates that the error is with Docker daemon itself."),
      D1("桥接模式下暴露端口"),
    ],
  },
  async (session) => {
    const said = await mustBeRefusedByCli(session, "0.0.0.0:80", "one colon makes the left part a host port");
    expect(said, "what docker create -p 0.0.0.0:80 says").toMatch(/invalid hostport: 0\.0\.0\.0/i);
  },
);

onTheEngine(
  "PORT-42",
  {
    must: "The docker command MUST refuse every `-p` that names no port, no address, no known protocol or ranges that don't fit, and make no container",
    from: [engine("docs: Port publishing and mapping")],
  },
  async (session) => {
    // One after another: they share a name, so that whatever should not be there is found and removed.
    for (const { example, why } of REJECTED_PUBLISH_FORMS.slice(1)) await mustBeRefusedByCli(session, example, why);
  },
);
