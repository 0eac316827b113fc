import { expect } from "vitest";
import { expectedDefaultBridge } from "../../../helpers/expectations/default-bridge.ts";
import { isFallbackTunnel } from "../../../helpers/expectations/fallback-tunnels.ts";
import { isLocallyAdministeredUnicast, macFromAddress } from "../../../helpers/model/mac.ts";
import { links } from "../../../helpers/probes/links.ts";
import { cite, D0, D1, D2, differs, engine } from "../../../helpers/requirement/index.ts";
import { eth0Of, ipv4Of, onAttached } from "./site.ts";

onAttached(
  "BRIDGE-03",
  {
    must: "A container on the default bridge MUST have exactly two interfaces: `lo` and one more",
    from: [D0("2"), D1("四类网络模式"), D2("一.1")],
  },
  async ({ plain }) => {
    const names = (await links(plain)).map((one) => one.name).filter((name) => !isFallbackTunnel(name));
    expect(names, "its interfaces, the kernel's fallback tunnels left out").toHaveLength(2);
    expect(names, "its interfaces, the kernel's fallback tunnels left out").toContain("lo");
  },
);

onAttached(
  "BRIDGE-04",
  {
    must: "A container's interface on the default bridge MUST be named `eth0`",
    from: [
      cite("docs/bridge#options", "eth | Set a custom prefix for container interfaces."),
      D1("bridge模式"),
      D2("一.1"),
    ],
  },
  async ({ plain, named }) => {
    for (const container of [plain, named]) {
      const names = (await links(container))
        .map((one) => one.name)
        .filter((name) => name !== "lo" && !isFallbackTunnel(name));
      expect(names, `interfaces of ${container.name} beside lo`).toEqual(["eth0"]);
    }
  },
);

onAttached(
  "BRIDGE-10",
  {
    must: "`eth0` of a container on the default bridge MUST have an MTU of 1500 unless the daemon is configured with another",
    from: [
      cite("cli/dockerd#daemon", 'Set the MTU for the default "bridge" network (default 1500)'),
      D0("3.1"),
      D0("3.4.2.1"),
      D1("默认网桥"),
      D2("三"),
    ],
    differs: [
      differs(
        "man/dockerd#--mtu",
        "Set the network MTU for the default bridge network. Default is 0.",
        'Without the option the MTU is 1500, as the reference of dockerd says; 0 stands for "not set".',
        ["26.1", "28.5"],
      ),
    ],
    cause: "`mtu` in daemon.json was changed without a restart of dockerd, or something set eth0's MTU afterwards",
  },
  async ({ plain }, { facts }) => {
    expect((await eth0Of(plain)).mtu, "MTU of eth0").toBe(expectedDefaultBridge(facts)?.mtu);
  },
);

onAttached(
  "BRIDGE-14",
  {
    must: "The MAC of `eth0` on the default bridge MUST be 02:42 followed by the four bytes of its IPv4 address",
    from: [D0("3.1"), D0("3.4.2.1"), D1("默认网桥"), D2("三")],
    until: "random-mac",
  },
  async ({ plain, named }) => {
    for (const container of [plain, named]) {
      const [eth0, { address }] = await Promise.all([eth0Of(container), ipv4Of(container)]);
      expect(eth0.mac, `MAC of the eth0 that has ${address}`).toBe(macFromAddress(address));
    }
  },
);

onAttached(
  "BRIDGE-14b",
  {
    must: "The MAC of `eth0` on the default bridge MUST be a locally administered unicast one, of its own for every container, and the engine MUST report it as it is",
    from: [
      cite(
        "docs/release-28#2800",
        "Container interfaces in bridge and macvlan networks now use randomly generated MAC addresses.",
      ),
      engine("moby#48808"),
    ],
    differs: [
      differs(
        "cli/network_inspect#inspect-the-bridge-network",
        '"MacAddress": "02:42:ac:11:00:02"',
        "Since Engine 28.0 a generated MAC address is random; the sample's is made of the IPv4 address.",
        ["28.5"],
      ),
    ],
    since: "random-mac",
  },
  async ({ plain, named }) => {
    const macs = await Promise.all([plain, named].map(async (container) => (await eth0Of(container)).mac));
    for (const mac of macs)
      expect(isLocallyAdministeredUnicast(mac), `whether ${mac} is locally administered unicast`).toBe(true);
    expect(new Set(macs).size, "different MACs of two containers").toBe(2);
    expect(
      [plain, named].map((container) => container.settingsOn("bridge").MacAddress.toLowerCase()),
      "MACs as the engine reports them",
    ).toEqual(macs);
  },
);

onAttached(
  "BRIDGE-16",
  {
    must: "`eth0` of a running container on the default bridge MUST be up and have carrier",
    from: [D0("3.1"), D0("3.4.2.1"), D1("默认网桥"), D2("一.1"), D2("三")],
    cause: "the host end of its veth pair is down",
  },
  async ({ plain, named }) => {
    for (const container of [plain, named]) {
      const { up, carrier, state } = await eth0Of(container);
      expect({ up, carrier, state }, `eth0 of ${container.name}`).toEqual({ up: true, carrier: true, state: "up" });
    }
  },
);

onAttached(
  "BRIDGE-31",
  {
    must: "`eth0` of a container on the default bridge MUST have a transmit queue length of 0",
    from: [D1("5.1.2"), D2("一.1")],
  },
  async ({ plain }) => {
    expect((await eth0Of(plain)).queueLength, "transmit queue length of eth0").toBe(0);
  },
);
