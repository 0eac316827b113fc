import { expect, test } from "vitest";
import { readOverlays } from "./look-into-overlays.ts";

const MESH = "ptwhak5l2kjhh8ewtz3d3y3bg";
const OTHER = "suitlthrn1aaaaaaaaaaaaaaa";

/** What iproute2 6.19 printed in an overlay network's namespace on Engine 28.5, without what is not read. */
const LINKS = JSON.stringify([
  { ifindex: 1, ifname: "lo", flags: ["LOOPBACK", "UP", "LOWER_UP"] },
  { ifindex: 2, ifname: "br0", flags: ["BROADCAST", "MULTICAST", "UP"], linkinfo: { info_kind: "bridge" } },
  {
    ifindex: 89,
    ifname: "vxlan0",
    flags: ["BROADCAST", "MULTICAST"],
    master: "br0",
    linkinfo: { info_kind: "vxlan", info_data: { id: 4097, port: 4789 }, info_slave_kind: "bridge" },
  },
]);

test("a network's namespace is read, and one that is not there is told from one that could not be read", () => {
  expect(readOverlays([MESH], `=== ptwhak5l2k\n${LINKS}\n== end\n`)).toEqual([
    {
      networkId: MESH,
      links: [
        { name: "lo", index: 1, up: true, master: null, kind: "", vni: null },
        { name: "br0", index: 2, up: true, master: null, kind: "bridge", vni: null },
        { name: "vxlan0", index: 89, up: false, master: "br0", kind: "vxlan", vni: 4097 },
      ],
    },
  ]);
  expect(readOverlays([MESH, OTHER], "=== ptwhak5l2k\n== none\n=== suitlthrn1\n")).toEqual([
    { networkId: MESH, links: null },
  ]);
});

test("what was cut short is not read", () => {
  const whole = `=== ptwhak5l2k\n${LINKS}\n== end\n`;
  for (let length = 0; length < whole.length - 2; length += 7)
    expect(readOverlays([MESH], whole.slice(0, length))).toEqual([]);
});
