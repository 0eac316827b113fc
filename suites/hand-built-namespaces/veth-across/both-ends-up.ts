import { expect } from "vitest";
import { eui64LinkLocal } from "../../../helpers/model/mac.ts";
import type { IpRoute } from "../../../helpers/probes/parse/parse-ip-route.ts";
import { ping } from "../../../helpers/probes/reach.ts";
import { eventually } from "../../../helpers/requirement/eventually.ts";
import { settledUp } from "../../../helpers/requirement/hand-built.ts";
import {
  chapter,
  cite,
  D0,
  D3,
  D4,
  mustNotReach,
  mustReach,
  requirement,
  stage,
} from "../../../helpers/requirement/index.ts";
import { lanAddress } from "../../../helpers/requirement/lan-address.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { countersOf, kernelIn, look, meet, NEEDS, plain, routesOf, shownIn } from "../look.ts";
import { connected, ISOLATED, mustLackCarrier, oneUp, site, withIpv6 } from "./site.ts";

const TUNNELS = cite("man/veth", "They can act as tunnels between network namespaces");

/** Both ends up with addresses of one subnet; nobody has set up `lo`, and there is no route beyond. */
const bothUp = stage(oneUp, async (value, { facts }) => {
  const { lab, net1, net2, subnet } = value;
  await lab.runIn(net2, `ip address add ${subnet.host(2)}/${subnet.prefix} dev veth2`, "ip link set veth2 up");
  const up = await atThisMoment(settledUp(net1, "veth1").then(() => settledUp(net2, "veth2")));
  const [full1, full2, routes1, routes2, hostRoutes, onHostThen] = await Promise.all([
    look(net1),
    look(net2),
    routesOf(net1),
    routesOf(net2),
    routesOf(lab.root),
    look(lab.root),
  ]);
  return { ...value, up, full1, full2, routes1, routes2, hostRoutes, onHostThen, lan: lanAddress(facts) };
});

const onBothUp = chapter({ given: bothUp, needs: NEEDS });

onBothUp(
  "NETNS-59",
  {
    must: "When the other end goes up too, both ends MUST become UP",
    from: [D4("虚拟以太网对(veth pair)")],
  },
  ({ up }) => {
    up();
  },
);

onBothUp(
  "NETNS-60",
  {
    must: "The linkdown mark of the connected route MUST disappear when the other end goes up",
    from: [D4("虚拟以太网对(veth pair)")],
  },
  ({ halfRoutes, routes1, routes2, subnet }) => {
    expect(connected(halfRoutes, subnet)?.flags, "marks of the route before").toContain("linkdown");
    for (const [name, routes] of [
      ["veth1", routes1],
      ["veth2", routes2],
    ] as const)
      expect(connected(routes, subnet)?.flags, `marks of the route to ${subnet} by ${name}`).toEqual([]);
  },
);

onBothUp(
  "NETNS-61",
  {
    must: "An IPv6 link-local address MUST appear on both ends once they are up, made by EUI-64 from the hardware address",
    from: [D0("3.2"), D3("二.1.1"), D4("虚拟以太网对(veth pair)")],
    needs: withIpv6,
    cause: "net.ipv6.conf.default.addr_gen_mode or disable_ipv6 of the host says otherwise",
  },
  async ({ net1, net2 }) => {
    for (const [namespace, name] of [
      [net1, "veth1"],
      [net2, "veth2"],
    ] as const)
      await eventually(async () => {
        const shown = shownIn(await look(namespace), name);
        expect(
          shown.addresses.filter(({ family, scope }) => family === 6 && scope === "link").map(({ address }) => address),
          `link-local addresses of ${name}, whose hardware address is ${shown.mac}`,
        ).toEqual([eui64LinkLocal(shown.mac ?? "")]);
      });
  },
);

onBothUp(
  "NETNS-62",
  {
    must: "The connected route MUST be made by the kernel, with the scope link and the address as its source",
    from: [D4("虚拟以太网对(veth pair)")],
  },
  ({ routes1, routes2, subnet }) => {
    for (const [routes, device, source] of [
      [routes1, "veth1", subnet.host(1)],
      [routes2, "veth2", subnet.host(2)],
    ] as const)
      expect(connected(routes, subnet), `route to ${subnet} by ${device}`).toMatchObject({
        interface: device,
        protocol: "kernel",
        scope: "link",
        source,
      });
  },
);

onBothUp(
  "NETNS-63",
  {
    must: "Each namespace MUST have a routing table of its own",
    from: [ISOLATED, D4("虚拟以太网对(veth pair)")],
  },
  ({ routes1, routes2, hostRoutes, subnet }) => {
    const lines = (routes: readonly IpRoute[]): string[] =>
      routes.map((route) => `${route.destination} by ${route.interface}`);
    expect(lines(routes1), "routes of the first namespace").toEqual([`${subnet} by veth1`]);
    expect(lines(routes2), "routes of the second namespace").toEqual([`${subnet} by veth2`]);
    expect(hostRoutes.length, "routes of the host").toBeGreaterThan(0);
  },
);

onBothUp(
  "NETNS-64",
  {
    must: "The root namespace MUST NOT see addresses or routes of the others",
    from: [ISOLATED, D4("虚拟以太网对(veth pair)")],
  },
  ({ full1, full2, routes1, hostRoutes, onHostThen, subnet }) => {
    expect(connected(routes1, subnet), `route to ${subnet} in the first namespace`).toBeDefined();
    expect(connected(hostRoutes, subnet), `route to ${subnet} on the host`).toBeUndefined();
    const theirs = [full1, full2].flatMap(({ shown }) =>
      shown.flatMap((one) => plain(one.addresses.filter(({ scope }) => scope !== "host"))),
    );
    expect(theirs.length, "addresses of the namespaces").toBeGreaterThan(0);
    const onHost = onHostThen.shown.flatMap(({ addresses }) => plain(addresses));
    expect(
      theirs.filter((address) => onHost.includes(address)),
      "addresses of the namespaces that the host has",
    ).toEqual([]);
  },
);

onBothUp(
  "NETNS-65",
  {
    must: "An address that lives in another, unconnected namespace MUST NOT be reachable from the root namespace",
    from: [ISOLATED, D4("虚拟以太网对(veth pair)")],
    cause: "somebody on the host's LAN has the same address: the packet leaves by the default route",
  },
  async ({ lab, net2, subnet }) => {
    await mustNotReach(ping(lab.host, subnet.host(1)), {
      as: ["timed out", "unreachable"],
      control: ping(net2.busybox, subnet.host(1)),
    });
  },
);

onBothUp(
  "NETNS-66",
  {
    must: "The first of two namespaces on a pair MUST reach the second",
    from: [TUNNELS, D4("虚拟以太网对(veth pair)")],
  },
  async ({ net1, subnet }) => {
    await mustReach(ping(net1.busybox, subnet.host(2)));
  },
);

onBothUp(
  "NETNS-67",
  {
    must: "The second of two namespaces on a pair MUST reach the first",
    from: [TUNNELS, D4("虚拟以太网对(veth pair)")],
  },
  async ({ net2, subnet }) => {
    await mustReach(ping(net2.busybox, subnet.host(1)));
  },
);

onBothUp(
  "NETNS-68",
  {
    must: "What one veth end received MUST equal what the other end sent, in packets and bytes: the pair is like a pipe",
    from: [
      cite("man/veth", "When one veth end receives a packet it appears on its pair and vice versa."),
      D0("3.2"),
      D3("二.1.1"),
      D4("虚拟以太网对(veth pair)"),
    ],
  },
  async ({ net1, net2, subnet }) => {
    await mustReach(ping(net1.busybox, subnet.host(2)));
    // The two sides can't be read in one moment: anew while the kernel's own frames or other checks' come between.
    await eventually(async () => {
      const one = await countersOf(net1, "veth1");
      const two = await countersOf(net2, "veth2");
      expect(one.txPackets, "packets that veth1 sent").toBeGreaterThan(0);
      expect(
        { packets: one.rxPackets, bytes: one.rxBytes },
        "what veth1 received, compared with what veth2 sent",
      ).toEqual({ packets: two.txPackets, bytes: two.txBytes });
      expect(
        { packets: two.rxPackets, bytes: two.rxBytes },
        "what veth2 received, compared with what veth1 sent",
      ).toEqual({ packets: one.txPackets, bytes: one.txBytes });
    });
  },
);

onBothUp(
  "NETNS-70",
  {
    must: "A veth pair MUST work while `lo` of its namespaces is still down",
    from: [D4("虚拟以太网对(veth pair)")],
  },
  async ({ net1, net2, full1, full2, subnet }) => {
    await meet(net1.busybox, subnet.host(1), net2.busybox, subnet.host(2));
    for (const seen of [full1, full2, await look(net1), await look(net2)])
      expect(kernelIn(seen, "lo").up, "whether `lo` is up").toBe(false);
  },
);

onBothUp(
  "NETNS-71",
  {
    must: "A namespace without a route beyond its own subnet MUST NOT reach outside addresses: the kernel itself refuses",
    from: [D4("虚拟以太网对(veth pair)"), D4("Linux bridge")],
  },
  async ({ lab, net1, routes1, lan }) => {
    expect(
      routes1.map(({ destination }) => destination),
      "routes of the namespace",
    ).not.toContain("default");
    const { unreachable } = await mustNotReach(ping(net1.busybox, lan), {
      as: "unreachable",
      control: ping(lab.host, lan),
    });
    expect(unreachable, "why it is unreachable").toBe("no route");
  },
);

requirement(
  "NETNS-69",
  {
    must: "A veth end on the host MUST be without carrier while its peer in another namespace is down, and get it when that goes up",
    from: [D4("虚拟以太网对(veth pair)")],
    needs: NEEDS,
  },
  stage(site, async (lab) => {
    const pod = await lab.namespace("pod");
    const out = lab.device("p");
    await lab.run(`ip link add ${out} type veth peer name veth3 netns ${pod.name}`, `ip link set ${out} up`);
    const waiting = await look(lab.root);
    await lab.runIn(pod, "ip link set veth3 up");
    return { lab, out, waiting, up: await atThisMoment(settledUp(lab.root, out)) };
  }),
  ({ out, waiting, up }) => {
    mustLackCarrier(waiting, out);
    up();
  },
);
