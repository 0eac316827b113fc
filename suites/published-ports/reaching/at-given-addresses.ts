import { guardsLoopback } from "../../../helpers/expectations/firewall.ts";
import {
  notServedAt,
  type PortVantage,
  publishedBeyond,
  servedElsewhere,
} from "../../../helpers/expectations/port-service.ts";
import type { Facts } from "../../../helpers/model/facts.ts";
import type { ReportedTable } from "../../../helpers/model/results.ts";
import { http } from "../../../helpers/probes/reach.ts";
import { mustHold } from "../../../helpers/requirement/firewall-rule.ts";
import {
  cite,
  D0,
  D1,
  engine,
  mustNotReach,
  requirement,
  type Session,
  stage,
} from "../../../helpers/requirement/index.ts";
import { lanAddress } from "../../../helpers/requirement/lan-address.ts";
import { mustAnswer } from "../../../helpers/requirement/served.ts";
import { listRules } from "../../../helpers/snapshot/firewall/rule-list.ts";
import type { Endpoint } from "../../../helpers/topology/endpoint.ts";
import {
  ask,
  cells,
  closed,
  containerPort,
  FROM_ITS_OWN_NETWORK,
  FROM_OTHER_NETWORKS,
  type Grid,
  gatewayOf,
  LOOPBACK_ONLY,
  mustServe,
  noWayToOwnAddress,
  onPorts,
  ports,
  servedTable,
  tellsOpenFromClosed,
  USER,
  uplink,
} from "./site.ts";

const THAT_ADDRESS = cite(
  "docs/bridge#default-host-binding-address",
  "When the default binding address is an address assigned to a specific interface, the container's port will only be accessible via that address.",
);

/** Both together: every way of publishing, asked from every place on one host. */
const grid = stage(ports, async (asked) => ({ ...asked, ...(await uplink.obtain()), networks: asked.networks }));

onPorts(
  "PORT-39",
  {
    must: "A port published on 127.0.0.1, TCP or UDP, MUST be served to the host at 127.0.0.1 and MUST NOT be served at the host's own address, neither to the host nor to any container",
    from: [LOOPBACK_ONLY, D1("暴露随机端口")],
  },
  async ({ web, local, neighbour, stranger, networks }, session) => {
    const grids = await Promise.all(
      (["tcp", "udp"] as const).map(async (protocol) => {
        const parts: Grid = {
          ...USER,
          server: local,
          gateway: gatewayOf(networks.front),
          neighbour,
          stranger,
          protocol,
        };
        const all = await cells(parts, session);
        return { parts, protocol, all };
      }),
    );
    // First what must be served: without it the controls of the rest would only say that nothing is.
    await Promise.all(
      grids.map(async ({ parts, all }) => {
        await mustServe(
          parts,
          all.filter(({ asked }) => asked === "127.0.0.1"),
          session,
        );
      }),
    );
    await Promise.all(
      grids.flatMap(({ protocol, all }) => {
        const port = local.hostPortOf(`${containerPort(protocol)}/${protocol}`);
        const beside = web.hostPortOf(`${containerPort(protocol)}/${protocol}`);
        return (
          all
            .filter(({ asked }) => asked !== "127.0.0.1")
            .filter(({ vantage }) => vantage === "host address" || tellsOpenFromClosed(session.facts))
            // Where not even a port published on every address is served, this one says nothing by being shut.
            .filter(({ vantage }) => notServedAt(session.facts, [vantage]) === null)
            .map(({ from, asked }) =>
              mustNotReach(ask(protocol, from, asked, port), {
                as: closed(protocol),
                control: ask(protocol, from, asked, beside),
                cause: "the port is published on more than 127.0.0.1, or something else listens on it",
              }),
            )
        );
      }),
    );
  },
);

/** Asserts that a port of `lan`, published on one address of the host, is served at that address to these askers. */
async function mustServeLan(
  { lan, stranger }: { readonly lan: Endpoint; readonly stranger: Endpoint },
  vantage: PortVantage,
  session: Session,
): Promise<ReportedTable> {
  const gateway = session.facts.defaultBridge?.gateway ?? "";
  const served = await Promise.all(
    (["tcp", "udp"] as const).map(async (protocol) => {
      const parts: Grid = { on: "default bridge", server: lan, gateway, stranger, protocol };
      const asked = (await cells(parts, session)).filter((cell) => cell.vantage === vantage);
      return await mustServe(parts, asked, session);
    }),
  );
  return servedTable(served.flat());
}

/** Why what a container of the default bridge published is not served there with this configuration. */
const lanUnservedAt =
  (vantage: PortVantage) =>
  (facts: Facts): string | null =>
    servedElsewhere(facts) ?? notServedAt(facts, [vantage], "default bridge");

requirement(
  "PORT-40",
  {
    must: "A port published on one address of the host, TCP or UDP, MUST be served at that address to the host, and MUST NOT be served at 127.0.0.1",
    from: [THAT_ADDRESS, D0("3.4.2.2"), D1("暴露随机端口"), D1("5.4")],
    needs: ["default bridge", "host view"],
    unless: lanUnservedAt("host address"),
  },
  grid,
  async ({ lan, web, stranger }, session) => {
    // First what must be served: where that fails, the denial's own control fails too and would only say so.
    const served = await mustServeLan({ lan, stranger }, "host address", session);
    const host = await session.host();
    await Promise.all(
      (["tcp", "udp"] as const).map((protocol) => {
        const port = `${containerPort(protocol)}/${protocol}` as const;
        return mustNotReach(ask(protocol, host, "127.0.0.1", lan.hostPortOf(port)), {
          as: closed(protocol),
          control: ask(protocol, host, "127.0.0.1", web.hostPortOf(port)),
          cause: "the port is published on every address",
        });
      }),
    );
    return served;
  },
);

for (const [id, vantage, who, appliesTo, written] of [
  [
    "PORT-40b",
    "own container",
    "the container itself",
    'not with "icc": false and the userland proxy off',
    FROM_ITS_OWN_NETWORK,
  ],
  [
    "PORT-40c",
    "other network",
    "containers of other networks",
    "engines with the userland proxy; from Engine 29.0 on every engine",
    FROM_OTHER_NETWORKS,
  ],
] as const) {
  requirement(
    id,
    {
      must: `A port published on one address of the host, TCP or UDP, MUST be served at that address to ${who}`,
      from: [written, D0("3.4.2.2"), D1("暴露随机端口"), D1("5.4")],
      needs: ["default bridge", "host view"],
      unless: lanUnservedAt(vantage),
      appliesTo,
    },
    grid,
    async (askers, session) => await mustServeLan(askers, vantage, session),
  );
}

onPorts(
  "PORT-19",
  {
    must: "A port published on 127.0.0.1 MUST be reachable from the host itself",
    from: [LOOPBACK_ONLY, D1("暴露随机端口")],
  },
  async ({ local }, session) => {
    await mustAnswer(http(await session.host(), "127.0.0.1", local.hostPortOf("80/tcp")), local.name);
  },
);

requirement(
  "PORT-20",
  {
    must: "A port published on 127.0.0.1 MUST NOT be reachable at the host's own address for anybody who is not the host",
    from: [LOOPBACK_ONLY, D1("暴露随机端口")],
    unless: (facts) => noWayToOwnAddress(facts),
  },
  ports,
  async ({ web, local, stranger }, session) => {
    const own = lanAddress(session.facts);
    await mustNotReach(http(stranger, own, local.hostPortOf("80/tcp")), {
      as: "refused",
      control: http(stranger, own, web.hostPortOf("80/tcp")),
      cause: "the port is published on more than 127.0.0.1, or something else listens on it",
    });
  },
);

onPorts(
  "PORT-20b",
  {
    must: "A port published on 127.0.0.1 MUST be guarded against neighbours that route 127.0.0.1 to this host by a DROP of whatever does not come from lo",
    from: [
      cite(
        "docs/release-28#2800",
        "Fix a security issue that was allowing neighbor hosts to connect to ports mapped on a loopback address.",
      ),
      engine("moby#45610"),
    ],
    since: "loopback-publication-guarded",
    needs: ["host iptables"],
    unless: ({ configuration }) =>
      configuration.iptables === false ? "dockerd makes no rules (iptables: false)" : null,
    cause: "the raw table was flushed, or a firewall was reloaded, after the container had started: restart dockerd",
  },
  async ({ local }, session) => {
    const rules = (await listRules(await session.host())).rules;
    for (const [port, protocol] of [
      ["80/tcp", "tcp"],
      ["53/udp", "udp"],
    ] as const) {
      mustHold(
        `the guard of 127.0.0.1, ${protocol}`,
        guardsLoopback(rules, { hostIp: "127.0.0.1", hostPort: local.hostPortOf(port), protocol }),
      );
    }
  },
);

requirement(
  "PORT-21",
  {
    must: "A port published on one address of the host MUST NOT be reachable on another address of the host",
    from: [THAT_ADDRESS, D0("3.4.2.2"), D1("暴露随机端口")],
    needs: ["default bridge", "host view"],
    unless: publishedBeyond,
    cause: "the port is published on every address, or something else listens on it",
  },
  grid,
  async ({ lan, web, local, networks }, session) => {
    const host = await session.host();
    const own = lanAddress(session.facts);
    const elsewhere = (address: string, server: Endpoint) =>
      mustNotReach(http(host, address, server.hostPortOf("80/tcp")), {
        as: "refused",
        control: http(host, address, web.hostPortOf("80/tcp")),
      });
    await Promise.all([
      elsewhere("127.0.0.1", lan),
      elsewhere(gatewayOf(networks.front), lan),
      elsewhere(own, local),
      elsewhere(gatewayOf(networks.front), local),
    ]);
  },
);
