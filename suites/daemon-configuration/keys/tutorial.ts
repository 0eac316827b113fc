import { expect } from "vitest";
import { askForInfo } from "../../../helpers/engine/answers.ts";
import { hostInLab } from "../../../helpers/lab/host-in-lab.ts";
import { macFromAddress } from "../../../helpers/model/mac.ts";
import { chapter, cite, D0, stage } from "../../../helpers/requirement/index.ts";
import { lookAtDefaultBridge as look } from "../look.ts";
import { BIP, needs, SECTION, subnet, TUTORIAL } from "./site.ts";

const MTU_1500 = cite("cli/dockerd#daemon", 'Set the MTU for the default "bridge" network (default 1500)');

const tutorial = stage(hostInLab("tutorial", { daemonJson: TUTORIAL }), async (inLab) => {
  const { host } = inLab;
  const flags = await host.shell.act("tr '\\0' ' ' </proc/$(pgrep -x dockerd)/cmdline");
  const resolver = await host.shell.act("cat /etc/resolv.conf");
  const { RegistryConfig } = await askForInfo(host.docker);
  return {
    ...(await look(inLab)),
    flags: flags.stdout,
    mirrors: (RegistryConfig?.Mirrors ?? []).map((mirror) => mirror.replace(/\/$/, "")),
    resolversOfHost: [...resolver.stdout.matchAll(/^nameserver (\S+)/gm)].map(([, server]) => server),
  };
});

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
    expect(network.Options?.["com.docker.network.driver.mtu"], "option of network bridge").toBe(String(TUTORIAL.mtu));
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
