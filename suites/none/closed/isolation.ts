import { expect } from "vitest";
import { LABEL, labelsOf, nameOf } from "../../../helpers/engine/run-identity.ts";
import { removeContainer } from "../../../helpers/engine/sweep.ts";
import { atLeast } from "../../../helpers/model/engine-version.ts";
import { ProbeFailed, type Vantage } from "../../../helpers/model/evidence.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { counters } from "../../../helpers/probes/counters.ts";
import { link, links } from "../../../helpers/probes/links.ts";
import { namespaces } from "../../../helpers/probes/namespaces.ts";
import { http, ping } from "../../../helpers/probes/reach.ts";
import { routes } from "../../../helpers/probes/routes.ts";
import { eventually } from "../../../helpers/requirement/eventually.ts";
import {
  cite,
  D0,
  D1,
  D2,
  D4,
  mustNotReach,
  mustReach,
  requirement,
  stage,
  theEngine,
} from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { freeHostPort } from "../../../helpers/topology/host-ports.ts";
import { webServerPrelude } from "../../../helpers/topology/web-server.ts";
import { dockerCliAnswer, ownContainer } from "../../../helpers/vantage/docker-cli.ts";
import { closed, LINK_SHOWN, onClosed } from "./site.ts";

const ISOLATED_STACK = cite(
  "docs/none",
  "If you want to completely isolate the networking stack of a container, you can use the --network none flag",
);

/** How long the gateway's answer to a ping may take. */
const GATEWAY_SECONDS = 5;

/** What the closed container's interfaces had counted before anybody sent anything through them. */
const untouched = stage(closed, async (containers) => ({ ...containers, counted: await counters(containers.alone) }));

onClosed(
  "NONE-07",
  {
    must: "A container on network `none` MUST have no IPv4 route at all, hence no gateway",
    from: [ISOLATED_STACK, D1("none模式")],
  },
  async ({ alone, bridged }, { facts }) => {
    const [inside, control] = await Promise.all([routes(alone), routes(bridged)]);
    if (facts.defaultBridge !== null && control.length === 0)
      throw new ProbeFailed("the control on the default bridge shows no IPv4 route either");
    expect(inside, "IPv4 routes of the container on network none").toEqual([]);
  },
);

onClosed(
  "NONE-08",
  {
    must: "A container on network `none` MUST have a network namespace of its own, which is neither the host's nor another container's",
    from: [ISOLATED_STACK, D1("四类网络模式"), D1("none模式"), D4("网络模式简介")],
    needs: ["host view"],
  },
  async ({ alone, bridged }, session) => {
    const host = await session.host();
    const [own, hosts, others] = await Promise.all([namespaces(alone), namespaces(host), namespaces(bridged)]);
    expect(
      [hosts.net, others.net],
      "network namespaces of the host and of the container on the default bridge",
    ).not.toContain(own.net);
  },
);

onClosed(
  "NONE-10",
  {
    must: "A container on network `none` MUST NOT reach any address outside itself, not even the default bridge's, and MUST be told so at once: network unreachable",
    from: [ISOLATED_STACK, D0("2"), D1("none模式"), D4("网络模式简介")],
    needs: ["default bridge"],
  },
  async ({ alone, bridged }, { facts }) => {
    const gateway = facts.defaultBridge?.gateway ?? "";
    // The gateway is the host, whose own packet filter may answer no ping; then the container's address is left.
    const answers = gateway !== "" && (await ping(bridged, gateway).ask(GATEWAY_SECONDS)).outcome === "replied";
    const targets = [...(answers ? [gateway] : []), bridged.addressOn("bridge")];
    await Promise.all(
      targets.map((target) => mustNotReach(ping(alone, target), { as: "unreachable", control: ping(bridged, target) })),
    );
  },
);

requirement(
  "NONE-11",
  {
    must: "The loopback of a container on network `none` MUST work: ping and TCP to 127.0.0.1 are answered by the container itself",
    from: [D0("2"), D2("一")],
    cause: "lo is down in the container's namespace, or a firewall rule was put into it",
  },
  untouched,
  async ({ alone }) => {
    await Promise.all([mustReach(ping(alone, "127.0.0.1")), mustReach(http(alone, "127.0.0.1"))]);
  },
);

/**
 * A web server on network `none` that asks for a published port: as far as anybody can go to be reached there. Made
 * without testcontainers, which waits for a published port to be bound.
 */
const published = stage(theEngine, async (_, session) => {
  const { docker, images, runId } = session;
  const port = freeHostPort(session.facts);
  const container = await docker.createContainer({
    name: nameOf(runId, "none-published"),
    Image: images.nginx,
    Entrypoint: ["sh", "-c", [...webServerPrelude("none-published", [80], []), "exec sleep 600"].join("\n")],
    Cmd: [],
    Labels: { ...labelsOf(runId), [LABEL.leaves]: "true" },
    ExposedPorts: { "80/tcp": {} },
    HostConfig: {
      AutoRemove: true,
      NetworkMode: "none",
      CapDrop: ["ALL"],
      PortBindings: { "80/tcp": [{ HostPort: String(port) }] },
    },
  });
  try {
    await container.start();
    const host = await session.host();
    const { State } = await container.inspect();
    const inside = namespaceOf("the published container on network none", State.Pid, host);
    await eventually(async () => {
      const { outcome, detail, evidence } = await http(inside, "127.0.0.1").ask(2);
      if (outcome !== "replied")
        throw new ProbeFailed(`its web server does not answer: ${outcome} (${detail})`, evidence);
    });
    return {
      carried: await addresses(inside),
      fromHost: await atThisMoment(
        mustNotReach(http(host, "127.0.0.1", port), { as: "refused", control: http(inside, "127.0.0.1") }),
      ),
    };
  } finally {
    await removeContainer(docker, container.id);
  }
});

requirement(
  "NONE-12",
  {
    must: "A container on network `none` MUST NOT be reachable from outside: it has no address that others could ask, and a port that it wants published is refused on the host",
    from: [ISOLATED_STACK, D1("none模式"), D2("一")],
    needs: ["host view"],
    cause:
      "the container has an interface that the engine did not give it (pipework, `ip link set … netns`), or is attached to a network after all: something between here and the engine alters NetworkMode (an authorization plugin, a platform's proxy)",
  },
  published,
  ({ carried, fromHost }) => {
    fromHost();
    expect(
      carried.filter(({ scope }) => scope !== "host").map(({ address }) => address),
      "addresses of the container on network none beyond its own loopback",
    ).toEqual([]);
  },
);

/** A container's network namespace, asked through the host's view: for a container that has no shell of ours. */
function namespaceOf(what: string, pid: number, host: Vantage): Vantage {
  return { label: what, ask: async (command, options) => await host.ask(`nsenter -t ${pid} -n ${command}`, options) };
}

requirement(
  "NONE-13",
  {
    must: "Both spellings of the option, `--network=none` and `--net=none`, MUST select network `none` when a container is created",
    from: [D1("四类网络模式"), D2("一")],
    needs: ["docker CLI"],
    cause:
      "the docker command that is called drops the option (a wrapper, an alias), or the engine's inspect names another network mode and other networks than it recorded (a proxy that alters answers, a defect)",
  },
  stage(theEngine, async (_, { docker, images, runId }) => {
    const created: string[] = [];
    const own = ownContainer(runId);
    try {
      return await Promise.all(
        ["--network=none", "--net=none"].map(async (option) => {
          const name = nameOf(runId, `none${option}`);
          const id = await dockerCliAnswer("create", "--name", name, ...own, option, images.busybox, "true");
          created.push(id);
          const { HostConfig, NetworkSettings } = await docker.getContainer(id).inspect();
          return { option, mode: HostConfig.NetworkMode, networks: Object.keys(NetworkSettings.Networks) };
        }),
      );
    } finally {
      await Promise.all(created.map((id) => removeContainer(docker, id)));
    }
  }),
  (spellings) => {
    expect(spellings, "network mode and networks by the option's spelling").toEqual([
      { option: "--network=none", mode: "none", networks: ["none"] },
      { option: "--net=none", mode: "none", networks: ["none"] },
    ]);
  },
);

onClosed(
  "NONE-14",
  {
    must: "A container started without a network option MUST get `eth0` in addition to `lo`",
    from: [
      cite(
        "docs/network",
        "When you run a container without the --network option, it is connected to the default bridge.",
      ),
      D2("一.1"),
    ],
    needs: ["default bridge"],
  },
  async ({ bridged }) => {
    expect(
      (await links(bridged)).map((one) => one.name),
      "interfaces of a container without a network option",
    ).toEqual(["lo", "eth0"]);
  },
);

requirement(
  "NONE-15",
  {
    must: "The packet counters of a container on network `none` MUST be zero on its loopback interface right after the start: nothing but the container itself sends there",
    from: [D2("一.2")],
    cause: "something enters every new network namespace and sends there (an agent that probes its loopback)",
  },
  untouched,
  ({ counted }) => {
    const lo = counted.find((one) => one.interface === "lo");
    expect(
      `${lo?.received.packets} in, ${lo?.transmitted.packets} out`,
      "packets on lo before anything was asked through it",
    ).toBe("0 in, 0 out");
  },
);

onClosed(
  "NONE-16",
  {
    must: "The loopback interface of a container on network `none` MUST have the kernel's default transmit queue length, 1000 packets",
    from: [LINK_SHOWN, D0("3.4.1"), D2("一.2")],
    appliesTo: "kernel 4.9 and later; older ones have 1",
    unless: ({ engine }) =>
      atLeast(engine.kernel, "4.9") ? null : `kernel ${engine.kernel} gives lo another queue length than 1000`,
  },
  async ({ alone }) => {
    expect((await link(alone, "lo"))?.queueLength, "transmit queue length of lo in the container on network none").toBe(
      1000,
    );
  },
);
