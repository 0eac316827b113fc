import { expect, test } from "vitest";
import { uplinkOf } from "./uplink.ts";

const LAN = "198.41.0.4 via 192.0.2.1 dev eth0  src 192.0.2.2 ";
const NONE: ReadonlySet<string> = new Set();

test("the kernel's own way out", () => {
  const answer = `ipv4 - ${LAN}\nipv6 - \nipv4 docker0 198.41.0.4 dev docker0  src 172.17.0.1 \nipv4 eth0 ${LAN}\n`;
  expect(uplinkOf(answer, "ipv4", NONE)).toEqual({ interface: "eth0", address: "192.0.2.2", gateway: "192.0.2.1" });
  expect(uplinkOf(answer, "ipv6", NONE)).toBeNull();
});

test("of two uplinks the one that the kernel takes, not the first", () => {
  const second = "198.41.0.4 via 203.0.113.1 dev eth1  src 203.0.113.2 ";
  const answer = `ipv4 - ${second}\nipv4 eth0 ${LAN}\nipv4 eth1 ${second}`;
  expect(uplinkOf(answer, "ipv4", NONE)?.interface).toBe("eth1");
});

test("under a VPN that takes all: the link that the VPN itself leaves by", () => {
  const answer = `ipv4 - 198.41.0.4 dev wg0  src 10.66.0.2 \nipv4 eth0 ${LAN}`;
  expect(uplinkOf(answer, "ipv4", NONE)).toEqual({ interface: "eth0", address: "192.0.2.2", gateway: "192.0.2.1" });
});

test("a tunnel that is all there is", () => {
  const answer = "ipv4 - 198.41.0.4 dev ppp0  src 198.51.100.9 ";
  expect(uplinkOf(answer, "ipv4", NONE)).toEqual({ interface: "ppp0", address: "198.51.100.9", gateway: "" });
});

test("without a way out: the one link that can lead anywhere, and none where two might", () => {
  const answer =
    "ipv4 - \nipv4 docker0 198.41.0.4 dev docker0  src 172.17.0.1 \nipv4 eth0 198.41.0.4 dev eth0  src 192.0.2.2 \n" +
    "ipv4 ifb0 198.41.0.4 dev ifb0  src 192.0.2.2 \nipv4 br-0123456789ab 198.41.0.4 dev br-0123456789ab  src 172.18.0.1 ";
  expect(uplinkOf(answer, "ipv4", new Set(["eth0", "docker0"]))).toEqual({
    interface: "eth0",
    address: "192.0.2.2",
    gateway: "",
  });
  expect(uplinkOf(answer, "ipv4", new Set(["eth0", "ifb0"]))).toBeNull();
  expect(uplinkOf("", "ipv4", NONE)).toBeNull();
});
