import { expect } from "vitest";
import { chapter, D4 } from "../../../helpers/requirement/index.ts";
import { ipv4Of, kernelIn, NEEDS, names, plain, type Seen, shownIn } from "../look.ts";
import { across, connected, ISOLATED, mustLackCarrier, oneUp, withIpv6 } from "./site.ts";

const onAcross = chapter({ given: across, needs: NEEDS });

onAcross(
  "NETNS-52",
  {
    must: "`ip link add A netns N1 type veth peer name B netns N2` MUST create each end in its namespace",
    from: [D4("虚拟以太网对(veth pair)")],
  },
  ({ inNet1, inNet2 }) => {
    const ours = ({ kernel }: Seen): string[] => names(kernel).filter((name) => name.startsWith("veth"));
    expect(ours(inNet1), "ends in the first namespace").toEqual(["veth1"]);
    expect(ours(inNet2), "ends in the second namespace").toEqual(["veth2"]);
  },
);

onAcross(
  "NETNS-53",
  {
    must: "A pair made across two namespaces MUST show neither end in the current namespace",
    from: [D4("虚拟以太网对(veth pair)")],
  },
  ({ inNet1, inNet2, onHost }) => {
    const macs = [kernelIn(inNet1, "veth1").mac, kernelIn(inNet2, "veth2").mac];
    expect(
      onHost.kernel.filter(({ mac }) => macs.includes(mac)).map(({ name }) => name),
      "ends of the pair on the host",
    ).toEqual([]);
  },
);

onAcross(
  "NETNS-54",
  {
    must: "Interface indexes MUST be counted per namespace: both ends can have the same number, as first interfaces of theirs do",
    from: [ISOLATED, D4("虚拟以太网对(veth pair)")],
  },
  ({ inNet1, inNet2 }) => {
    const [one, two] = [kernelIn(inNet1, "veth1"), kernelIn(inNet2, "veth2")];
    // The kernel counts on from the interfaces that it made itself: lo, and fallback tunnels where there are some.
    const next = (seen: Seen, name: string): number =>
      Math.max(...seen.kernel.filter((other) => other.name !== name).map(({ index }) => index)) + 1;
    expect({ veth1: one.index, veth2: two.index }, "indexes of the two ends").toEqual({
      veth1: next(inNet1, "veth1"),
      veth2: next(inNet2, "veth2"),
    });
    expect(two.index, "index of veth2, both namespaces being alike").toBe(one.index);
    expect(two.peerIndex, "peer index of veth2").toBe(one.index);
  },
);

const onOneUp = chapter({ given: oneUp, needs: NEEDS });

onOneUp(
  "NETNS-55",
  {
    must: "With only one end of a pair up, that end MUST be without carrier",
    from: [D4("虚拟以太网对(veth pair)")],
  },
  ({ half }) => mustLackCarrier(half, "veth1"),
);

onOneUp(
  "NETNS-56",
  {
    must: "While the only end that is up is without carrier, its connected route MUST be marked linkdown",
    from: [D4("虚拟以太网对(veth pair)")],
  },
  ({ halfRoutes, subnet }) => {
    const route = connected(halfRoutes, subnet);
    expect(route, `route to ${subnet}`).toMatchObject({ interface: "veth1", source: subnet.host(1) });
    expect(route?.flags, `marks of the route to ${subnet}`).toContain("linkdown");
  },
);

onOneUp(
  "NETNS-57",
  {
    must: "While the only end that is up is without carrier, its IPv4 address MUST already be shown",
    from: [D4("虚拟以太网对(veth pair)")],
  },
  ({ half, subnet }) => {
    expect(plain(ipv4Of(shownIn(half, "veth1"))), "IPv4 addresses of veth1").toEqual([
      `${subnet.host(1)}/${subnet.prefix}`,
    ]);
  },
);

onOneUp(
  "NETNS-58",
  {
    must: "While the only end that is up is without carrier, it MUST have no IPv6 link-local address",
    from: [D4("虚拟以太网对(veth pair)")],
    needs: withIpv6,
  },
  ({ half }) => {
    expect(
      plain(shownIn(half, "veth1").addresses.filter(({ family }) => family === 6)),
      "IPv6 addresses of veth1",
    ).toEqual([]);
  },
);
