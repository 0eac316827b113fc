import { expect } from "vitest";
import { dockerErrorOf } from "../../../helpers/engine/docker-error.ts";
import { servedElsewhere } from "../../../helpers/expectations/port-service.ts";
import { isEphemeralPort } from "../../../helpers/expectations/ports.ts";
import { portAlreadyAllocated } from "../../../helpers/expectations/refusals.ts";
import { isUnspecified } from "../../../helpers/model/address.ts";
import { briefly } from "../../../helpers/requirement/briefly.ts";
import { cite, D0, D1, nginx, Violation } from "../../../helpers/requirement/index.ts";
import { mustPublish, onPublished, onTheEngine, RANGE_MOVED, TRIES } from "./site.ts";

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
