import { expect } from "vitest";
import { labelsOf, nameOf } from "../../../helpers/engine/run-identity.ts";
import { removeNetwork } from "../../../helpers/engine/sweep.ts";
import { defaultRoute } from "../../../helpers/probes/routes.ts";
import { chapter, cite, D1, requirement, stage, theEngine } from "../../../helpers/requirement/index.ts";
import { inFreeSubnet } from "../../../helpers/topology/free-subnet.ts";
import { inspectNetwork } from "../../../helpers/topology/network-record.ts";
import { bare, byName, inspected, predefined } from "./site.ts";

/** The networks that nobody has given the setting in question. */
const undemanding = stage(bare, async ({ record }, { docker, facts }) => [
  record,
  ...(await predefined.obtain()),
  ...(facts.defaultBridge === null ? [] : [await inspectNetwork(docker, "bridge")]),
]);

/** A configuration alone, and a network that was made from it and asks for what networks seldom ask for. */
const demanding = stage(theEngine, async (_, { docker, runId, subnets }) => {
  const [pattern, asking] = [nameOf(runId, "inspect-pattern"), nameOf(runId, "inspect-asking")];
  return await inFreeSubnet(subnets, 24, async (subnet) => {
    try {
      await docker.createNetwork({
        Name: pattern,
        ConfigOnly: true,
        // Those of the network that is made from it, too: it may have none of its own.
        Labels: labelsOf(runId),
        IPAM: { Driver: "default", Config: [{ Subnet: subnet }] },
      });
      await docker.createNetwork({
        Name: asking,
        Driver: "bridge",
        ConfigFrom: { Network: pattern },
        Internal: true,
        Attachable: true,
      });
      return { pattern: await inspectNetwork(docker, pattern), asking: await inspectNetwork(docker, asking) };
    } finally {
      await removeNetwork(docker, asking);
      await removeNetwork(docker, pattern);
    }
  });
});

const onUndemanding = chapter({ given: undemanding });

onUndemanding(
  "INSPECT-12",
  {
    must: "A network MUST have `Internal` false in `network inspect` unless it was asked for, and a bridge network then give its containers a default route",
    from: [
      cite("api#Network", "Whether the network is created to only allow internal networking connectivity."),
      D1("默认网桥"),
      D1("新建网桥"),
    ],
  },
  async (networks) => {
    const { member } = await inspected.obtain();
    const { asking } = await demanding.obtain();
    const route = await defaultRoute(member);
    expect(
      byName(networks, ({ Internal }) => Internal),
      "Internal by network",
    ).toEqual(byName(networks, () => false));
    expect(asking.Internal, "Internal of a network that was made so").toBe(true);
    expect(route?.gateway, "gateway of a container on a network that is not internal").toBe(
      member.settingsOn("app").Gateway,
    );
  },
);

for (const [id, field, asked, said] of [
  [
    "INSPECT-13",
    "Attachable",
    "asking",
    "Whether a global / swarm scope network is manually attachable by regular containers from workers in swarm mode.",
  ],
  [
    "INSPECT-16",
    "ConfigOnly",
    "pattern",
    "Config-only networks are placeholder networks for network configurations to be used by other networks.",
  ],
] as const) {
  requirement(
    id,
    {
      must: `A network MUST have \`${field}\` false in \`network inspect\` unless it was asked for`,
      from: [cite("api#Network", said), D1("默认网桥"), D1("新建网桥")],
    },
    undemanding,
    async (networks) => {
      const { [asked]: one } = await demanding.obtain();
      expect(
        byName(networks, (network) => network[field]),
        `${field} by network`,
      ).toEqual(byName(networks, () => false));
      expect(one[field], `${field} of a network that was made so`).toBe(true);
    },
  );
}

onUndemanding(
  "INSPECT-14",
  {
    must: "A network of one host MUST have `Ingress` false in `network inspect`: only a swarm has one",
    from: [
      cite("api#Network", "Whether the network is providing the routing-mesh for the swarm cluster."),
      D1("默认网桥"),
      D1("新建网桥"),
    ],
  },
  (networks) => {
    expect(
      byName(networks, ({ Ingress }) => Ingress),
      "Ingress by network",
    ).toEqual(byName(networks, () => false));
  },
);

onUndemanding(
  "INSPECT-15",
  {
    must: "A network MUST have an empty `ConfigFrom.Network` in `network inspect` unless it was made from another one's configuration, and name that one then",
    from: [
      cite("api#ConfigReference", "The config-only network source to provide the configuration for this network."),
      D1("默认网桥"),
      D1("新建网桥"),
    ],
  },
  async (networks) => {
    const { asking, pattern } = await demanding.obtain();
    expect(
      byName(networks, ({ ConfigFrom }) => ConfigFrom.Network),
      "ConfigFrom.Network by network",
    ).toEqual(byName(networks, () => ""));
    expect(asking.ConfigFrom.Network, "ConfigFrom.Network of a network that was made from another's").toBe(
      pattern.Name,
    );
  },
);
