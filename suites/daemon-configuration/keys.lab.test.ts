import { expect } from "vitest";
import { hostInLab } from "../../helpers/lab/host-in-lab.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import { macFromAddress } from "../../helpers/model/mac.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { chapter, cite, D0, requirement, stage } from "../../helpers/requirement/index.ts";
import { lookAtDefaultBridge as look } from "./look.ts";

const BIP = cite("man/dockerd#--bip", "Use the provided CIDR notation IPv4 address for the default bridge network");
const MTU_1500 = cite("cli/dockerd#daemon", 'Set the MTU for the default "bridge" network (default 1500)');

const SECTION = [D0("3.3.2")];
const needs = ["lab"] as const;

/** The tutorial's file, without its comments: an address of its own for docker0, resolvers, an MTU, and a key beside. */
const TUTORIAL = {
  bip: "10.154.50.1/24",
  dns: ["114.114.114.114", "192.168.1.99"],
  mtu: 1400,
  "registry-mirrors": ["https://mirror.invalid"],
};

const tutorial = stage(hostInLab("tutorial", { daemonJson: TUTORIAL }), async (inLab) => {
  const { host } = inLab;
  const flags = await host.shell.act("tr '\\0' ' ' </proc/$(pgrep -x dockerd)/cmdline");
  const resolver = await host.shell.act("cat /etc/resolv.conf");
  const { RegistryConfig } = (await host.docker.info()) as { RegistryConfig?: { Mirrors?: readonly string[] } };
  return {
    ...(await look(inLab)),
    flags: flags.stdout,
    mirrors: (RegistryConfig?.Mirrors ?? []).map((mirror) => mirror.replace(/\/$/, "")),
    resolversOfHost: [...resolver.stdout.matchAll(/^nameserver (\S+)/gm)].map(([, server]) => server),
  };
});
const subnet = cidr("10.154.50.0/24");

const onTutorial = chapter({ given: tutorial });

onTutorial(
  "DAEMON-01",
  {
    must: "dockerd MUST read its configuration from /etc/docker/daemon.json unless a flag names another file",
    from: [cite("cli/dockerd#daemon", 'Daemon configuration file (default "/etc/docker/daemon.json")'), ...SECTION],
    needs,
    tags: ["file:effect"],
  },
  ({ flags, onDevice }) => {
    expect(flags, "dockerd's flags").not.toContain("--config-file");
    expect(
      onDevice.map(({ address }) => address),
      "addresses of docker0",
    ).toContain("10.154.50.1");
  },
);

onTutorial(
  "DAEMON-04",
  {
    must: "`bip` MUST become the address and prefix of the default bridge's device",
    from: [BIP, ...SECTION],
    needs,
    tags: ["bip:effect"],
  },
  ({ onDevice }) => {
    expect(onDevice.filter(({ family }) => family === 4).map(({ address, prefix }) => `${address}/${prefix}`)).toEqual([
      TUTORIAL.bip,
    ]);
  },
);

onTutorial(
  "DAEMON-06",
  {
    must: "The default bridge's device MUST have the broadcast address of the `bip` network",
    from: SECTION,
    needs,
    tags: ["bip:effect"],
  },
  ({ onDevice }) => {
    expect(onDevice.find(({ family }) => family === 4)?.broadcast, "broadcast address of docker0").toBe(
      subnet.broadcast,
    );
  },
);

onTutorial(
  "DAEMON-07",
  {
    must: "The subnet of the default network MUST be derived from `bip`",
    from: [BIP, ...SECTION],
    needs,
    tags: ["bip:effect"],
  },
  ({ ipam }) => {
    expect(ipam.Subnet, "subnet of network bridge").toBe(subnet.toString());
  },
);

onTutorial(
  "DAEMON-08",
  {
    must: "The gateway of the default network MUST be the `bip` address, and its containers' default route go there",
    from: [BIP, ...SECTION],
    needs,
    tags: ["bip:effect"],
  },
  ({ ipam, container }) => {
    expect(ipam.Gateway, "gateway of network bridge").toBe("10.154.50.1");
    expect(container.gateway, "default route of a container").toBe("10.154.50.1");
  },
);

onTutorial(
  "DAEMON-09",
  {
    must: "Containers on the default bridge MUST get addresses of the `bip` subnet",
    from: SECTION,
    needs,
    tags: ["bip:effect"],
  },
  ({ container }) => {
    expect(container.ipv4, "address of the first container").toMatchObject({ address: subnet.host(2), prefix: 24 });
  },
);

onTutorial(
  "DAEMON-10",
  {
    must: "The MAC of a container on the default bridge MUST be made of 02:42 and its address",
    from: SECTION,
    cause: "an OCI runtime hook, or something in the container, gave eth0 another hardware address",
    needs,
    until: "random-mac",
  },
  ({ container }) => {
    expect(container.link?.mac, "MAC of eth0").toBe(macFromAddress(container.ipv4?.address ?? ""));
  },
);

onTutorial(
  "DAEMON-12",
  {
    must: "`dns` MUST become the nameservers of containers on the default bridge, in order",
    from: [cite("cli/dockerd#daemon-dns-options", "To set the DNS server for all Docker containers, use:"), ...SECTION],
    needs,
    tags: ["dns:effect"],
  },
  ({ container }) => {
    expect(container.resolver.nameservers, "nameservers in /etc/resolv.conf").toEqual(TUTORIAL.dns);
  },
);

onTutorial(
  "DAEMON-13",
  {
    must: "`dns` MUST replace the host's nameservers, not be added to them",
    from: [
      cite("docs/dns#upstream-servers", "Explicit configuration replaces the host's servers entirely."),
      ...SECTION,
    ],
    needs,
    tags: ["dns:effect"],
  },
  ({ resolversOfHost, container }) => {
    expect(resolversOfHost.length, "nameservers of the host").toBeGreaterThan(0);
    for (const server of resolversOfHost)
      expect(container.resolver.nameservers, "nameservers of the container").not.toContain(server);
    expect(
      container.resolver.nameservers.filter((server) => !TUTORIAL.dns.includes(server)),
      "nameservers of the container that `dns` does not name",
    ).toEqual([]);
    expect(container.resolver.nameservers.length, "nameservers of the container").toBe(TUTORIAL.dns.length);
  },
);

onTutorial(
  "DAEMON-14",
  {
    must: "`mtu` MUST set the MTU of the default bridge's device once a container is attached",
    from: [MTU_1500, ...SECTION],
    needs,
    tags: ["mtu:effect"],
  },
  ({ device, container }) => {
    // A bridge without ports keeps the kernel's 1500; with one it follows the lowest.
    expect(container.link?.mtu, "MTU of the container's eth0, the bridge's port").toBe(TUTORIAL.mtu);
    expect(device?.mtu, "MTU of docker0").toBe(TUTORIAL.mtu);
  },
);

onTutorial(
  "DAEMON-15",
  {
    must: "`mtu` MUST set the MTU of eth0 of containers on the default bridge",
    from: [MTU_1500, ...SECTION],
    needs,
    tags: ["mtu:effect"],
  },
  ({ container }) => {
    expect(container.link?.mtu, "MTU of eth0").toBe(TUTORIAL.mtu);
  },
);

onTutorial(
  "DAEMON-16",
  {
    must: "`mtu` MUST stand in the options of the default network",
    from: [
      cite("cli/network_inspect#inspect-the-bridge-network", '"com.docker.network.driver.mtu": "1500"'),
      D0("3.1"),
    ],
    needs,
    tags: ["mtu:effect"],
  },
  ({ network }) => {
    expect(network.Options["com.docker.network.driver.mtu"], "option of network bridge").toBe(String(TUTORIAL.mtu));
  },
);

onTutorial(
  "DAEMON-25",
  {
    must: "Network keys MUST take effect beside other keys in the same file: `registry-mirrors` with `bip` and `dns`",
    from: SECTION,
    needs,
    tags: ["file:effect"],
  },
  ({ mirrors, onDevice }) => {
    expect(mirrors, "registry mirrors in force").toEqual(TUTORIAL["registry-mirrors"]);
    expect(
      onDevice.map(({ address }) => address),
      "addresses of docker0",
    ).toContain("10.154.50.1");
  },
);

const fifth = stage(
  hostInLab("fifth", { daemonJson: { bip: "192.168.1.5/24", "default-gateway": "192.168.1.77" } }),
  look,
);

requirement(
  "DAEMON-11",
  {
    must: "`bip` MAY be another address than the first: the device MUST have it, and the first container the lowest free one",
    from: [BIP, ...SECTION],
    needs,
    tags: ["bip:effect"],
  },
  fifth,
  ({ onDevice, container }) => {
    expect(
      onDevice.map(({ address }) => address),
      "addresses of docker0",
    ).toContain("192.168.1.5");
    expect(container.ipv4?.address, "address of the first container").toBe("192.168.1.1");
  },
);

requirement(
  "DAEMON-19",
  {
    must: "`default-gateway` MUST become the default route of containers on the default bridge",
    from: [cite("man/dockerd#--default-gateway", "IPv4 default gateway for the default bridge network"), ...SECTION],
    needs,
    tags: ["default-gateway:effect"],
  },
  fifth,
  ({ container }) => {
    expect(container.gateway, "default route of a container").toBe("192.168.1.77");
  },
);

const ranged = stage(
  hostInLab("ranged", { daemonJson: { bip: "192.168.1.5/24", "fixed-cidr": "192.168.1.128/25" } }),
  look,
);

requirement(
  "DAEMON-17",
  {
    must: "`fixed-cidr` MUST restrict the addresses that the engine chooses to its range",
    from: [
      cite("man/dockerd#--fixed-cidr", "IPv4 subnet for the default bridge network (e.g., 10.20.0.0/16)"),
      ...SECTION,
    ],
    needs,
    tags: ["fixed-cidr:effect"],
  },
  ranged,
  ({ ipam, container }) => {
    expect(ipam.IPRange, "range of network bridge").toBe("192.168.1.128/25");
    expect(
      cidr("192.168.1.128/25").contains(container.ipv4?.address ?? ""),
      "whether the container's address is of it",
    ).toBe(true);
  },
);

requirement(
  "DAEMON-18",
  {
    must: "A `fixed-cidr` outside the `bip` subnet MUST NOT give containers addresses of that range",
    from: [cite("man/dockerd#--fixed-cidr", "this subnet must be nested in the bridge subnet"), ...SECTION],
    needs,
    tags: ["fixed-cidr:effect"],
  },
  stage(hostInLab("strange-range", { daemonJson: { bip: "192.168.1.5/24", "fixed-cidr": "10.20.0.0/16" } }), look),
  ({ container }) => {
    const address = container.ipv4?.address ?? "";
    expect(cidr("10.20.0.0/16").contains(address), `whether ${address} is of the strange range`).toBe(false);
    expect(cidr("192.168.1.0/24").contains(address), `whether ${address} is of the bip subnet`).toBe(true);
  },
);

const V6 = { ipv6: true, "fixed-cidr-v6": "2001:db8:1::/64", "default-gateway-v6": "2001:db8:1::89" };
const dualStack = stage(hostInLab("dual-stack", { daemonJson: V6 }), look);

requirement(
  "DAEMON-21",
  {
    must: "`fixed-cidr-v6` together with `ipv6` MUST give the default bridge's device and its containers addresses of that prefix",
    from: [
      cite(
        "docs/ipv6#use-ipv6-for-the-default-bridge-network",
        "fixed-cidr-v6 assigns a subnet to the default bridge network, enabling dynamic IPv6 address allocation.",
      ),
      ...SECTION,
    ],
    needs: [...needs, "ipv6"],
    tags: ["fixed-cidr-v6:effect", "ipv6:effect"],
  },
  dualStack,
  ({ onDevice, container, network }) => {
    expect(network.EnableIPv6, "EnableIPv6 of network bridge").toBe(true);
    expect(
      onDevice.filter(({ address }) => address.startsWith("2001:db8:1:")).length,
      "addresses of the prefix on docker0",
    ).toBeGreaterThan(0);
    expect(
      container.ipv6.map(({ address }) => address.startsWith("2001:db8:1:")),
      "IPv6 addresses of a container",
    ).toEqual([true]);
  },
);

requirement(
  "DAEMON-22",
  {
    must: "`fixed-cidr-v6` without `ipv6` MUST NOT enable IPv6 on the default network",
    from: [cite("docs/bridge#use-ipv6-with-the-default-bridge-network", "Option ipv6 is required"), ...SECTION],
    needs,
    tags: ["fixed-cidr-v6:effect"],
  },
  stage(hostInLab("half-v6", { daemonJson: { "fixed-cidr-v6": "2001:db8:1::/64" } }), look),
  ({ network, container }) => {
    expect(network.EnableIPv6, "EnableIPv6 of network bridge").toBe(false);
    expect(container.ipv6, "IPv6 addresses of a container").toEqual([]);
  },
);

requirement(
  "DAEMON-23",
  {
    must: "`default-gateway-v6` MUST become the IPv6 default route of containers on the default bridge",
    from: [cite("man/dockerd#--default-gateway-v6", "IPv6 default gateway for the default bridge network"), ...SECTION],
    needs: [...needs, "ipv6"],
    tags: ["default-gateway-v6:effect"],
  },
  dualStack,
  ({ container }) => {
    expect(container.gatewayV6, "IPv6 default route of a container").toBe(V6["default-gateway-v6"]);
  },
);

/** A file edited while dockerd runs: once without a restart, then with one, then with the key gone again. */
const edited = stage(hostInLab("edited"), async (inLab) => {
  const { host } = inLab;
  const four = async () =>
    (await addresses(host.shell, "docker0")).filter(({ family }) => family === 4).map(({ address }) => address);
  const before = await four();
  await host.configure(JSON.stringify({ bip: TUTORIAL.bip }));
  const withoutRestart = await four();
  await host.stopEngine();
  await host.startEngine();
  const withRestart = await four();
  if (before.length === 0) throw new ProbeFailed("docker0 had no address to begin with");
  return { before, withoutRestart, withRestart };
});

requirement(
  "DAEMON-03",
  {
    must: "Changed keys MUST take effect after a restart of dockerd, and not before",
    from: [
      cite("docs/bridge#configure-the-default-bridge-network", "Restart Docker for the changes to take effect."),
      ...SECTION,
    ],
    needs,
    tags: ["bip:transition"],
  },
  edited,
  ({ before, withoutRestart, withRestart }) => {
    expect(withoutRestart, "addresses of docker0 with the file edited and dockerd not restarted").toEqual(before);
    expect(withRestart, "addresses of docker0 after the restart").toContain("10.154.50.1");
  },
);

requirement(
  "DAEMON-05",
  {
    must: "`bip` MUST replace the former address of the default bridge's device",
    from: [BIP, ...SECTION],
    needs,
    tags: ["bip:transition"],
  },
  edited,
  ({ before, withRestart }) => {
    expect(withRestart, "addresses of docker0 after the restart").toEqual(["10.154.50.1"]);
    expect(before, "addresses of docker0 before").not.toEqual(withRestart);
  },
);
