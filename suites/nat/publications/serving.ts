import {
  notServedAt,
  type PortVantage,
  portService,
  publishedBeyond,
  servedElsewhere,
} from "../../../helpers/expectations/port-service.ts";
import type { Facts } from "../../../helpers/model/facts.ts";
import { http } from "../../../helpers/probes/reach.ts";
import {
  chapter,
  cite,
  D0,
  D1,
  engine,
  mustNotReach,
  observed,
  requirement,
  type Session,
  stage,
} from "../../../helpers/requirement/index.ts";
import { lanAddress } from "../../../helpers/requirement/lan-address.ts";
import { neighbourOf } from "../../../helpers/requirement/neighbour.ts";
import { mustBeServed } from "../../../helpers/requirement/served.ts";
import type { Endpoint } from "../../../helpers/topology/endpoint.ts";
import { noRules } from "../rules.ts";
import { onDefault, onOwn, publicationsOfWeb } from "./site.ts";

const USERLAND_PROXY = cite(
  "man/dockerd#--userland-proxy",
  "Rely on a userland proxy implementation for inter-container and outside-to-container loopback communications. Default is true.",
);

const onDefaultBridge = chapter({ given: onDefault, needs: ["default bridge", "host view"] });

onDefaultBridge(
  "NAT-32",
  {
    must: "A client on another machine MUST be served by DNAT in the kernel, so that the container sees the client's own address",
    from: [
      cite(
        "docs/port-publishing",
        "it uses firewall rules to perform Network Address Translation (NAT), Port Address Translation (PAT), and masquerading",
      ),
      D1("桥接模式下暴露端口"),
      D1("5.4"),
    ],
    needs: ["default bridge", "host view", "second host"],
    unless: (facts) => noRules(facts) ?? notByDnat(facts),
  },
  async ({ web }, session) => {
    const { facts } = session;
    const neighbour = await neighbourOf(session);
    const { everywhere } = publicationsOfWeb(web, facts);
    await mustBeServed(http(neighbour, lanAddress(facts), everywhere.hostPort), portService(facts, "outside"), {
      server: web.name,
      containerPort: 80,
      client: neighbour.address,
      gateway: facts.defaultBridge?.gateway ?? "",
    });
  },
);

/** Why another machine is not served by DNAT with this configuration. */
function notByDnat(facts: Facts): string | null {
  const { by, why } = portService(facts, "outside");
  return by === "DNAT" ? null : why;
}

/** Why a port published by a container of the default bridge is not served at one of these places with this configuration. */
const unservedAt =
  (...vantages: readonly PortVantage[]) =>
  (facts: Facts): string | null =>
    servedElsewhere(facts) ?? notServedAt(facts, vantages, "default bridge");

/** Asks `web` at a host address from one place, and asserts by whom it is served and whom it sees. */
async function mustServeWeb(
  web: Endpoint,
  vantage: PortVantage,
  asker: Endpoint | "host",
  session: Session,
): Promise<void> {
  const { facts } = session;
  const host = await session.host();
  const { everywhere } = publicationsOfWeb(web, facts);
  const address = vantage === "host loopback" ? "127.0.0.1" : lanAddress(facts);
  await mustBeServed(
    http(asker === "host" ? host : asker, address, everywhere.hostPort),
    portService(facts, vantage, "default bridge"),
    {
      server: web.name,
      containerPort: 80,
      client: asker === "host" ? address : asker.address,
      gateway: facts.defaultBridge?.gateway ?? "",
    },
  );
}

onDefaultBridge(
  "NAT-33",
  {
    must: "The host asking a published port at its own LAN address MUST be served by DNAT: the server sees that address, or the bridge's where what the host sends to the bridge is masqueraded",
    from: [
      cite(
        "moby/port_mapping_linux_test.go#TestAccessPublishedPortFromHost",
        "checks whether published ports are accessible from the host",
      ),
      D1("桥接模式下暴露端口"),
    ],
    unless: unservedAt("host address"),
  },
  async ({ web }, session) => await mustServeWeb(web, "host address", "host", session),
);

onDefaultBridge(
  "NAT-34",
  {
    must: "The host asking a published port at 127.0.0.1 MUST be served by docker-proxy, or by DNAT and masquerading with the userland proxy off: the server sees the bridge's address",
    from: [USERLAND_PROXY, D0("3.4.2.2"), D1("桥接模式下暴露端口")],
    unless: (facts) => publishedBeyond(facts) ?? notServedAt(facts, ["host loopback"], "default bridge"),
  },
  async ({ web }, session) => await mustServeWeb(web, "host loopback", "host", session),
);

onDefaultBridge(
  "NAT-35",
  {
    must: "A container asking a port that another container of its network published, at the host's address, MUST be served: by docker-proxy, where the server sees its network's gateway, or by DNAT with the userland proxy off, where it sees the client",
    from: [USERLAND_PROXY, D1("桥接模式下暴露端口")],
    unless: unservedAt("same network"),
  },
  async ({ web, plain }, session) => await mustServeWeb(web, "same network", plain, session),
);

requirement(
  "NAT-35b",
  {
    must: "A container asking a port that a container of another network published, at the host's address, MUST be served, and the server MUST see its own network's gateway and not the client",
    from: [
      cite(
        "docs/release-29#2900",
        "Containers can now access ports published to host addresses by containers in other networks when the userland-proxy is not running",
      ),
      D1("桥接模式下暴露端口"),
    ],
    needs: ["default bridge", "host view"],
    unless: unservedAt("other network"),
    appliesTo: "engines with the userland proxy; from Engine 29.0 on every engine",
  },
  stage(onDefault, async (containers) => ({ ...containers, app: (await onOwn.obtain()).app })),
  async ({ web, app }, session) => await mustServeWeb(web, "other network", app, session),
);

onDefaultBridge(
  "NAT-36",
  {
    must: "A container MUST be able to reach its own published port at the host's address",
    from: [
      cite(
        "moby/port_mapping_linux_test.go#TestAccessPublishedPortFromCtr",
        "checks that a container's published ports can be reached from the container that published the ports, and a neighbouring container on the same network",
      ),
      D0("3.4.2.2"),
      D1("5.4"),
    ],
    unless: unservedAt("own container"),
    appliesTo: 'not with "icc": false and the userland proxy off',
  },
  async ({ web }, session) => await mustServeWeb(web, "own container", web, session),
);

onDefaultBridge(
  "NAT-37",
  {
    must: 'With `"icc": false` and the userland proxy off, a published port MUST NOT be a way round: at the host\'s address no container of the default bridge reaches what another one published, although the host does',
    from: [
      engine("daemon option icc"),
      observed(["20.10", "26.1", "28.5"], "translated, then dropped within the bridge"),
    ],
    unless: (facts) => {
      const { outcome } = portService(facts, "same network", "default bridge");
      return servedElsewhere(facts) ?? (outcome === "timed out" ? null : "published ports are open within the bridge");
    },
    appliesTo: '"icc": false with the userland proxy off',
    cause: "a rule before Docker's accepts what is sent within the bridge, or Docker's DROP between its ports is gone",
  },
  async ({ web, plain }, session) => {
    const { everywhere } = publicationsOfWeb(web, session.facts);
    const own = lanAddress(session.facts);
    await mustNotReach(http(plain, own, everywhere.hostPort), {
      as: "timed out",
      control: http(await session.host(), own, everywhere.hostPort),
    });
  },
);
