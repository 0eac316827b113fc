import { expect } from "vitest";
import { labelsOf, nameOf } from "../../../helpers/engine/run-identity.ts";
import { removeContainer } from "../../../helpers/engine/sweep.ts";
import { servedElsewhere } from "../../../helpers/expectations/port-service.ts";
import { HOST_PORTS_REFUSED_BY_API, isEphemeralPort, parsePublish } from "../../../helpers/expectations/ports.ts";
import { portAlreadyAllocated } from "../../../helpers/expectations/refusals.ts";
import { http } from "../../../helpers/probes/reach.ts";
import { cite, D1, D3, engine, requirement, theEngine } from "../../../helpers/requirement/index.ts";
import { mustBeRefused } from "../../../helpers/requirement/refusal.ts";
import { mustAnswer } from "../../../helpers/requirement/served.ts";
import { askedFor, mustServe, onPublished, publishedBy, RANGE_MOVED } from "./site.ts";

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
