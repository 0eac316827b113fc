import { expect, test } from "vitest";
import { readStanding } from "./standing.ts";

// In the form of BusyBox 1.35 and iptables 1.8.9; the routes of a VPN put together by hand.
const ANSWER = `== routes
default via 192.0.2.1 dev eth0
10.8.0.0/24 dev tun0 scope link  src 10.8.0.2
10.50.78.0/24 dev br-789babbed766 scope link  src 10.50.78.1
172.17.0.0/16 dev docker0 scope link  src 172.17.0.1
192.0.2.0/24 dev eth0 scope link  src 192.0.2.2
blackhole 198.51.100.0/24
203.0.113.7 via 192.0.2.1 dev eth0 table 220
local 192.0.2.2 dev eth0 table local scope host  src 192.0.2.2
broadcast 192.0.2.255 dev eth0 table local scope link  src 192.0.2.2
== iptables
iptables v1.8.9 (nf_tables)
-P FORWARD DROP
-A FORWARD -j DOCKER-USER
== mtus
docker0 1500
eth0 1400
`;

test("routes without Docker's own, policy, program and MTUs", () => {
  expect(readStanding(ANSWER)).toEqual({
    routes: [
      { destination: "10.8.0.0/24", device: "tun0", onLink: true, table: "main" },
      { destination: "192.0.2.0/24", device: "eth0", onLink: true, table: "main" },
      { destination: "198.51.100.0/24", device: "", onLink: false, table: "main" },
      { destination: "203.0.113.7/32", device: "eth0", onLink: false, table: "220" },
    ],
    forwardPolicy: "DROP",
    iptables: "v1.8.9 (nf_tables)",
    mtus: { docker0: 1500, eth0: 1400 },
  });
});

test("a host that answers nothing has nothing", () => {
  expect(readStanding("")).toEqual({ routes: [], forwardPolicy: "", iptables: "", mtus: {} });
});
