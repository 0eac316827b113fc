import { describe, expect, it } from "vitest";
import { decidingRoute } from "./deciding-route.ts";
import type { Packet } from "./firewall/packet.ts";

const out: Packet = { family: "ip", protocol: "icmp", source: "172.17.0.2", destination: "198.51.100.1", mark: 0 };
const RULES = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default";
const ROUTES =
  "default via 192.0.2.1 dev eth0\n172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1\n192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.7";

function lines(text: string): string[] {
  return text.split("\n").map((line) => line.replaceAll(/\s+/g, " "));
}

describe("the route that decides", () => {
  it.each<[string, string, string, Partial<Packet>, string | null]>([
    ["the default route", RULES, ROUTES, {}, "default via 192.0.2.1 dev eth0"],
    ["the longest prefix", RULES, `${ROUTES}\nblackhole 198.51.100.0/24`, {}, "blackhole 198.51.100.0/24"],
    [
      "a rule by source",
      `100:\tfrom 172.17.0.2 lookup 100\n${RULES}`,
      `${ROUTES}\nblackhole default table 100`,
      {},
      "blackhole default table 100",
    ],
    [
      "a rule of another source",
      `100:\tfrom 172.17.0.9 lookup 100\n${RULES}`,
      `${ROUTES}\nblackhole default table 100`,
      {},
      "default via 192.0.2.1 dev eth0",
    ],
    [
      "wg-quick's rules, unmarked",
      `98:\tfrom all lookup main suppress_prefixlength 0\n99:\tnot from all fwmark 0xca6c lookup 51820\n${RULES}`,
      `${ROUTES}\ndefault dev wg0 table 51820`,
      {},
      "default dev wg0 table 51820",
    ],
    [
      "wg-quick's rules, its own packets",
      `98:\tfrom all lookup main suppress_prefixlength 0\n99:\tnot from all fwmark 0xca6c lookup 51820\n${RULES}`,
      `${ROUTES}\ndefault dev wg0 table 51820`,
      { mark: 0xca6c },
      "default via 192.0.2.1 dev eth0",
    ],
    [
      "a throw",
      `100:\tfrom all lookup 100\n${RULES}`,
      `${ROUTES}\nthrow default table 100`,
      {},
      "default via 192.0.2.1 dev eth0",
    ],
    [
      "a rule of another device",
      `100:\tfrom all iif eth0 lookup 100\n${RULES}`,
      `${ROUTES}\nprohibit default table 100`,
      {},
      "default via 192.0.2.1 dev eth0",
    ],
    [
      "a rule of a protocol and a port",
      `100:\tfrom all ipproto tcp dport 8000-8999 lookup 100\n${RULES}`,
      `${ROUTES}\nblackhole default table 100`,
      { protocol: "tcp", destinationPort: 8080 },
      "blackhole default table 100",
    ],
    [
      "a rule of another port",
      `100:\tfrom all dport 8000-8999 lookup 100\n${RULES}`,
      `${ROUTES}\nblackhole default table 100`,
      { protocol: "tcp", destinationPort: 443 },
      "default via 192.0.2.1 dev eth0",
    ],
    [
      "a rule of what is urgent",
      `100:\tfrom all tos 0x10 lookup 100\n${RULES}`,
      `${ROUTES}\nblackhole default table 100`,
      {},
      "default via 192.0.2.1 dev eth0",
    ],
    [
      "a rule that is jumped over",
      `90:\tfrom all iif docker0 goto 110\n100:\tfrom all lookup 100\n110:\tfrom all nop\n${RULES}`,
      `${ROUTES}\nblackhole default table 100`,
      {},
      "default via 192.0.2.1 dev eth0",
    ],
    ["no route", RULES, "172.17.0.0/16 dev docker0", {}, null],
  ])("%s", (_, rules, routes, more, route) => {
    expect(
      decidingRoute({ rules: lines(rules), routes: lines(routes) }, { ...out, ...more }, "docker0")?.route ?? null,
    ).toBe(route);
  });
});
