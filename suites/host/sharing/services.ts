import { expect } from "vitest";
import { type Evidence, ProbeFailed } from "../../../helpers/model/evidence.ts";
import { namespaces } from "../../../helpers/probes/namespaces.ts";
import { http, type Question, type Reached } from "../../../helpers/probes/reach.ts";
import { holdersOf, listenersOn } from "../../../helpers/probes/sockets.ts";
import { servePages } from "../../../helpers/probes/web-page.ts";
import { eventually } from "../../../helpers/requirement/eventually.ts";
import {
  chapter,
  cite,
  D0,
  D1,
  D2,
  mustHaveReached,
  NotApplicable,
  type Session,
  stage,
} from "../../../helpers/requirement/index.ts";
import { freeHostPort } from "../../../helpers/topology/host-ports.ts";
import { hostNetwork, hostPrograms } from "../../../helpers/vantage/host-programs.ts";
import { sharing } from "./site.ts";

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
    const bound = await open.act(servePages(port, FOLDER));
    if (bound.exitCode !== 0)
      throw new ProbeFailed(`the container can't serve on port ${port}: ${bound.stderr.trim()}`, bound);
    const listening = await eventually(async () => {
      const found = await listenersOn(hostPrograms(host), port);
      if (found.length === 0) throw new ProbeFailed("not listening yet");
      return found;
    }, 2000).catch(() => []);
    const lan = session.facts.host?.uplink?.address ?? "";
    const ask = async (question: Question): Promise<Asked> => ({ question, reached: await question.ask(3) });
    const [
      holders,
      loopback,
      loopback6,
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
      session.facts.host?.ipv6Loopback === true ? ask(http(onHost, "::1", port)) : null,
      lan === "" ? null : ask(http(onHost, lan, port)),
      lan === "" ? null : ask(http(web, lan, port)),
      ask(http(open, "127.0.0.1", hostPort)),
      ask(http(onHost, "127.0.0.1", hostPort)),
      open.act(servePages(hostPort, FOLDER)),
      other.act(servePages(port, FOLDER)),
      other.act(servePages(freePort, FOLDER)),
    ]);
    return {
      port,
      before,
      listening,
      holders: holders.flat(),
      pidNamespace: (await namespaces(open)).pid,
      loopback,
      loopback6,
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
    mustHaveServed(lan.fromHost, PAGE.container);
    const { question, reached } = lan.fromBridge;
    if (reached.outcome === "timed out" || reached.outcome === "unreachable") {
      throw new NotApplicable(
        `containers are kept from the host's own ports, by its firewall or by "default-gateway" (${question.text}: ${reached.outcome}): a second machine would have to ask`,
      );
    }
    mustHaveServed(lan.fromBridge, PAGE.container);
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
    mustHaveServed(loopback, PAGE.container);
  },
);

onServing(
  "HOST-27",
  {
    must: "A service in a container in host mode that listens on IPv6 MUST be reachable on the host's [::1]",
    from: [cite("docs/host", "the container's application is available on port 80 on the host's IP address")],
    needs: ["host view", "ipv6"],
  },
  ({ listening, loopback6 }) => {
    if (loopback6 === null) throw new NotApplicable("the host's lo has no ::1");
    if (!listening.some(({ local }) => local.address.includes(":")))
      throw new NotApplicable("the web server of the image listens on IPv4 alone");
    mustHaveServed(loopback6, PAGE.container);
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
    const { outcome } = hostServiceControl.reached;
    if (outcome !== "replied")
      throw new ProbeFailed(`the service on the host's 127.0.0.1 does not answer the host itself: ${outcome}`);
    mustHaveServed(hostService, PAGE.host);
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

const FOLDER = "/dev/shm/dnc-host";

/** What the services answer. */
const PAGE = { container: "page of the container", other: "page of the second container", host: "page of the host" };

/** A question, and what came of it. */
interface Asked {
  readonly question: Question;
  readonly reached: Reached;
}

/** Asserts that it was answered, and with this page. */
function mustHaveServed({ question, reached }: Asked, page: string): void {
  mustHaveReached(question, reached);
  expect(reached.answer.trim(), `what answers ${question.text}`).toBe(page);
}

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
