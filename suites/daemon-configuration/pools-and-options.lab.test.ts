import { expect } from "vitest";
import { askForInfo, askForNetwork } from "../../helpers/engine/answers.ts";
import { configuredInTurn, type HostInLab } from "../../helpers/lab/host-in-lab.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { link } from "../../helpers/probes/links.ts";
import { bridge, busybox, cite, engine, requirement } from "../../helpers/requirement/index.ts";
import { refusalOf } from "../../helpers/requirement/refusal.ts";
import { inspectNetwork } from "../../helpers/topology/network-record.ts";
import { during, inside } from "./look.ts";

const POOLS_SELECT = cite(
  "docs/network#automatic-subnet-allocation",
  'Docker automatically selects a subnet from predefined "default address pools".',
);

/** What new networks are made of. */
const host = configuredInTurn("pools");
const needs = ["lab"] as const;
const MTU = "com.docker.network.driver.mtu";

/** Subnets of networks that are made one after the other, in their order. */
async function madeInTurn({ host: { docker } }: HostInLab, names: readonly string[]): Promise<(string | undefined)[]> {
  const subnets: (string | undefined)[] = [];
  for (const name of names) {
    await docker.createNetwork({ Name: name, Driver: "bridge" });
    subnets.push((await inspectNetwork(docker, name)).IPAM.Config?.[0]?.Subnet);
  }
  for (const name of names) await docker.getNetwork(name).remove();
  return subnets;
}

async function look(inLab: HostInLab) {
  const { shell, docker } = inLab.host;
  const subnets = await madeInTurn(inLab, ["one", "two", "three"]);
  return await during(
    inLab,
    "pooled",
    {
      networks: {
        appnet: bridge({ subnet: "automatic" }),
        chosen: bridge({ subnet: "automatic", options: { [MTU]: "1300" } }),
      },
      containers: {
        plain: busybox<"appnet" | "chosen">(),
        member: busybox<"appnet" | "chosen">({ on: "appnet" }),
        other: busybox<"appnet" | "chosen">({ on: "chosen" }),
      },
    },
    async ({ containers: { plain, member, other }, networks: { appnet, chosen } }) => ({
      device: await link(shell, "docker0"),
      onDevice: (await addresses(shell, "docker0"))
        .filter(({ family }) => family === 4)
        .map(({ address, prefix }) => `${address}/${prefix}`),
      plain: await inside(plain),
      member: await inside(member),
      memberDevice: await link(shell, appnet.device),
      other: await inside(other),
      subnets,
      options: await Promise.all(
        [appnet, chosen].map(async ({ id }) => (await inspectNetwork(docker, id)).Options ?? {}),
      ),
      pools: (await askForInfo(docker)).DefaultAddressPools,
    }),
  );
}

const POOLS = [
  { base: "10.207.0.0/23", size: 24 },
  { base: "10.208.0.0/16", size: 26 },
];
const pooled = host.under({ "default-address-pools": POOLS }, look);

requirement(
  "KEY-80",
  {
    must: "`default-address-pools` MUST give docker0 its subnet and then each new network, in order, one of the size that the pool says",
    from: [POOLS_SELECT],
    needs,
    tags: ["default-address-pools:effect", "default-address-pools:scope"],
  },
  pooled,
  ({ onDevice, subnets, plain, member }) => {
    expect(onDevice, "addresses of docker0").toEqual(["10.207.0.1/24"]);
    expect(subnets, "subnets of three new networks, one after the other").toEqual([
      "10.207.1.0/24",
      "10.208.0.0/26",
      "10.208.0.64/26",
    ]);
    expect([plain.ipv4?.prefix, [24, 26].includes(member.ipv4?.prefix ?? 0)], "prefixes of containers").toEqual([
      24,
      true,
    ]);
  },
);

requirement(
  "KEY-81",
  {
    must: "`docker info` MUST tell the pools that are in force",
    from: [
      cite(
        "api/changes#v1.41",
        "GET /info now returns a DefaultAddressPools field, containing a list of custom default address pools for local networks",
      ),
      engine("moby#40714"),
    ],
    needs,
    tags: ["default-address-pools:effect"],
  },
  pooled,
  ({ pools }) => {
    // Since 27.0 a pool for IPv6 stands beside those of the file.
    expect(
      pools?.filter(({ Base }) => !Base.includes(":")),
      "Default Address Pools",
    ).toEqual(POOLS.map(({ base, size }) => ({ Base: base, Size: size })));
  },
);

requirement(
  "KEY-82",
  {
    must: "`bip` MUST win over `default-address-pools` for docker0, the pools' first network going to the first user-defined network",
    from: [
      cite(
        "moby/service_test.go#TestDaemonWithBipAndDefaultNetworkPool",
        "Make sure BIP IP doesn't get override with new default address pool",
      ),
    ],
    needs,
    tags: ["bip:effect", "default-address-pools:scope"],
  },
  host.under({ bip: "10.154.62.1/24", "default-address-pools": POOLS }, look),
  ({ onDevice, subnets }) => {
    expect(onDevice, "addresses of docker0").toEqual(["10.154.62.1/24"]);
    expect(subnets, "subnets of three new networks, one after the other").toEqual([
      "10.207.0.0/24",
      "10.207.1.0/24",
      "10.208.0.0/26",
    ]);
  },
);

requirement(
  "KEY-83",
  {
    must: "When the pools are used up, a new network MUST be refused with words that say so, and be made once another one is gone",
    from: [engine("dockerd: default-address-pools"), engine("moby#46862")],
    needs,
    tags: ["default-address-pools:effect"],
  },
  host.under(
    { "default-address-pools": [{ base: "10.209.0.0/23", size: 24 }] },
    async ({ host: { docker } }: HostInLab) => {
      const first = await docker.createNetwork({ Name: "first" });
      const refusal = await refusalOf(() => docker.createNetwork({ Name: "second" }));
      if (refusal === null) await docker.getNetwork("second").remove();
      await first.remove();
      const again = await docker.createNetwork({ Name: "second" });
      const { IPAM } = await askForNetwork(docker, again.id);
      await again.remove();
      return { refusal: refusal?.message ?? "it was made", subnet: IPAM.Config?.[0]?.Subnet };
    },
  ),
  ({ refusal, subnet }) => {
    expect(refusal, "the engine's words").toMatch(
      /could not find an available.*address pool|all predefined address pools have been fully subnetted/i,
    );
    expect(subnet, "subnet of the network that was made instead").toBe("10.209.1.0/24");
  },
);

const optioned = host.under({ "default-network-opts": { bridge: { [MTU]: "1350" } } }, look);

requirement(
  "KEY-84",
  {
    must: "`default-network-opts` MUST be in force on new networks that don't say otherwise, and give way to a network's own option",
    from: [
      cite(
        "cli/dockerd#default-network-options",
        "After changing the configuration and restarting the daemon, new networks that you create use these option configurations as defaults.",
      ),
    ],
    needs,
    since: "default-network-options",
    tags: ["default-network-opts:effect"],
  },
  optioned,
  ({ member, memberDevice, other }) => {
    expect([memberDevice?.mtu, member.link?.mtu], "MTU of a new network's device and container").toEqual([1350, 1350]);
    expect(other.link?.mtu, "MTU on the network that was made with 1300").toBe(1300);
  },
);

requirement(
  "KEY-85",
  {
    must: "`default-network-opts` MUST NOT change the default bridge",
    from: [
      cite(
        "docs/port-publishing#setting-the-default-bind-address-for-containers",
        "to set the default binding address for containers in all user-defined bridge networks, use daemon configuration option default-network-opts",
      ),
    ],
    needs,
    since: "default-network-options",
    tags: ["default-network-opts:scope"],
  },
  optioned,
  ({ device, plain }) => {
    expect([device?.mtu, plain.link?.mtu], "MTU of docker0 and of its container").toEqual([1500, 1500]);
  },
);

requirement(
  "KEY-86",
  {
    must: "Without `default-network-opts` new networks MUST have only the options that they are made with, MTU 1500 else, and the pools' subnets in order",
    from: [POOLS_SELECT],
    needs,
    tags: ["default-network-opts:default"],
  },
  host.under({}, look),
  ({ member, memberDevice, other, subnets, options }) => {
    expect(options, "options of two new networks, one made with an MTU").toEqual([{}, { [MTU]: "1300" }]);
    expect([memberDevice?.mtu, member.link?.mtu, other.link?.mtu], "MTUs of two new networks").toEqual([
      1500, 1500, 1300,
    ]);
    expect(subnets, "subnets of three new networks, one after the other").toEqual([
      "172.18.0.0/16",
      "172.19.0.0/16",
      "172.20.0.0/16",
    ]);
  },
);
