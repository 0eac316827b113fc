import { expect, test } from "vitest";
import type { Evidence } from "../model/evidence.ts";
import { readHost } from "./look-at-host.ts";

/** Parts of what the script printed on a host with Engine 20.10 (Linux 6.18, iproute2 6.1, BusyBox 1.35). */
const PRINTED = `== links
docker0 5 5 02:42:d7:c7:d4:74 1500 0x1003 0 down 0 8000.0242d7c7d474 0 -
veth1 7 6 62:e7:59:3d:dd:cb 1500 0x1003 1 up 0 - - docker0
== addresses
== ports
veth1 0 0 1 1 1 3 0x1
== forwarding
> /sys/class/net/docker0/brforward
 02 42 0a 14 bb 02 01 00 00 00 00 00 00 00 00 00
 62 e7 59 3d dd cb 01 01 00 00 00 00 00 00 00 00
 02 42 0a 14 bb 03 02 00 2c 01 00 00 01 00 00 00
 02 42 0a 14 bb 04 02 00 00 00 00 00 01 00 00 00
== sockets
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
== ways
? 172.17.0.2
? 10.9.9.9
? 192.0.2.9
? 172.17.0.2
172.17.0.2 dev docker0 src 172.17.0.1 uid 0
? 10.9.9.9
10.9.9.9 via 192.0.2.1 dev eth0 src 192.0.2.2 uid 0
`;

function read(stdout: string) {
  const looked = { vantage: "host", command: "", exitCode: 0, timedOut: false, stdout, stderr: "", ms: 1 };
  return readHost({
    looked: looked as unknown as Evidence,
    programs: "",
    filters: null,
    macvlans: "",
    namespaces: {},
  } as Parameters<typeof readHost>[0]);
}

test("of a forwarding table what has no age, its ports above 255 as well", () => {
  expect(read(PRINTED).forwarding).toEqual([
    { bridge: "docker0", mac: "02:42:0a:14:bb:02", port: 1, local: false },
    { bridge: "docker0", mac: "62:e7:59:3d:dd:cb", port: 1, local: true },
    { bridge: "docker0", mac: "02:42:0a:14:bb:04", port: 258, local: false },
  ]);
  expect(read(PRINTED).ports).toMatchObject([{ name: "veth1", number: 1, state: 3, hairpin: false }]);
});

test("by which device the kernel sends; an address without an answer has no way", () => {
  expect(read(PRINTED).ways).toEqual({ "172.17.0.2": "docker0", "10.9.9.9": "eth0", "192.0.2.9": "no way" });
});

test("the same of BusyBox, which tells each refusal", () => {
  const text = PRINTED.replace(/== ways[\s\S]*/, "== ways\n? 10.1.1.1\nRTNETLINK answers: Network is unreachable\n");
  expect(read(text).ways).toEqual({ "10.1.1.1": "RTNETLINK answers: Network is unreachable" });
});

test("a refusing route of IPv6 is told as one by the loopback: it leads nowhere", () => {
  const told =
    "== ways\n? fd00:5a::2\nunreachable fd00:5a::2 from :: dev lo table 100 proto unspec metric 4294967295\n";
  expect(read(PRINTED.replace(/== ways[\s\S]*/, told)).ways).toEqual({ "fd00:5a::2": "unreachable" });
});

test("policy rules of either family", () => {
  const text = PRINTED.replace(
    "== ways",
    "== rules\n0:\tfrom all lookup local\n90:\tfrom all lookup unspec prohibit\n== rules 6\n9:\tfrom all to fc00::/7 lookup 100\n== ways",
  );
  expect(read(text)).toMatchObject({
    rules: ["90: from all prohibit"],
    rules6: ["9: from all to fc00::/7 lookup 100"],
    unasked6: ["local", "main"],
  });
});

test("the kernel's tables that not all packets come to: those whose rule is gone, and none where no rule was told", () => {
  const asked = (rules: string) => read(PRINTED.replace("== ways", `== rules\n${rules}\n== ways`)).unasked;
  expect(asked("0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default")).toEqual([]);
  expect(asked("0:\tfrom all lookup local")).toEqual(["main"]);
  expect(asked("100:\tfrom all lookup local\n32766:\tfrom all lookup main")).toEqual([]);
  expect(asked("32766:\tfrom all lookup main")).toEqual(["local"]);
  expect(asked("0:\tfrom all lookup local\n50:\tfrom all to 10.0.0.0/8 lookup main")).toEqual(["main"]);
  expect(asked("")).toEqual([]);
});

test("locked ports of bridges, as iproute2 7.2 prints them", () => {
  const told = `5: vt@vt2: <BROADCAST,MULTICAST,M-DOWN> mtu 1500 master brt state disabled priority 32 cost 2 
    hairpin off guard off learning on flood on neigh_suppress off vlan_tunnel off isolated off locked on mab off
--
7: veth9@if8: <BROADCAST> mtu 1500 master brt state forwarding
    hairpin off locked on mab off
`;
  expect(read(PRINTED.replace("== ways", `== locked\n${told}== ways`)).lockedPorts).toEqual(["vt", "veth9"]);
  expect(read(PRINTED).lockedPorts).toEqual([]);
});
