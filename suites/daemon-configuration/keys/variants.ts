import { expect } from "vitest";
import { hostInLab } from "../../../helpers/lab/host-in-lab.ts";
import { cidr } from "../../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../../helpers/model/evidence.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { cite, requirement, stage } from "../../../helpers/requirement/index.ts";
import { lookAtDefaultBridge as look } from "../look.ts";
import { BIP, needs, SECTION, TUTORIAL } from "./site.ts";

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
