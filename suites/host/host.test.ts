import { dirname } from "node:path/posix";
import { expect } from "vitest";
import { nameOf } from "../../helpers/engine/run-identity.ts";
import { removeContainer } from "../../helpers/engine/sweep.ts";
import { expectedDefaultBridge } from "../../helpers/expectations/default-bridge.ts";
import { networksApart } from "../../helpers/expectations/namespaces.ts";
import { hostModeResolvConf } from "../../helpers/expectations/resolver.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import { type Evidence, ProbeFailed, type Vantage } from "../../helpers/model/evidence.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { iprouteLinks } from "../../helpers/probes/iproute-links.ts";
import { link, links } from "../../helpers/probes/links.ts";
import { namespaces } from "../../helpers/probes/namespaces.ts";
import { type IpLink, parseIpAddress } from "../../helpers/probes/parse/parse-ip-address.ts";
import { parseResolvConf } from "../../helpers/probes/parse/parse-resolv-conf.ts";
import { http, ping, type Question } from "../../helpers/probes/reach.ts";
import { holdersOf, listenersOn } from "../../helpers/probes/sockets.ts";
import { textFile } from "../../helpers/probes/text-file.ts";
import { eventually } from "../../helpers/requirement/eventually.ts";
import {
  busybox,
  chapter,
  cite,
  D0,
  D1,
  D2,
  D3,
  D4,
  mustReach,
  NotApplicable,
  NotRun,
  nginx,
  requirement,
  type Session,
  stage,
  theEngine,
  topology,
} from "../../helpers/requirement/index.ts";
import { freeHostPort } from "../../helpers/topology/host-ports.ts";
import { parseWebAnswer } from "../../helpers/topology/web-server.ts";
import { dockerCli, ownContainer } from "../../helpers/vantage/docker-cli.ts";
import { hostNetwork, hostPrograms } from "../../helpers/vantage/host-programs.ts";
import type { HostView } from "../../helpers/vantage/host-view.ts";

const SHARES = cite("docs/host", "the container shares the host's networking namespace");

/** A hostname that no host has. */
const GIVEN_NAME = "given-in-host-mode";

/** Two containers in host mode, one of which has a hostname of its own, may configure the network and asked for its ports to be published, beside one on the default bridge. */
const sharing = topology("host", {
  containers: {
    open: busybox({ on: "host" }),
    other: busybox({
      on: "host",
      hostname: GIVEN_NAME,
      capabilities: ["NET_ADMIN"],
      publishAll: true,
      expose: ["80/tcp"],
    }),
    web: nginx(),
  },
});

// The host's network, seen from inside.

const onSharing = chapter({ given: sharing, needs: ["host view"] });

onSharing(
  "HOST-01",
  {
    must: "A container started with `--network host` MUST be in the host's network namespace",
    from: [SHARES, D0("2"), D0("3.4.4"), D1("host模式"), D2("二"), D3("二.2"), D4("网络模式简介")],
  },
  async ({ open, other, web }, { facts }) => {
    const [one, two, bridged] = await Promise.all([namespaces(open), namespaces(other), namespaces(web)]);
    const host = facts.host?.namespaces.net;
    expect([one.net, two.net], "network namespaces of two host-mode containers, beside dockerd's").toEqual([
      host,
      host,
    ]);
    expect(bridged.net, "network namespace of a container on the default bridge, beside dockerd's").not.toBe(host);
  },
);

onSharing(
  "HOST-02",
  {
    must: "A container in host mode MUST see the same network interfaces as the host",
    from: [SHARES, D0("2"), D0("3.4.4"), D1("host模式"), D2("二"), D3("二.2")],
  },
  async ({ open }, session) => {
    const names = async (from: Vantage): Promise<string[]> =>
      (await links(from)).map((one) => `${one.index} ${one.name}`);
    await alike(names, open, hostPrograms(await session.host()), "interfaces in the container, beside the host's");
  },
);

onSharing(
  "HOST-03",
  {
    must: "A container in host mode MUST see the same addresses on the interfaces as the host",
    from: [SHARES, D0("2"), D0("3.4.4"), D1("host模式"), D2("二"), D3("二.2")],
  },
  async ({ open }, session) => {
    await alike(addressLines, open, hostNetwork(await session.host()), "addresses in the container, beside the host's");
  },
);

onSharing(
  "HOST-04",
  {
    must: "A container in host mode MUST see the same MACs on the interfaces as the host",
    from: [SHARES, D0("2"), D0("3.4.4"), D1("host模式"), D2("二"), D3("二.2")],
  },
  async ({ open }, session) => {
    const macs = async (from: Vantage): Promise<string[]> => (await links(from)).map((one) => `${one.name} ${one.mac}`);
    await alike(macs, open, hostPrograms(await session.host()), "MACs in the container, beside the host's");
  },
);

onSharing(
  "HOST-05",
  {
    must: "A container in host mode MUST see the default bridge's device with the address that the host has on it",
    from: [SHARES, D0("2"), D0("3.4.4"), D1("host模式"), D2("二"), D3("二.2")],
    needs: ["default bridge"],
    unless: networksApart,
    cause: "the address was taken off the device; a restart of dockerd sets it again",
  },
  async ({ open, web }, { facts }) => {
    const device = facts.defaultBridge?.device ?? "";
    const found = (await addresses(open, device)).filter((one) => one.family === 4).map((one) => one.address);
    const configured = expectedDefaultBridge(facts)?.deviceAddress;
    // Without a configured address: the one that bridged containers were given as their gateway.
    const wanted = configured?.known
      ? configured.value
      : facts.configuration["default-gateway"]
        ? facts.defaultBridge?.gateway
        : web.settingsOn("bridge").Gateway;
    expect(found, `IPv4 addresses of ${device} in the container`).toContain(wanted);
  },
);

onSharing(
  "HOST-06",
  {
    must: "A container in host mode MUST see the host ends of other containers' veth pairs",
    from: [SHARES, D3("二.2")],
    needs: ["default bridge"],
    unless: networksApart,
  },
  async ({ open, web }) => {
    const [eth0, inside] = await Promise.all([link(web, "eth0"), links(open)]);
    const end = inside.find((one) => one.index === eth0?.peerIndex);
    expect(end, "what the host-mode container sees as the other end of a bridged container's eth0").toMatchObject({
      name: expect.stringMatching(/^veth/),
      peerIndex: eth0?.index,
    });
  },
);

onSharing(
  "HOST-07",
  {
    must: "A container in host mode MUST also see the host's interfaces that have nothing to do with Docker",
    from: [SHARES, D3("二.2")],
  },
  async ({ open }, session) => {
    const { facts } = session;
    const isDockers = (name: string): boolean =>
      name === "lo" || name === facts.defaultBridge?.device || /^(veth|br-|docker)/.test(name);
    const before = new Set((facts.host?.links ?? []).map(({ name }) => name).filter((name) => !isDockers(name)));
    if (before.size === 0) throw new NotApplicable("the host has no interface beyond lo and Docker's own");
    // A container of its own network may have an eth0 as well: by its MAC it is another one.
    const told = async (from: Vantage): Promise<string[]> =>
      (await links(from)).filter(({ name }) => before.has(name)).map(({ name, mac }) => `${name} ${mac}`);
    const [inside, unrelated] = await Promise.all([told(open), told(hostPrograms(await session.host()))]);
    expect(inside, "interfaces in the container, and those of the host that are not Docker's").toEqual(
      expect.arrayContaining(unrelated),
    );
  },
);

onSharing(
  "HOST-10",
  {
    must: "A container in host mode MUST NOT get an address of its own: neither does the engine name one, nor has it one that the host lacks",
    from: [
      cite("docs/host", "the container doesn't get its own IP-address allocated"),
      D1("host模式"),
      D4("网络模式简介"),
    ],
  },
  async ({ open }, session) => {
    const { Networks } = (await open.inspect()).NetworkSettings;
    expect(Object.keys(Networks), "networks that the engine names").toEqual(["host"]);
    const { IPAddress, Gateway, GlobalIPv6Address, MacAddress } = open.settingsOn("host");
    expect({ IPAddress, Gateway, GlobalIPv6Address, MacAddress }, "what the engine says of its attachment").toEqual({
      IPAddress: "",
      Gateway: "",
      GlobalIPv6Address: "",
      MacAddress: "",
    });
    const onHost = hostNetwork(await session.host());
    // Interfaces of other containers come and go between the two looks: an address of its own is there in every one.
    let own: readonly string[] | undefined;
    for (let look = 0; look < LOOKS && own?.length !== 0; look++) {
      const [inside, outside] = await Promise.all([addressLines(open), addressLines(onHost)]);
      own = inside.filter((line) => !outside.includes(line) && (own?.includes(line) ?? true));
    }
    expect(own, "addresses in the container that the host does not have").toEqual([]);
  },
);

onSharing(
  "HOST-11",
  {
    must: "A container in host mode MUST have the host's hostname unless it is given one",
    from: [D1("host模式"), D2("二")],
    cause: "the host was renamed after the container's start: the name is copied, not shared",
  },
  async ({ open, other }, session) => {
    const host = await session.host();
    const { stdout } = await host.ask(
      `nsenter -t ${(await host.dockerdPid()) ?? 1} -u -- cat /proc/sys/kernel/hostname`,
    );
    // A rootless engine may not enter the machine's UTS namespace; it tells the name itself.
    const own = stdout.trim() || (session.facts.engine.rootless ? session.facts.engine.hostname : "");
    if (own === "") throw new ProbeFailed("the host's own hostname can't be read");
    const [shared, given] = await Promise.all(
      [open, other].map(async (one) => (await textFile(one, "/proc/sys/kernel/hostname")).trim()),
    );
    expect(shared, "hostname in the container").toBe(own);
    expect(given, "hostname in the container that was given one").toBe(GIVEN_NAME);
  },
);

requirement(
  "HOST-17",
  {
    must: "The engine MUST report no published port for a container in host mode, even when it is started with `-P`",
    from: [
      cite("docs/host", "-p, --publish, -P, and --publish-all option are ignored, producing a warning instead"),
      D1("host模式"),
    ],
  },
  sharing,
  async ({ open, other }) => {
    const [plain, publishing] = await Promise.all([open.inspect(), other.inspect()]);
    expect(plain.NetworkSettings.Ports, "ports of a host-mode container").toEqual({});
    expect(
      publishing.HostConfig.PublishAllPorts,
      "whether the engine knows that the other one was started with -P",
    ).toBe(true);
    expect(publishing.NetworkSettings.Ports, "ports of the one that was started with -P and exposes port 80").toEqual(
      {},
    );
  },
);

onSharing(
  "HOST-19",
  {
    must: "Packets that a container in host mode sends MUST carry the host's own address on the interface that they leave by",
    from: [D1("host模式")],
    needs: ["default bridge", "host view"],
    cause: "a SNAT or MASQUERADE rule that does not spare the host's own packets",
  },
  async ({ open, web }, session) => {
    const { answer } = await mustReach(http(open, web.address));
    const onDevice = await addresses(hostNetwork(await session.host()), session.facts.defaultBridge?.device);
    const own = onDevice.filter((one) => one.family === 4).map((one) => one.address);
    expect(own, "addresses of the host on the default bridge, and the one that a bridged server saw asking").toContain(
      parseWebAnswer(answer)?.peerAddress,
    );
  },
);

onSharing(
  "HOST-22",
  {
    must: "A container in host mode MUST reach what the host reaches, and ask the resolvers that the host asks unless the daemon names others",
    from: [D3("二.2")],
    cause:
      "the host's /etc/resolv.conf was changed after the container's start, which keeps the copy that it got; or the container's own was edited",
  },
  async ({ open, web }, session) => {
    const onHost = hostNetwork(await session.host());
    const gateway = session.facts.host?.uplink?.gateway ?? "";
    const targets = [
      ...(session.facts.defaultBridge === null ? [] : [web.address]),
      ...(gateway === "" ? [] : [gateway]),
    ];
    const reached = await Promise.all(
      targets.map(async (target) => (await ping(onHost, target).ask(2)).outcome === "replied"),
    );
    const reachable = targets.filter((_, index) => reached[index]);
    if (reachable.length === 0) throw new NotRun("nothing is known that the host reaches");
    await Promise.all(reachable.map((target) => mustReach(ping(open, target))));
    const expected = hostModeResolvConf(session.facts);
    if (session.facts.host?.resolver.file === null && !expected.nameservers.known)
      throw new NotApplicable(
        "the host has no /etc/resolv.conf, so it asks no resolver that the container could ask too",
      );
    const inside = parseResolvConf(await textFile(open, "/etc/resolv.conf"));
    const hostsFile = parseResolvConf(await textFile(hostPrograms(await session.host()), "/etc/resolv.conf"));
    expect(inside.nameservers, "nameservers in the container").toEqual(
      expected.nameservers.known ? expected.nameservers.value : hostsFile.nameservers,
    );
  },
);

onSharing(
  "HOST-25",
  {
    must: "Neither a container in host mode nor one on a bridge MUST make its network namespace appear in `ip netns list`",
    from: [D3("二.2")],
    cause: "somebody attached the container's namespace with `ip netns attach`, or linked a file of that name to it",
  },
  async ({ open, web }, session) => {
    const host = await session.host();
    const { SandboxKey } = (await web.inspect()).NetworkSettings as { readonly SandboxKey?: string };
    if (await listsEnginesOwn(hostPrograms(host), SandboxKey ?? ""))
      throw new NotApplicable(
        `${NAMED_NAMESPACES} of this host was made the engine's own directory, so that \`ip netns\` lists every container`,
      );
    const listed = await namedNamespaces(hostPrograms(host));
    const [one, bridged] = await Promise.all([namespaces(open), namespaces(web)]);
    // That a name would show: the bridged container's namespace is given one where nobody else sees it.
    const named = await namedForAMoment(host, (await web.inspect()).State.Pid);
    if (!named.has(bridged.net)) throw new ProbeFailed("a namespace that was given a name is not listed either");
    const inodes = [...listed.keys()];
    expect(inodes, "namespaces that `ip netns` lists, and the bridged container's").not.toContain(bridged.net);
    expect(inodes, "namespaces that `ip netns` lists, and the host-mode container's").not.toContain(one.net);
  },
);

onSharing(
  "HOST-26",
  {
    must: "`ip addr` in a container in host mode MUST tell the same as on the host, interface by interface and in the same order",
    from: [SHARES, D1("host模式")],
    needs: ["host iproute2"],
  },
  async ({ open }, session) => {
    const inside = async (from: Vantage): Promise<string[]> =>
      parseIpAddress((await from.ask("ip addr")).stdout).map(essence);
    const outside = async (from: Vantage): Promise<string[]> => (await iprouteLinks(from)).map(essence);
    await alike(
      inside,
      open,
      hostPrograms(await session.host()),
      "interfaces and addresses by `ip addr` in the container, beside the host's own `ip addr`",
      outside,
    );
  },
);

// Ports, which are the host's.

/**
 * The first container serves a page on a port of the host, while a program on the host serves one on the host's 127.0.0.1
 * only; every question about these ports is asked here, and both are ended before the answers are judged.
 */
const serving = stage(sharing, async ({ open, other, web }, session) => {
  const host = await session.host();
  const onHost = hostNetwork(host);
  const [port, hostPort, freePort] = [
    freeHostPort(session.facts),
    freeHostPort(session.facts),
    freeHostPort(session.facts),
  ];
  const before = await listenersOn(hostPrograms(host), port);
  await Promise.all([writePage(open, PAGE.container), writePage(other, PAGE.other)]);
  const pid = await serveOnHost(session, hostPort);
  try {
    const bound = await open.act(`httpd -p ${port} -h ${FOLDER}`);
    if (bound.exitCode !== 0)
      throw new ProbeFailed(`the container can't serve on port ${port}: ${bound.stderr.trim()}`, bound);
    const listening = await eventually(async () => {
      const found = await listenersOn(hostPrograms(host), port);
      if (found.length === 0) throw new ProbeFailed("not listening yet");
      return found;
    }, 2000).catch(() => []);
    const lan = session.facts.host?.uplink?.address ?? "";
    const ask = async (question: Question): Promise<{ outcome: string; answer: string; text: string }> => {
      const { outcome, answer } = await question.ask(3);
      return { outcome, answer: answer.trim(), text: question.text };
    };
    const [
      holders,
      loopback,
      ownLan,
      bridgedLan,
      hostService,
      hostServiceControl,
      secondOnHostPort,
      secondOnContainerPort,
      freeInOther,
    ] = await Promise.all([
      Promise.all(listening.map((socket) => holdersOf(host, socket.inode))),
      ask(http(onHost, "127.0.0.1", port)),
      lan === "" ? null : ask(http(onHost, lan, port)),
      lan === "" ? null : ask(http(web, lan, port)),
      ask(http(open, "127.0.0.1", hostPort)),
      ask(http(onHost, "127.0.0.1", hostPort)),
      open.act(`httpd -p ${hostPort} -h ${FOLDER}`),
      other.act(`httpd -p ${port} -h ${FOLDER}`),
      other.act(`httpd -p ${freePort} -h ${FOLDER}`),
    ]);
    return {
      port,
      before,
      listening,
      holders: holders.flat(),
      pidNamespace: (await namespaces(open)).pid,
      loopback,
      lan: ownLan === null || bridgedLan === null ? null : { fromHost: ownLan, fromBridge: bridgedLan },
      hostService,
      hostServiceControl,
      bind: {
        firstOfContainer: bound,
        onHostPort: secondOnHostPort,
        onContainerPort: secondOnContainerPort,
        onFreePort: freeInOther,
      },
    };
  } finally {
    await Promise.all([host.act(`kill ${pid}`), open.act("killall httpd"), other.act("killall httpd")]);
  }
});

const onServing = chapter({ given: serving, needs: ["host view"] });

onServing(
  "HOST-12",
  {
    must: "A port that a container in host mode listens on MUST be a listening port of the host",
    from: [
      cite("docs/host", "the container's application is available on port 80 on the host's IP address"),
      D0("3.4.4"),
      D1("host模式"),
    ],
  },
  ({ before, listening, port }) => {
    expect(before.length, `listeners of the host on port ${port} before the container listened`).toBe(0);
    expect(listening.length, `listeners of the host on port ${port} while the container listened`).toBeGreaterThan(0);
  },
);

onServing(
  "HOST-13",
  {
    must: "The listening socket of a container in host mode MUST belong to the container's own process, with no docker-proxy between",
    from: [cite("docs/host", 'no "userland-proxy" is created for each port'), D0("3.4.4"), D1("host模式")],
  },
  ({ holders, pidNamespace }) => {
    expect(
      holders.map(({ program }) => program),
      "programs that hold the socket",
    ).toEqual(expect.arrayContaining([expect.stringMatching(/^(httpd|busybox)$/)]));
    expect(
      new Set(holders.map((holder) => holder.pidNamespace)),
      "PID namespaces of the processes that hold the socket",
    ).toEqual(new Set([pidNamespace]));
  },
);

onServing(
  "HOST-14",
  {
    must: "A service in a container in host mode MUST be reachable from other network namespaces at the host's LAN address, without any published port",
    from: [
      cite("docs/host", "the container's application is available on port 80 on the host's IP address"),
      D0("3.4.4"),
      D1("host模式"),
    ],
    needs: ["default bridge", "host view"],
  },
  ({ lan }) => {
    if (lan === null)
      throw new NotApplicable("the host has no default route, so which address is its LAN address can't be told");
    expect(lan.fromHost, "the page at the LAN address, from the host itself").toMatchObject({
      outcome: "replied",
      answer: PAGE.container,
    });
    if (lan.fromBridge.outcome === "timed out" || lan.fromBridge.outcome === "unreachable") {
      throw new NotApplicable(
        `containers are kept from the host's own ports, by its firewall or by "default-gateway" (${lan.fromBridge.text}: ${lan.fromBridge.outcome}): a second machine would have to ask`,
      );
    }
    expect(lan.fromBridge, "the page at the LAN address, from a container on the default bridge").toMatchObject({
      outcome: "replied",
      answer: PAGE.container,
    });
  },
);

onServing(
  "HOST-15",
  {
    must: "A service in a container in host mode MUST be reachable on the host's 127.0.0.1",
    from: [
      cite("docs/host", "the container's application is available on port 80 on the host's IP address"),
      D0("3.4.4"),
    ],
  },
  ({ loopback }) => {
    expect(loopback, "the page at 127.0.0.1 of the host").toMatchObject({ outcome: "replied", answer: PAGE.container });
  },
);

onServing(
  "HOST-16",
  {
    must: "A container in host mode MUST reach a service that listens only on the host's 127.0.0.1",
    from: [
      cite(
        "docs/host#docker-desktop",
        "you can access servers running on your host from any container that is started with host networking enabled",
      ),
      D1("host模式"),
    ],
  },
  ({ hostService, hostServiceControl }) => {
    if (hostServiceControl.outcome !== "replied")
      throw new ProbeFailed(
        `the service on the host's 127.0.0.1 does not answer the host itself: ${hostServiceControl.outcome}`,
      );
    expect(hostService, "the host's page at 127.0.0.1, from the container").toMatchObject({
      outcome: "replied",
      answer: PAGE.host,
    });
  },
);

onServing(
  "HOST-20",
  {
    must: "A port that is taken on the host MUST NOT be bindable in a container in host mode",
    from: [cite("docs/host#prerequisites", "Port 80 must be available on the Docker host."), D1("host模式"), D2("二")],
  },
  ({ bind }) => {
    expect(bind.firstOfContainer.exitCode, "exit code of a server in the container on a free port").toBe(0);
    expectInUse(bind.onHostPort, "a server in the container on a port that a program on the host listens on");
  },
);

onServing(
  "HOST-21",
  {
    must: "Two containers in host mode MUST NOT be able to bind the same port",
    from: [
      cite(
        "docs/host#platform-support",
        "if a service container binds to port 80, only one service container can run on a given swarm node",
      ),
      D2("二"),
    ],
  },
  ({ bind }) => {
    expect(bind.onFreePort.exitCode, "exit code of a server in the second container on a free port").toBe(0);
    expectInUse(bind.onContainerPort, "a server in the second container on a port that the first one listens on");
  },
);

// What it may do, and how it is asked for.

requirement(
  "HOST-23",
  {
    must: "A change that a container in host mode with NET_ADMIN makes to an interface MUST be a change of the host's interface",
    from: [D3("二.2")],
    needs: ["default bridge", "host view"],
  },
  // The interface is the host end of our own bridged container: it goes with that container, whatever happens.
  stage(sharing, async ({ other, web }, session) => {
    const onHost = hostNetwork(await session.host());
    const eth0 = await link(web, "eth0");
    const device = (await links(hostPrograms(await session.host()))).find((one) => one.index === eth0?.peerIndex)?.name;
    if (device === undefined) throw new ProbeFailed("the host end of the bridged container's veth pair was not found");
    const address = `${cidr(session.subnets.choose(30)).host(1)}/32`;
    const before = await addressLines(onHost);
    const added = await other.act(`ip addr add ${address} dev ${device}`);
    const after = await addressLines(onHost);
    const removed = await other.act(`ip addr del ${address} dev ${device}`);
    return { line: `${device} ${address}`, before, added, after, removed, atLast: await addressLines(onHost) };
  }),
  ({ line, before, added, after, removed, atLast }) => {
    expect({ exitCode: added.exitCode, stderr: added.stderr }, "the container's `ip addr add`").toEqual({
      exitCode: 0,
      stderr: "",
    });
    expect(before, "addresses of the host before").not.toContain(line);
    expect(after, "addresses of the host after the container added one").toContain(line);
    expect(removed.exitCode, "exit code of the container's `ip addr del`").toBe(0);
    expect(atLast, "addresses of the host after the container removed it").not.toContain(line);
  },
);

requirement(
  "HOST-24",
  {
    must: "`docker run` MUST take `--network=host` and `--net=host` for the same: host mode",
    from: [
      cite("docs/host#examples", "docker run --rm -it --net=host nicolaka/netshoot"),
      D0("3.4.4"),
      D1("host模式"),
      D2("二"),
      D3("二.2"),
    ],
    needs: ["docker CLI"],
  },
  theEngine,
  async (session) => {
    const modes = await Promise.all(["--network", "--net"].map((flag) => modeCreatedWith(session, flag)));
    expect(modes, "network modes of containers created with --network=host and --net=host").toEqual(["host", "host"]);
  },
);

const FOLDER = "/dev/shm/dnc-host";
/** What the services answer. */
const PAGE = { container: "page of the container", other: "page of the second container", host: "page of the host" };

/** A page for BusyBox httpd in the vantage point's own files. */
async function writePage(at: { act(command: string): Promise<Evidence> }, page: string): Promise<void> {
  const written = await at.act(`mkdir -p ${FOLDER} && echo "${page}" >${FOLDER}/index.html`);
  if (written.exitCode !== 0) throw new ProbeFailed(`no page can be written: ${written.stderr.trim()}`, written);
}

/** Starts a web server in dockerd's network namespace, on 127.0.0.1 only; returns its process id on the host. */
async function serveOnHost(session: Session, port: number): Promise<number> {
  const host = await session.host();
  await writePage(host, PAGE.host);
  const started = await host.act(
    `nsenter -t ${(await host.dockerdPid()) ?? 1} -n -- httpd -f -p 127.0.0.1:${port} -h ${FOLDER} & echo $!`,
  );
  const pid = Number(started.stdout.trim());
  if (!Number.isInteger(pid) || pid <= 1) throw new ProbeFailed("no web server could be started on the host", started);
  await eventually(async () => {
    if ((await listenersOn(hostPrograms(host), port)).length === 0)
      throw new ProbeFailed(`the web server on the host does not listen on port ${port}`, started);
  });
  return pid;
}

function expectInUse(attempt: Evidence, what: string): void {
  expect(attempt.stderr, `what ${what} says`).toMatch(/address (already )?in use/i);
  expect(attempt.exitCode, `exit code of ${what}`).not.toBe(0);
}

/** Looks at a difference before it counts; each of them takes an overloaded host seconds. */
const LOOKS = 4;

/**
 * The same answer inside and outside. On a busy host interfaces of other containers come and go between any two looks,
 * so the container's look is taken between two looks of the host: what stands in both of these must be seen, in their
 * order, and nothing may be seen that stands in neither. What came and went within a moment is no difference: one that
 * is real is there in every look.
 */
async function alike(
  ask: (from: Vantage) => Promise<string[]>,
  inside: Vantage,
  outside: Vantage,
  what: string,
  askOutside: (from: Vantage) => Promise<string[]> = ask,
): Promise<void> {
  let still: ReadonlySet<string> | undefined;
  for (let left = LOOKS; left > 0; left--) {
    const before = await askOutside(outside);
    const seen = await ask(inside);
    const after = await askOutside(outside);
    const lasting = before.filter((line) => after.includes(line));
    const everThere = new Set([...before, ...after]);
    const differing = [
      ...lasting.filter((line) => !seen.includes(line)),
      ...seen.filter((line) => !everThere.has(line)),
    ];
    const always = new Set(differing.filter((line) => still?.has(line) ?? true));
    still = always;
    if (always.size > 0 && left > 1) continue;
    expect(
      seen.filter((line) => lasting.includes(line) || always.has(line)),
      what,
    ).toEqual(lasting.filter((line) => seen.includes(line) || always.has(line)));
    return;
  }
}

/** `eth0 192.0.2.2/24` for every address. */
async function addressLines(from: Vantage): Promise<string[]> {
  return (await addresses(from)).map((one) => `${one.interface} ${one.address}/${one.prefix}`);
}

/** What every `ip` program tells of a link, as one line. */
function essence({ index, name, mac, mtu, addresses: all }: IpLink): string {
  const each = all.map(({ address, prefix, broadcast, scope }) => `${address}/${prefix} ${broadcast ?? "-"} ${scope}`);
  return [`${index} ${name} ${mac} mtu ${mtu}`, ...each].join(", ");
}

/** Where `ip netns` keeps its names. */
const NAMED_NAMESPACES = "/var/run/netns";

/**
 * Whether the operator shows the engine's own directory of namespaces to `ip netns`, by a link or a mount.
 * @param sandbox the file of a container's namespace, as the engine names it
 */
async function listsEnginesOwn(host: Vantage, sandbox: string): Promise<boolean> {
  if (sandbox === "") return false;
  const { stdout } = await host.ask(`[ ${NAMED_NAMESPACES} -ef "${dirname(sandbox)}" ] && echo own; true`);
  return stdout.trim() === "own";
}

/** Lists the files of a directory as `ip netns list` does, each with its inode. */
const namesIn = (folder: string): string =>
  `for f in ${folder}/*; do [ -e "$f" ] && echo "$(stat -L -c %i "$f") $f"; done; true`;

/** The network namespaces that `ip netns list` lists (it lists the files of its directory), as `net:[inode]` with their names. */
async function namedNamespaces(host: Vantage): Promise<Map<string, string>> {
  return readNames((await host.ask(namesIn(NAMED_NAMESPACES))).stdout);
}

/** The same of a directory of our own, in a mount namespace of its own, where a process's network namespace has a name. */
async function namedForAMoment(host: HostView, pid: number): Promise<Map<string, string>> {
  const name = `mount -t tmpfs none /tmp && : >/tmp/known && mount --bind /proc/${pid}/ns/net /tmp/known`;
  const evidence = await host.act(`unshare -m sh -c '${name} && { ${namesIn("/tmp")}; }'`);
  if (evidence.exitCode !== 0) throw new ProbeFailed("no network namespace can be given a name", evidence);
  return readNames(evidence.stdout);
}

function readNames(text: string): Map<string, string> {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => [`net:[${line.split(" ", 1)[0]}]`, line.slice(line.lastIndexOf("/") + 1)]));
}

async function modeCreatedWith({ docker, facts, runId, images }: Session, flag: string): Promise<string | undefined> {
  const name = nameOf(runId, `host-cli${flag}`);
  const own = ownContainer(runId);
  try {
    // An engine with userns-remap refuses host mode to containers that are not exempt from it.
    const exempt = facts.engine.usernsRemap ? ["--userns=host"] : [];
    const create = await dockerCli("create", `${flag}=host`, ...exempt, "--name", name, ...own, images.busybox, "true");
    expect(
      create.exitCode,
      `exit code of \`docker create ${flag}=host\`; it said: ${create.stderr.trim().split("\n")[0]}`,
    ).toBe(0);
    return (await docker.getContainer(name).inspect()).HostConfig.NetworkMode;
  } finally {
    await removeContainer(docker, name);
  }
}
