import { expect } from "vitest";
import { configuredInTurn, type HostInLab } from "../../helpers/lab/host-in-lab.ts";
import { addressPools, poolSubnets } from "../../helpers/model/address-pools.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { link, links } from "../../helpers/probes/links.ts";
import { bridge, busybox, chapter, cite, D0, engine, requirement } from "../../helpers/requirement/index.ts";
import { during, inside } from "./look.ts";

const BRIDGE_OPTION = cite(
  "man/dockerd#--bridge",
  "Attach containers to a pre-existing network bridge, instead of docker0; use 'none' to disable the default bridge network",
);

/** Where the default bridge lies, and that user-defined networks and host mode lie where they would without the key. */
const host = configuredInTurn("addresses");
const needs = ["lab"] as const;

async function look(inLab: HostInLab) {
  const { shell } = inLab.host;
  return await during(
    inLab,
    "addressed",
    {
      networks: { appnet: bridge({ subnet: "automatic" }) },
      containers: { plain: busybox(), member: busybox({ on: "appnet" }) },
    },
    async ({ containers: { plain, member }, networks: { appnet } }) => {
      const onHost = await links(shell);
      const container = await inside(plain);
      return {
        device: onHost.find(({ name }) => name === "docker0"),
        onDevice: (await addresses(shell, "docker0")).filter(({ family }) => family === 4),
        container,
        /** The device that the container's veth pair is a port of. */
        portOf: onHost.find(({ index }) => index === container.link?.peerIndex)?.master,
        member: await inside(member),
        appnet,
        appnetDevice: await link(shell, appnet.device),
      };
    },
  );
}

const asInstalled = host.under({}, look);

const onAsInstalled = chapter({ given: asInstalled });

onAsInstalled(
  "KEY-01",
  {
    must: "Without `bip` the default bridge MUST take the first of the engine's pools that is free: 172.17.0.0/16, its device the first address",
    from: [
      cite("docs/network#automatic-subnet-allocation", '{ "base": "172.17.0.0/16", "size": 16 }'),
      engine("libnetwork/ipamutils"),
    ],
    needs,
    tags: ["bip:default", "default-address-pools:default"],
  },
  ({ onDevice, appnet }) => {
    expect(
      onDevice.map(({ address, prefix }) => `${address}/${prefix}`),
      "addresses of docker0",
    ).toEqual(["172.17.0.1/16"]);
    expect(appnet.subnet, "subnet of the first user-defined network").toBe("172.18.0.0/16");
  },
);

onAsInstalled(
  "KEY-02",
  {
    must: "Without `mtu` the default bridge's device and its containers MUST have 1500",
    from: [cite("cli/dockerd#daemon", 'Set the MTU for the default "bridge" network (default 1500)')],
    needs,
    tags: ["mtu:default"],
  },
  ({ device, container }) => {
    expect([device?.mtu, container.link?.mtu], "MTU of docker0 and of a container's eth0").toEqual([1500, 1500]);
  },
);

/** A way out of the host that goes with the next boot: before the host's own default route, which stays. */
const uplinkOf = (mtu: number) => [
  `ip link add up0 mtu ${mtu} type veth peer name up1 mtu ${mtu}`,
  "ip addr add 198.51.100.1/24 dev up0",
  "ip link set up0 up",
  "ip link set up1 up",
  "ip route prepend default via 198.51.100.2 dev up0",
];

const behind = (mtu: number) =>
  host.under(
    {},
    async (inLab) => ({
      ...(await look(inLab)),
      uplink: await link(inLab.host.shell, "up0"),
      wayOut: await inLab.host.must("ip -o route get 192.0.2.1"),
    }),
    uplinkOf(mtu),
  );

const narrow = behind(1400);
const wide = behind(9000);

requirement(
  "KEY-173",
  {
    must: "Without `mtu` the default bridge's device and its containers MUST have 1500 whatever the MTU of the host's uplink",
    from: [D0("3.1"), D0("3.4.2.1"), engine("dockerd: mtu")],
    needs,
    tags: ["mtu:default"],
  },
  narrow,
  async (behindNarrow) => {
    const mtus = [behindNarrow, await wide.obtain()].map(({ wayOut, uplink, device, container }) => {
      if (!/ dev up0 /.test(wayOut)) throw new ProbeFailed(`the host's way out is another one: ${wayOut.trim()}`);
      return [uplink?.mtu, device?.mtu, container.link?.mtu];
    });
    expect(mtus, "MTU of the uplink, of docker0 and of a container's eth0").toEqual([
      [1400, 1500, 1500],
      [9000, 1500, 1500],
    ]);
  },
);

onAsInstalled(
  "KEY-03",
  {
    must: "Without `default-gateway` the default route of containers on the default bridge MUST go to the device's address",
    from: [engine("dockerd: default-gateway")],
    needs,
    tags: ["default-gateway:default"],
  },
  ({ onDevice, container }) => {
    expect(container.gateway, "default route of a container").toBe(onDevice[0]?.address);
  },
);

onAsInstalled(
  "KEY-04",
  {
    must: "Without `fixed-cidr` the first container MUST get the first address behind the device's",
    from: [engine("dockerd: fixed-cidr")],
    needs,
    tags: ["fixed-cidr:default"],
  },
  ({ container }) => {
    expect(container.ipv4?.address, "address of the first container").toBe("172.17.0.2");
  },
);

onAsInstalled(
  "KEY-05",
  {
    must: "Without `bridge` containers on the default bridge MUST be plugged into docker0, which dockerd makes",
    from: [
      cite("cli/dockerd#run-multiple-daemons", "The -b, --bridge= flag is set to docker0 as default bridge network."),
    ],
    needs,
    tags: ["bridge:default"],
  },
  ({ portOf }) => {
    expect(portOf, "the device whose port the container's veth pair is").toBe("docker0");
  },
);

/** Keys that don't meet: an address, a gateway behind it, an MTU. */
const moved = host.under({ bip: "10.154.60.1/24", "default-gateway": "10.154.60.9", mtu: 1420 }, look);

const onMoved = chapter({ given: moved });

onMoved(
  "KEY-06",
  {
    must: "`bip` MUST leave user-defined networks where they are: they take the engine's pools, beginning with the network that docker0 did not need",
    from: [cite("man/dockerd#--bip", "Use the provided CIDR notation IPv4 address for the default bridge network")],
    needs,
    tags: ["bip:scope"],
  },
  ({ onDevice, member, appnet }, { facts }) => {
    expect(onDevice[0]?.address, "address of docker0: whether the key is in force").toBe("10.154.60.1");
    const [first] = poolSubnets(addressPools({ ...facts, configuration: {} }));
    expect(appnet.subnet, "subnet of a user-defined network").toBe(first?.toString());
    expect(cidr(appnet.subnet).contains(member.ipv4?.address ?? ""), "whether its container's address is of it").toBe(
      true,
    );
  },
);

onMoved(
  "KEY-07",
  {
    must: "`mtu` MUST NOT change user-defined networks: their devices and containers keep 1500",
    from: [engine("dockerd: mtu"), engine("moby#34981")],
    needs,
    tags: ["mtu:scope"],
  },
  ({ container, member, appnetDevice }) => {
    expect(container.link?.mtu, "MTU of eth0 on the default bridge: whether the key is in force").toBe(1420);
    expect([appnetDevice?.mtu, member.link?.mtu], "MTU of a user-defined network's device and container").toEqual([
      1500, 1500,
    ]);
  },
);

onMoved(
  "KEY-08",
  {
    must: "`default-gateway` MUST NOT change user-defined networks: their containers' default route goes to the network's own gateway",
    from: [cite("man/dockerd#--default-gateway", "IPv4 default gateway for the default bridge network")],
    needs,
    tags: ["default-gateway:scope"],
  },
  ({ container, member, appnet }) => {
    expect(container.gateway, "default route on the default bridge: whether the key is in force").toBe("10.154.60.9");
    expect(member.gateway, "default route on a user-defined network").toBe(appnet.gateway);
  },
);

const ranged = host.under({ bip: "10.154.61.1/24", "fixed-cidr": "10.154.61.64/26" }, look);

requirement(
  "KEY-09",
  {
    must: "`fixed-cidr` MUST narrow the addresses that are given, not the network: containers have the whole subnet's prefix and the device's address as gateway",
    from: [cite("man/dockerd#--fixed-cidr", "this subnet must be nested in the bridge subnet")],
    needs,
    tags: ["fixed-cidr:effect"],
  },
  ranged,
  ({ container }) => {
    const { address = "", prefix } = container.ipv4 ?? {};
    expect(cidr("10.154.61.64/26").contains(address), `whether ${address} is of the range`).toBe(true);
    expect([prefix, container.gateway], "prefix and gateway of a container").toEqual([24, "10.154.61.1"]);
  },
);

requirement(
  "KEY-10",
  {
    must: "`fixed-cidr` MUST NOT narrow user-defined networks",
    from: [cite("man/dockerd#--fixed-cidr", "IPv4 subnet for the default bridge network (e.g., 10.20.0.0/16)")],
    needs,
    tags: ["fixed-cidr:scope"],
  },
  ranged,
  ({ member, appnet }) => {
    expect(member.ipv4?.address, "address of the first container").toBe(cidr(appnet.subnet).host(2));
  },
);

requirement(
  "KEY-11",
  {
    must: "`fixed-cidr` alone MUST let dockerd start, and containers on the default bridge MUST get addresses of it",
    from: [engine("dockerd: fixed-cidr"), engine("moby#45356")],
    needs,
    since: "fixed-cidr-alone",
    tags: ["fixed-cidr:effect"],
  },
  host.under({ "fixed-cidr": "10.155.16.0/24" }, look),
  ({ container, onDevice }) => {
    const address = container.ipv4?.address ?? "";
    expect(cidr("10.155.16.0/24").contains(address), `whether ${address} is of the range`).toBe(true);
    expect(container.gateway, "default route of a container").toBe(onDevice[0]?.address);
  },
);

/** A bridge of the operator's own, with an address. */
const OWN = ["ip link add br-own type bridge", "ip addr add 10.156.4.1/22 dev br-own", "ip link set br-own up"];
const own = host.under({ bridge: "br-own" }, look, OWN);

requirement(
  "KEY-12",
  {
    must: "`bridge` MUST plug containers into that bridge and take subnet and gateway from its address, without making docker0",
    from: [BRIDGE_OPTION],
    needs,
    tags: ["bridge:effect"],
  },
  own,
  ({ device, portOf, container }) => {
    expect(device, "docker0").toBeUndefined();
    expect(portOf, "the device whose port the container's veth pair is").toBe("br-own");
    expect(container.gateway, "default route of a container").toBe("10.156.4.1");
    const { address = "", prefix } = container.ipv4 ?? {};
    expect(cidr("10.156.4.0/22").contains(address), `whether ${address} is of the bridge's subnet`).toBe(true);
    expect(prefix, "prefix of a container's address").toBe(22);
  },
);

requirement(
  "KEY-13",
  {
    must: "`bridge` MUST NOT change user-defined networks: each has a bridge device of its own",
    from: [engine("dockerd: bridge")],
    needs,
    tags: ["bridge:scope"],
  },
  own,
  ({ appnet, appnetDevice, member }) => {
    expect(appnetDevice?.bridge, `${appnet.device} as a bridge`).not.toBeNull();
    expect(cidr(appnet.subnet).contains(member.ipv4?.address ?? ""), "whether the address is of the network").toBe(
      true,
    );
    expect(cidr("10.156.4.0/22").overlaps(cidr(appnet.subnet)), "whether the networks overlap").toBe(false);
  },
);

/** No default bridge at all. */
const none = host.under({ bridge: "none" }, async (inLab) => {
  const { shell, docker } = inLab.host;
  return await during(
    inLab,
    "bridgeless",
    {
      networks: { appnet: bridge({ subnet: "automatic" }) },
      containers: { plain: busybox(), member: busybox({ on: "appnet" }), hostMode: busybox<"appnet">({ on: "host" }) },
    },
    async ({ containers: { plain, member, hostMode }, networks }) => ({
      device: await link(shell, "docker0"),
      networks: (await docker.listNetworks()).map(({ Name }) => Name),
      plain: (await links(plain)).map(({ name }) => name),
      member: await inside(member),
      appnet: networks.appnet,
      hostMode: (await links(hostMode)).map(({ name }) => name),
      onHost: (await links(shell)).map(({ name }) => name),
    }),
  );
});

requirement(
  "KEY-14",
  {
    must: '`"bridge": "none"` MUST leave no default bridge: no docker0, no network `bridge`, and a container without a network option has its loopback alone',
    from: [BRIDGE_OPTION],
    needs,
    tags: ["bridge:effect"],
  },
  none,
  ({ device, networks, plain }) => {
    expect(device, "docker0").toBeNull();
    expect(networks, "networks of the engine").not.toContain("bridge");
    expect(plain, "interfaces of a container").toEqual(["lo"]);
  },
);

requirement(
  "KEY-15",
  {
    must: '`"bridge": "none"` MUST leave user-defined networks and host mode working',
    from: [engine("dockerd: bridge")],
    needs,
    tags: ["bridge:scope"],
  },
  none,
  ({ member, appnet, hostMode, onHost }) => {
    expect(member.gateway, "default route on a user-defined network").toBe(appnet.gateway);
    expect(hostMode, "interfaces in host mode").toEqual(onHost);
  },
);
