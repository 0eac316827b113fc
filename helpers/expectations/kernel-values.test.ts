import { expect, test } from "vitest";
import { valuesAgainst, valuesOfHost } from "./kernel-values.ts";

const BRIDGE = { name: "shop", device: "br-5", internal: false, families: [4, 6] } as const;
const HEALTHY = {
  "ipv4/ip_forward": "1",
  "ipv4/conf/all/arp_ignore": "0",
  "ipv4/conf/default/forwarding": "1",
  "ipv4/conf/br-5/forwarding": "1",
  "ipv4/conf/br-5/arp_ignore": "0",
  "ipv6/conf/default/disable_ipv6": "0",
  "ipv6/conf/br-5/disable_ipv6": "0",
  "ipv4/neigh/br-5/mcast_solicit": "3",
  "ipv4/neigh/br-5/unres_qlen_bytes": "212992",
  "netfilter/nf_conntrack_icmp_timeout": "30",
  "ipv6/icmp/echo_ignore_all": "0",
};
const named = (broken: Readonly<Record<string, string>>, bridge: Parameters<typeof valuesAgainst>[1] = BRIDGE) =>
  valuesAgainst({ ...HEALTHY, ...broken }, bridge).map(({ name, right }) => `${name}=${right}`);

test("a healthy host has none", () => {
  expect(named({})).toEqual([]);
  expect(valuesOfHost(HEALTHY)).toEqual([]);
});

test.each([
  ["ipv4/conf/br-5/forwarding", "0", "net.ipv4.conf.br-5.forwarding=1"],
  ["ipv4/conf/all/arp_ignore", "8", "net.ipv4.conf.all.arp_ignore=0"],
  ["ipv4/conf/br-5/arp_ignore", "8", "net.ipv4.conf.br-5.arp_ignore=0"],
  ["ipv6/conf/br-5/disable_ipv6", "1", "net.ipv6.conf.br-5.disable_ipv6=0"],
  ["ipv4/neigh/br-5/mcast_solicit", "0", "net.ipv4.neigh.br-5.mcast_solicit=3"],
  ["ipv4/neigh/br-5/unres_qlen_bytes", "0", "net.ipv4.neigh.br-5.unres_qlen_bytes=212992"],
])("%s = %s ends packets, and is told by its own name", (path, value, told) => {
  expect(named({ [path]: value })).toEqual([told]);
});

test("what every new device gets is the thing to mend, with the devices that are there", () => {
  const [found] = valuesAgainst(
    { ...HEALTHY, "ipv4/conf/br-5/forwarding": "0", "ipv4/conf/default/forwarding": "0" },
    BRIDGE,
  );
  expect(found?.name).toBe("net.ipv4.conf.default.forwarding");
  expect(found?.commands).toEqual([
    "sysctl -w net.ipv4.conf.default.forwarding=1",
    expect.stringContaining("br-*; do [ -e $d ] && echo 1 >$d/forwarding"),
  ]);
});

test("a default alone does nothing to a bridge that has its own, nor IPv6 to one that has none", () => {
  expect(named({ "ipv4/conf/default/forwarding": "0" })).toEqual([]);
  expect(named({ "ipv6/conf/br-5/disable_ipv6": "1" }, { ...BRIDGE, families: [4] })).toEqual([]);
  expect(named({ "ipv4/conf/br-5/forwarding": "0" }, { ...BRIDGE, internal: true })).toEqual([]);
  // With the switch of the whole host off, that one is the cause.
  expect(named({ "ipv4/conf/br-5/forwarding": "0", "ipv4/ip_forward": "0" })).toEqual([]);
});

test.each(["0", "1"])("connections that are forgotten after %s s are told", (value) => {
  expect(valuesOfHost({ ...HEALTHY, "netfilter/nf_conntrack_icmp_timeout": value })).toMatchObject([
    {
      name: "net.netfilter.nf_conntrack_icmp_timeout",
      commands: ["sysctl -w net.netfilter.nf_conntrack_icmp_timeout=30"],
    },
  ]);
  expect(valuesOfHost({ ...HEALTHY, "netfilter/nf_conntrack_icmp_timeout": "2" })).toEqual([]);
});
