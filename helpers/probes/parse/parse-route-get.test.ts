import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRouteGet } from "./parse-route-get.ts";

test.each([
  // BusyBox 1.35
  ["198.41.0.4 via 192.0.2.1 dev eth0  src 192.0.2.2 \n", "eth0", "192.0.2.1", "192.0.2.2"],
  ["2001:503:ba3e::2:30 from :: via fd00::1 dev eth0  src fd00::2  metric 1024 \n", "eth0", "fd00::1", "fd00::2"],
  ["198.41.0.4 dev docker0  src 172.17.0.1 \n", "docker0", null, "172.17.0.1"],
  ["198.41.0.4 from 192.0.2.2 via 192.0.2.1 dev eth0 \n", "eth0", "192.0.2.1", "192.0.2.2"],
  // iproute2 6.1
  [
    "198.41.0.4 via 192.0.2.1 dev eth0 table 51820 src 192.0.2.2 uid 0 \n    cache \n",
    "eth0",
    "192.0.2.1",
    "192.0.2.2",
  ],
  ["198.41.0.4 via inet6 fe80::1 dev eth0 src 192.0.2.2 uid 0 \n    cache \n", "eth0", "fe80::1", "192.0.2.2"],
  ["198.41.0.4 dev ppp0 src 198.51.100.9 uid 1000 \n    cache mtu 1492 \n", "ppp0", null, "198.51.100.9"],
])("%j", (text, device, gateway, source) => {
  expect(parseRouteGet(text)).toEqual({ interface: device, gateway, source });
});

test.each([
  "",
  "RTNETLINK answers: Network is unreachable",
  "ip: RTNETLINK answers: Network unreachable",
  "unreachable 198.41.0.4 dev lo table unspec proto kernel src fd00::2 metric 4294967295 error -101 pref medium",
  "blackhole 198.41.0.4 dev lo",
  "local 192.0.2.2 dev lo table local src 192.0.2.2 uid 0",
])("no way: %j", (text) => {
  expect(parseRouteGet(text)).toBeNull();
});

test("whatever it is given it does not throw", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => parseRouteGet(text) !== undefined));
});
