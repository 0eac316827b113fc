import { expect } from "vitest";
import { expectedIfindex } from "../../helpers/expectations/container-link.ts";
import { defaultBridgeSubnet, expectedDefaultBridge } from "../../helpers/expectations/default-bridge.ts";
import { isFallbackTunnel } from "../../helpers/expectations/fallback-tunnels.ts";
import { usesProxy } from "../../helpers/expectations/firewall.ts";
import type { cidr } from "../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import { eui64LinkLocal, isLocallyAdministeredUnicast, macFromAddress } from "../../helpers/model/mac.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { bridgePorts } from "../../helpers/probes/bridge-ports.ts";
import { iprouteLinks } from "../../helpers/probes/iproute-links.ts";
import { type Link, links } from "../../helpers/probes/links.ts";
import { namespaces } from "../../helpers/probes/namespaces.ts";
import { routes } from "../../helpers/probes/routes.ts";
import { textFile } from "../../helpers/probes/text-file.ts";
import { eventually } from "../../helpers/requirement/eventually.ts";
import {
  busybox,
  chapter,
  cite,
  D0,
  D1,
  D2,
  D3,
  D4,
  differs,
  engine,
  NotApplicable,
  observed,
  type Session,
  stage,
  topology,
  Violation,
} from "../../helpers/requirement/index.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";
import { hostPrograms, hostProgramsIn } from "../../helpers/vantage/host-programs.ts";
import type { HostView } from "../../helpers/vantage/host-view.ts";

const VETH_PAIR = cite(
  "libnetwork/network#bridge-mode",
  "Creates a veth-pair, attaching one end to docker0 bridge on host NS, and move the other end to the new container NS.",
);

/** Two containers on the default bridge: one that says nothing about networks, one that names the bridge. */
const attached = topology("bridge", {
  containers: { plain: busybox(), named: busybox({ on: "bridge" }) },
});

// What the container has: interfaces, addresses, routes.

const onAttached = chapter({ given: attached, needs: ["default bridge"] });

onAttached(
  "BRIDGE-01",
  {
    must: "A container started without `--network` MUST be attached to the default bridge network `bridge` and to no other",
    from: [
      cite(
        "docs/network",
        "When you run a container without the --network option, it is connected to the default bridge.",
      ),
      D0("3.4.2.1"),
      D1("bridge模式"),
      D2("三"),
      D3("二.1"),
      D4("网络模式简介"),
    ],
    cause: "the daemon has another default network, or the container was connected elsewhere afterwards",
  },
  async ({ plain }, { facts }) => {
    const { Networks } = (await plain.inspect()).NetworkSettings;
    expect(Object.keys(Networks), "networks that the engine says it is on").toEqual(["bridge"]);
    const inside = await ipv4Of(plain);
    expect(
      subnetOf(facts).contains(inside.address),
      `whether ${inside.address}, its address, lies in ${subnetOf(facts)}`,
    ).toBe(true);
  },
);

onAttached(
  "BRIDGE-02",
  {
    must: "`--network bridge` MUST attach a container in the same way as no `--network` option at all",
    from: [
      cite(
        "cli/network_create#description",
        "When you launch a new container with docker run it automatically connects to this bridge network.",
      ),
      D0("3.4.2.1"),
    ],
  },
  async ({ plain, named }) => {
    const [without, withOption] = await Promise.all([plain, named].map(attachmentOf));
    expect(
      withOption,
      "network, interfaces, prefix length, MTU and routes with `--network bridge`, beside those without",
    ).toEqual(without);
  },
);

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
  "BRIDGE-08",
  {
    must: "`eth0` of a container on the default bridge MUST carry the prefix length of the bridge's subnet",
    from: [
      cite("docs/network#ip-address-and-hostname", "Each network also has a default subnet mask and gateway."),
      D0("3.4.2.1"),
      D0("3.4.2.2"),
      D1("默认网桥"),
      D1("5.2"),
      D2("三"),
    ],
  },
  async ({ plain }, { facts }) => {
    expect((await ipv4Of(plain)).prefix, "prefix length of eth0's address").toBe(subnetOf(facts).prefix);
  },
);

onAttached(
  "BRIDGE-09",
  {
    must: "`eth0` of a container on the default bridge MUST have the subnet's broadcast address set",
    from: [D0("3.4.2.1"), D1("默认网桥")],
  },
  async ({ plain }, { facts }) => {
    expect((await ipv4Of(plain)).broadcast, "broadcast address of eth0").toBe(subnetOf(facts).broadcast);
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
  "BRIDGE-11",
  {
    must: "A container on the default bridge MUST have a default route on `eth0` through the bridge device's own address, or through the daemon's `default-gateway`",
    from: [
      cite(
        "libnetwork/network#bridge-mode",
        "In the new NS, assigns an IP address from docker0 subnet, sets default route gateway to docker0 IP address.",
      ),
      D1("intro"),
      D1("bridge模式"),
      D1("5.2"),
      D1("5.3"),
    ],
  },
  async ({ plain }, { facts }) => {
    const found = (await routes(plain)).filter((route) => route.prefix === 0);
    expect(
      found.map(({ interface: on, gateway }) => ({ on, gateway })),
      "its default routes",
    ).toEqual([{ on: "eth0", gateway: gatewayOf(facts, plain) }]);
  },
);

onAttached(
  "BRIDGE-12",
  {
    must: "A container on the default bridge MUST reach the bridge's subnet on `eth0` directly, by a route without gateway",
    from: [
      cite(
        "libnetwork/network#bridge-mode",
        "In the new NS, assigns an IP address from docker0 subnet, sets default route gateway to docker0 IP address.",
      ),
      D1("5.2"),
    ],
  },
  async ({ plain }, { facts }) => {
    const { network, prefix } = subnetOf(facts);
    const found = (await routes(plain)).filter((route) => route.destination === network && route.prefix === prefix);
    expect(
      found.map(({ interface: on, gateway }) => ({ on, gateway })),
      `its routes to ${network}/${prefix}`,
    ).toEqual([{ on: "eth0", gateway: null }]);
  },
);

onAttached(
  "BRIDGE-13",
  {
    must: "A container on the default bridge MUST have no IPv4 route beside its default route and that to the bridge's subnet",
    from: [D1("5.2")],
  },
  async ({ plain }, { facts }) => {
    const destinations = (await routes(plain)).map((route) => `${route.destination}/${route.prefix}`);
    expect(destinations.toSorted(), "destinations of its IPv4 routes").toEqual(
      ["0.0.0.0/0", subnetOf(facts).toString()].toSorted(),
    );
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
  "BRIDGE-15",
  {
    must: "`eth0` on a default bridge with IPv6 MUST carry the IPv6 link-local address that is formed from its MAC by EUI-64",
    from: [D2("一.1"), D2("三")],
    cause:
      "something cleared the link-local address in the container, or the kernel gives none there (addr_gen_mode, disable_ipv6)",
    unless: (facts) =>
      facts.defaultBridge?.ipv6 === true
        ? null
        : "the default bridge has no IPv6: on IPv4-only networks no engine since 20.10 leaves IPv6 on at eth0 (see BRIDGE-15b)",
    appliesTo: "IPv6 on the default bridge; engines up to about 18 without it, too",
    needs: ["default bridge", "ipv6"],
  },
  async ({ plain }) => {
    const { mac } = await eth0Of(plain);
    const linkLocal = (await addresses(plain, "eth0")).filter((one) => one.family === 6 && one.scope === "link");
    expect(
      linkLocal.map((one) => one.address),
      `link-local addresses of eth0, whose MAC is ${mac}`,
    ).toEqual([eui64LinkLocal(mac)]);
  },
);

onAttached(
  "BRIDGE-15b",
  {
    must: "`eth0` on a default bridge without IPv6 MUST have no IPv6 address, not even a link-local one",
    from: [
      cite(
        "docs/release-26#2602",
        "Ensure IPv6 is disabled on interfaces only allocated an IPv4 address by the engine.",
      ),
      D0("3.4.2.1"),
      D1("默认网桥"),
      observed(["20.10", "26.1", "28.5"], "IPv6 is off at eth0"),
    ],
    unless: (facts) => (facts.defaultBridge?.ipv6 === true ? "the default bridge has IPv6" : null),
    appliesTo: "default bridge without IPv6",
    needs: ["default bridge", "ipv6"],
    cause: "net.ipv6.conf.*.disable_ipv6 was set back inside the container",
  },
  async ({ plain }) => {
    const all = await addresses(plain, "eth0");
    expect(
      all.filter((one) => one.family === 6).map((one) => one.address),
      "IPv6 addresses of eth0",
    ).toEqual([]);
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

onAttached(
  "BRIDGE-53",
  {
    must: "Every container on the default bridge MUST have a network namespace of its own, which is neither the host's nor another container's",
    from: [
      cite("libnetwork/network#bridge-mode", "Creates a new network namespace container NS for this container"),
      D4("网络模式简介"),
    ],
    needs: ["default bridge", "host view"],
  },
  async ({ plain, named }, { facts }) => {
    const [one, other] = await Promise.all([namespaces(plain), namespaces(named)]);
    expect(one.net, "network namespace of one container, beside another's").not.toBe(other.net);
    const host = facts.host?.namespaces.net;
    expect([one.net, other.net], "network namespaces of the containers, beside the host's").not.toContain(host);
  },
);

// What lies on the host: the other end of the veth pair.

/** Both containers with their end of the veth pair, and everything that the host has at that moment. */
const pairs = stage(attached, async ({ plain, named }, session) => {
  const host = await session.host();
  const [eth0, otherEth0] = await Promise.all([eth0Of(plain), eth0Of(named)]);
  return { plain, named, eth0, otherEth0, hostLinks: await links(host), host, device: deviceOf(session) };
});

const onPairs = chapter({ given: pairs, needs: ["default bridge", "host view"] });

onPairs(
  "BRIDGE-17",
  {
    must: "`eth0` on the default bridge MUST be one end of a veth pair: the interface index that it names as its other end MUST exist on the host",
    from: [VETH_PAIR, D0("3.1"), D2("三"), D3("二.1")],
  },
  ({ eth0, otherEth0, hostLinks }) => {
    const known = hostLinks.map((one) => one.index);
    expect(known, "interface indexes on the host, and the one that eth0 names").toContain(eth0.peerIndex);
    expect(known, "interface indexes on the host, and the one that the other container's eth0 names").toContain(
      otherEth0.peerIndex,
    );
    expect(eth0.peerIndex, "the other end of one container's eth0, beside that of another's").not.toBe(
      otherEth0.peerIndex,
    );
  },
);

onPairs(
  "BRIDGE-18",
  {
    must: "The host end of a container's veth pair MUST name the interface index of the container's `eth0` as its other end",
    from: [VETH_PAIR, D0("3.1"), D3("二.1")],
  },
  ({ eth0, otherEth0, hostLinks }) => {
    expect(hostEndOf(eth0, hostLinks).peerIndex, "index that the host end names").toBe(eth0.index);
    expect(hostEndOf(otherEth0, hostLinks).peerIndex, "index that the other container's host end names").toBe(
      otherEth0.index,
    );
  },
);

onPairs(
  "BRIDGE-19",
  {
    must: "The two ends of a container's veth pair MUST have consecutive interface indexes, the host end the higher one",
    from: [D0("3.3.3"), D0("3.4.2.1"), D1("默认网桥"), D2("三"), D3("二.1")],
    until: "container-ifindex-2",
  },
  ({ eth0, hostLinks }) => {
    expect(hostEndOf(eth0, hostLinks).index, `index of the host end of eth0, which has ${eth0.index}`).toBe(
      eth0.index + 1,
    );
  },
);

onAttached(
  "BRIDGE-19b",
  {
    must: "`eth0` MUST have the first interface index after those that the kernel itself gives out in a new network namespace: 2 in every container",
    from: [engine("moby#49302")],
    since: "container-ifindex-2",
  },
  async ({ plain, named }, { facts }) => {
    const first = expectedIfindex(facts);
    for (const container of [plain, named]) {
      const all = await links(container);
      const tunnels = all.filter((one) => isFallbackTunnel(one.name)).length;
      const index = all.find((one) => one.name === "eth0")?.index;
      expect(index, `index of eth0 in ${container.name}`).toBe((first.known ? first.value : Number.NaN) + tunnels);
    }
  },
);

onPairs(
  "BRIDGE-20",
  {
    must: "The host end of a container's veth pair MUST be named `veth` and seven hexadecimal digits",
    from: [
      cite(
        "moby/utils_linux_test.go#TestGenerateRandomName",
        'Test veth name generation "veth"+rand (e.g.veth0f60e2c)',
      ),
      D0("3.1"),
      D1("bridge模式"),
      D2("三"),
      D3("二.1"),
    ],
    cause: "a rule of udev or systemd renames network interfaces",
  },
  ({ eth0, otherEth0, hostLinks }) => {
    for (const end of [eth0, otherEth0])
      expect(hostEndOf(end, hostLinks).name, "name of the host end").toMatch(/^veth[0-9a-f]{7}$/);
  },
);

onPairs(
  "BRIDGE-21",
  {
    must: "The host end of a container's veth pair MUST be enslaved to the default bridge's device",
    from: [VETH_PAIR, D0("3.1"), D1("bridge模式"), D3("二.1")],
    cause: "a network manager took the interface over, or somebody unplugged it (`ip link set … nomaster`)",
  },
  ({ eth0, otherEth0, hostLinks, device }) => {
    for (const end of [eth0, otherEth0])
      expect(hostEndOf(end, hostLinks).master, `master of ${hostEndOf(end, hostLinks).name}`).toBe(device);
  },
);

onPairs(
  "BRIDGE-22",
  {
    must: "The default bridge's device MUST list the host end of every attached container among its ports",
    from: [VETH_PAIR, D1("5.1.2"), D2("三"), D3("二.1")],
  },
  async ({ eth0, otherEth0, hostLinks, host, device }) => {
    const ports = await bridgePorts(host, device);
    expect(ports, `ports of ${device}`).toEqual(
      expect.arrayContaining([eth0, otherEth0].map((end) => hostEndOf(end, hostLinks).name)),
    );
  },
);

onPairs(
  "BRIDGE-25",
  {
    must: "The host ends of different containers MUST show different numbers for the namespace of their other end (`link-netnsid`)",
    from: [D1("5.6"), D3("二.1")],
    needs: ["default bridge", "host iproute2"],
  },
  async ({ eth0, otherEth0, hostLinks, host }) => {
    const shown = await iprouteLinks(hostPrograms(host));
    const ids = [eth0, otherEth0].map(
      (end) => shown.find((one) => one.index === hostEndOf(end, hostLinks).index)?.linkNetnsId,
    );
    expect(ids, "link-netnsid of both host ends").toEqual([expect.any(Number), expect.any(Number)]);
    expect(ids[0], "link-netnsid of one host end, beside the other's").not.toBe(ids[1]);
  },
);

onPairs(
  "BRIDGE-26",
  {
    must: "The host end of a container's veth pair MUST have no IPv4 address",
    from: [D1("bridge模式"), D3("二.1")],
    cause: "a DHCP client or network manager on the host configures every new interface: tell it to ignore veth*",
  },
  async ({ eth0, otherEth0, hostLinks, host }) => {
    for (const end of [eth0, otherEth0]) {
      const { name } = hostEndOf(end, hostLinks);
      const found = (await addresses(host, name)).filter((one) => one.family === 4);
      expect(
        found.map((one) => one.address),
        `IPv4 addresses of ${name}`,
      ).toEqual([]);
    }
  },
);

onPairs(
  "BRIDGE-27",
  {
    must: "The host end of a container's veth pair MUST carry no IPv6 address but the link-local one that the kernel forms from its MAC",
    from: [D1("bridge模式"), D3("二.1")],
    appliesTo: "hosts whose new interfaces have IPv6 and form link-local addresses by EUI-64 (addr_gen_mode 0)",
    needs: ["default bridge", "ipv6", "host view"],
  },
  async ({ eth0, hostLinks, host }) => {
    const { name, mac } = hostEndOf(eth0, hostLinks);
    const settings = `/proc/sys/net/ipv6/conf/${name}`;
    const [disabled, mode] = await Promise.all([
      textFile(host, `${settings}/disable_ipv6`),
      textFile(host, `${settings}/addr_gen_mode`),
    ]);
    if (disabled.trim() !== "0")
      throw new NotApplicable(`the host switches IPv6 off on new interfaces (${settings}/disable_ipv6)`);
    if (mode.trim() !== "0")
      throw new NotApplicable(
        `the host forms link-local addresses otherwise (${settings}/addr_gen_mode is ${mode.trim()})`,
      );
    // The kernel gives the address once the interface has carrier, a moment after the container's start.
    await eventually(async () => {
      const found = (await addresses(host, name)).filter((one) => one.family === 6);
      expect(
        found.map((one) => one.address),
        `IPv6 addresses of ${name}, whose MAC is ${mac}`,
      ).toEqual([eui64LinkLocal(mac)]);
    });
  },
);

onPairs(
  "BRIDGE-28",
  {
    must: "The MAC of the host end MUST differ from that of the container's `eth0`",
    from: [D0("3.1"), D1("5.1.2"), D3("二.1")],
  },
  ({ eth0, otherEth0, hostLinks }) => {
    for (const end of [eth0, otherEth0])
      expect(hostEndOf(end, hostLinks).mac, "MAC of the host end, beside that of eth0").not.toBe(end.mac);
  },
);

onPairs(
  "BRIDGE-29",
  {
    must: "The host end of a container's veth pair MUST have the MTU of the default bridge network",
    from: [D0("3.1"), D1("bridge模式"), D3("二.1")],
  },
  ({ eth0, hostLinks }, { facts }) => {
    expect(hostEndOf(eth0, hostLinks).mtu, "MTU of the host end").toBe(expectedDefaultBridge(facts)?.mtu);
  },
);

onPairs(
  "BRIDGE-55",
  {
    must: "The host end of a container's veth pair MUST be an ordinary port of the bridge: it learns, floods, is isolated from no other port, and sends frames back the way they came (hairpin) only with the userland proxy off",
    from: [engine("bridge driver: hairpin mode is set where no docker-proxy serves a container's own requests")],
    cause: "somebody switched the port (`bridge link set`): hairpin, isolated, learning, flood or bcast_flood",
  },
  async ({ eth0, otherEth0, hostLinks, host }, { facts }) => {
    const hairpin = usesProxy(facts) ? "0" : "1";
    for (const end of [eth0, otherEth0]) {
      const { name } = hostEndOf(end, hostLinks);
      const switches = await portSwitches(host, name);
      expect(switches, `switches of ${name} as a port of its bridge`).toEqual({
        hairpin_mode: hairpin,
        learning: "1",
        unicast_flood: "1",
        // Kernels before 4.12 and 4.18 don't have these.
        ...(switches.broadcast_flood === undefined ? {} : { broadcast_flood: "1" }),
        ...(switches.isolated === undefined ? {} : { isolated: "0" }),
      });
    }
  },
);

onPairs(
  "BRIDGE-30",
  {
    must: "The host end of a container's veth pair MUST have the queueing discipline `noqueue`",
    from: [D0("3.1"), D1("bridge模式"), D3("二.1")],
    needs: ["default bridge", "host iproute2"],
    cause: "traffic control was set up on the interface (`tc qdisc`): a bandwidth limiter or a chaos tool",
  },
  async ({ eth0, hostLinks, host }) => {
    const { index } = hostEndOf(eth0, hostLinks);
    const shown = (await iprouteLinks(hostPrograms(host))).find((one) => one.index === index);
    expect(shown?.qdisc, "queueing discipline of the host end").toBe("noqueue");
  },
);

onPairs(
  "BRIDGE-32",
  {
    must: "The host end of a container's veth pair MUST have a transmit queue length of 0",
    from: [D1("5.1.2"), D3("二.1")],
  },
  ({ eth0, hostLinks }) => {
    expect(hostEndOf(eth0, hostLinks).queueLength, "transmit queue length of the host end").toBe(0);
  },
);

onPairs(
  "BRIDGE-33",
  {
    must: "`eth0` in the container MUST show that its other end is in another network namespace (`link-netnsid`)",
    from: [D2("三"), D2("四")],
    needs: ["default bridge", "host iproute2"],
  },
  async ({ plain, host }) => {
    const inside = await iprouteLinks(hostProgramsIn(host, plain));
    const eth0 = inside.find((one) => one.name === "eth0");
    expect(eth0?.linkNetnsId, "link-netnsid of eth0, by iproute2 in the container's namespace").toEqual(
      expect.any(Number),
    );
    expect(
      inside.find((one) => one.name === "lo")?.linkNetnsId,
      "link-netnsid of lo, which has no other end",
    ).toBeUndefined();
  },
);

/** eth0 as the container's kernel shows it. */
async function eth0Of(container: Endpoint): Promise<Link> {
  const all = await links(container);
  const eth0 = all.find((one) => one.name === "eth0");
  if (eth0 === undefined) {
    throw new Violation(`interfaces of ${container.name}`, {
      expected: "an eth0 among them",
      observed: all.map((one) => one.name).join(", "),
    });
  }
  return eth0;
}

/** The one IPv4 address of a container's eth0. */
async function ipv4Of(container: Endpoint): Promise<{ address: string; prefix: number; broadcast?: string }> {
  const found = (await addresses(container, "eth0")).filter((one) => one.family === 4);
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new Violation(`eth0 of ${container.name}`, {
      expected: "one IPv4 address",
      observed: found.map((one) => one.address).join(", ") || "none",
    });
  }
  return only;
}

/** What two attachments must have in common. */
async function attachmentOf(container: Endpoint): Promise<unknown> {
  const [{ NetworkSettings }, { prefix, broadcast }, interfaces, table] = await Promise.all([
    container.inspect(),
    ipv4Of(container),
    links(container),
    routes(container),
  ]);
  return {
    networks: Object.entries(NetworkSettings.Networks).map(([name, { NetworkID, Gateway }]) => ({
      name,
      NetworkID,
      Gateway,
    })),
    prefix,
    broadcast,
    interfaces: interfaces.map(({ name, mtu, up, carrier, queueLength }) => ({ name, mtu, up, carrier, queueLength })),
    routes: table.map(({ interface: on, destination, prefix: length, gateway, metric }) => ({
      on,
      destination,
      length,
      gateway,
      metric,
    })),
  };
}

/** The host's interface that a container's eth0 names as its other end. */
function hostEndOf(eth0: Link, hostLinks: readonly Link[]): Link {
  const end = hostLinks.find((one) => one.index === eth0.peerIndex);
  if (end === undefined)
    throw new Violation("the host end of eth0", {
      expected: `an interface with index ${eth0.peerIndex} on the host`,
      observed: "none",
    });
  return end;
}

const PORT_SWITCHES = ["hairpin_mode", "learning", "unicast_flood", "broadcast_flood", "isolated"] as const;

/** What a port of a bridge is told to do, as the kernel names it. @throws ProbeFailed when the device is no port */
async function portSwitches(host: HostView, port: string): Promise<Partial<Record<string, string>>> {
  const folder = `/sys/class/net/${port}/brport`;
  const evidence = await host.ask(`cd ${folder} && grep -s "" ${PORT_SWITCHES.join(" ")}; test -e ${folder}`);
  if (evidence.exitCode !== 0) throw new ProbeFailed(`${port} is not a port of a bridge`, evidence);
  return Object.fromEntries([...evidence.stdout.matchAll(/^(\w+):(\w+)$/gm)].map(([, name, value]) => [name, value]));
}

function deviceOf({ facts }: Session): string {
  const device = expectedDefaultBridge(facts)?.device;
  return device?.known ? device.value : (facts.defaultBridge?.device ?? "");
}

function subnetOf(facts: Session["facts"]): ReturnType<typeof cidr> {
  const subnet = defaultBridgeSubnet(facts);
  if (subnet === null) throw new NotApplicable("the default bridge has no IPv4 subnet");
  return subnet;
}

/**
 * Next hop of the containers' default route: configured, or the address that the bridge device had when the run began.
 * A device that had none leaves what the engine says of the container.
 */
function gatewayOf(facts: Session["facts"], container: Endpoint): string {
  const expected = expectedDefaultBridge(facts)?.containerGateway;
  if (expected?.known) return expected.value;
  const device = facts.defaultBridge?.device;
  const onDevice = facts.host?.addresses.find((one) => one.interface === device && one.address.includes("."));
  return onDevice?.address ?? container.settingsOn("bridge").Gateway;
}
