import { notServedAt, portService, publishedBeyond } from "../../../helpers/expectations/port-service.ts";
import { cite, D0, D1, mustNotReach, observed, requirement } from "../../../helpers/requirement/index.ts";
import { lanAddress } from "../../../helpers/requirement/lan-address.ts";
import {
  ask,
  cells,
  containerPort,
  FROM_ITS_OWN_NETWORK,
  FROM_OTHER_NETWORKS,
  type Grid,
  gatewayOf,
  mustServe,
  onPorts,
  ports,
  servedTable,
  USER,
} from "./site.ts";

/** Where a port that is published on every address is asked for, and which configurations leave these places open. */
const PLACES = {
  host: {
    places: "to the host, at its loopback and at its own address",
    vantages: ["host loopback", "host address"],
    appliesTo: "every engine that is not rootless",
  },
  network: {
    places: "to its own container and to others of its network, at the host's own address",
    vantages: ["own container", "same network"],
    appliesTo: "not where inter-container communication and the userland proxy are off",
  },
  others: {
    places: "to containers of other networks, at the host's own address",
    vantages: ["other network"],
    appliesTo: "engines with the userland proxy; from Engine 29.0 on every engine",
  },
} as const;

const FROM_ANYWHERE = cite(
  "docs/port-publishing#publishing-ports",
  "when you publish a container's ports it becomes available not only to the Docker host, but to the outside world as well",
);

for (const [id, protocol, { places, vantages, appliesTo }, written] of [
  ["PORT-37", "tcp", PLACES.host, FROM_ANYWHERE],
  ["PORT-37b", "tcp", PLACES.network, FROM_ITS_OWN_NETWORK],
  ["PORT-37c", "tcp", PLACES.others, FROM_OTHER_NETWORKS],
  ["PORT-38", "udp", PLACES.host, FROM_ANYWHERE],
  ["PORT-38b", "udp", PLACES.network, FROM_ITS_OWN_NETWORK],
  ["PORT-38c", "udp", PLACES.others, FROM_OTHER_NETWORKS],
] as const) {
  requirement(
    id,
    {
      must: `A ${protocol.toUpperCase()} port published on every address MUST be served ${places}, and the server MUST see the peer that DNAT or docker-proxy leaves it`,
      from: [written, D0("3.4.2.2"), D1("桥接模式下暴露端口")],
      needs: ["host view"],
      unless: (facts) => notServedAt(facts, vantages),
      appliesTo,
    },
    ports,
    async ({ web, neighbour, stranger, networks }, session) => {
      const gateway = gatewayOf(networks.front);
      const parts: Grid = { ...USER, server: web, gateway, neighbour, stranger, protocol };
      const asked = (await cells(parts, session)).filter(({ vantage }) => vantages.some((one) => one === vantage));
      return servedTable(await mustServe(parts, asked, session));
    },
  );
}

onPorts(
  "PORT-49",
  {
    must: "With the userland proxy off, a published port MUST NOT open a way between networks before Engine 29.0: at the host's own address no container of another network reaches it, TCP or UDP, although the host does",
    from: [
      cite(
        "docs/release-29#2900",
        "Containers can now access ports published to host addresses by containers in other networks when the userland-proxy is not running",
      ),
      observed(["20.10", "26.1", "28.5"], "the state before Engine 29.0"),
    ],
    until: "proxyless-hairpin-between-networks",
    unless: (facts) =>
      portService(facts, "other network").outcome === "timed out"
        ? null
        : (publishedBeyond(facts) ?? "published ports are served to containers of other networks"),
    appliesTo: '"userland-proxy": false',
    cause:
      "a rule before Docker's accepts what is sent between bridges (in DOCKER-USER?), or the isolation chains are empty",
  },
  async ({ web, stranger }, session) => {
    const [host, own] = [await session.host(), lanAddress(session.facts)];
    await Promise.all(
      (["tcp", "udp"] as const).map((protocol) => {
        const port = web.hostPortOf(`${containerPort(protocol)}/${protocol}`);
        return mustNotReach(ask(protocol, stranger, own, port), {
          as: "timed out",
          control: ask(protocol, host, own, port),
        });
      }),
    );
  },
);
