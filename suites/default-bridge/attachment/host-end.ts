import { expect } from "vitest";
import { expectedIfindex } from "../../../helpers/expectations/container-link.ts";
import { expectedDefaultBridge } from "../../../helpers/expectations/default-bridge.ts";
import { isFallbackTunnel } from "../../../helpers/expectations/fallback-tunnels.ts";
import { usesProxy } from "../../../helpers/expectations/firewall.ts";
import { ProbeFailed } from "../../../helpers/model/evidence.ts";
import { isIpv4 } from "../../../helpers/model/ipv4.ts";
import { eui64LinkLocal } from "../../../helpers/model/mac.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { arping } from "../../../helpers/probes/arping.ts";
import { bridgePorts } from "../../../helpers/probes/bridge-ports.ts";
import { iprouteLinks } from "../../../helpers/probes/iproute-links.ts";
import { type Link, links } from "../../../helpers/probes/links.ts";
import { textFile } from "../../../helpers/probes/text-file.ts";
import { eventually } from "../../../helpers/requirement/eventually.ts";
import {
  chapter,
  cite,
  D0,
  D1,
  D2,
  D3,
  engine,
  mustReach,
  NotApplicable,
  type Session,
  stage,
  Violation,
} from "../../../helpers/requirement/index.ts";
import { hostPrograms, hostProgramsIn } from "../../../helpers/vantage/host-programs.ts";
import type { HostView } from "../../../helpers/vantage/host-view.ts";
import { attached, eth0Of, onAttached, subnetOf } from "./site.ts";

const VETH_PAIR = cite(
  "libnetwork/network#bridge-mode",
  "Creates a veth-pair, attaching one end to docker0 bridge on host NS, and move the other end to the new container NS.",
);

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
  "BRIDGE-56",
  {
    must: "A container on the default bridge that asks by ARP who has the bridge's address MUST be answered by the bridge device",
    from: [cite("docs/network#ip-address-and-hostname", "Each network also has a default subnet mask and gateway.")],
    cause: "the bridge device answers no ARP: arp_ignore, NOARP, a filter of frames, or its address is gone",
  },
  async ({ plain, hostLinks, device }, { facts }) => {
    const subnet = subnetOf(facts);
    const own = (facts.host?.addresses ?? []).find(
      ({ interface: name, address }) => name === device && isIpv4(address) && subnet.contains(address),
    );
    const address = own?.address ?? facts.defaultBridge?.gateway ?? "";
    if (address === "") throw new NotApplicable("the bridge device has no IPv4 address");
    const owners = hostLinks.filter(({ name }) => name === device).map(({ mac }) => mac);
    // What a neighbour table remembers hides that nobody answers any more.
    await mustReach(arping(plain, { device: "eth0", address, owners }));
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
