import { expect, test } from "vitest";
import { SOMEBODY } from "../model/somebody.ts";
import { audit } from "./judge.ts";
import { shop } from "./testing/shop.ts";
import { withIpv6 } from "./testing/strikes.ts";

/** What is found on a host with these policy rules, and a table that leads nowhere. */
function found(...rules: string[]): string[] {
  const snapshot = shop();
  snapshot.host.rules = rules;
  snapshot.host.routes = [
    ...snapshot.host.routes,
    { type: "blackhole", destination: "default", table: "99", flags: [], nextHops: [] },
    { type: "unicast", destination: "default", interface: "eth0", table: "98", flags: [], nextHops: [] },
  ];
  return audit(snapshot).deviations.map(({ claim, reason, effect }) => `${claim} ${reason.key}: ${effect}`);
}

const CUT = "reach nothing beyond this host, and other machines get no answer from them.";

test.each([
  ["100: from 172.17.0.2 lookup 99", "web"],
  ["50: from 10.44.0.0/24 prohibit", "api"],
  ["50: from all iif docker0 blackhole", "web"],
  ["50: from all iif br-fc57f91b6867 unreachable", "api"],
])("%s leads what %s sends nowhere", (rule, name) => {
  expect(found(rule)).toEqual([`LIVE-07 policy rule ${rule}: ${name} ${CUT}`]);
});

test.each(["40000: from all unreachable", "40000: from 172.17.0.0/16 blackhole", "20: from all goto 32766"])(
  "%s stops nobody: the main table is asked before it, or by it",
  (rule) => expect(found(rule)).toEqual([]),
);

test("a rule that skips the main table leaves no way", () => {
  const rule = "20: from 10.44.0.0/24 goto 32767";
  expect(found(rule)).toEqual([`LIVE-07 policy rule ${rule}: api ${CUT}`]);
});

test.each([
  ["90: from all ipproto udp dport 53 lookup 99", "53/udp"],
  ["90: from all ipproto tcp lookup 99", "443/tcp, 80/tcp"],
  ["90: from all dport 1-100 prohibit", "80/tcp, 53/udp"],
])("%s takes what is for %s", (rule, at) => {
  expect(found(rule)).toEqual([
    `LIVE-07 policy rule ${rule}: web reach nothing beyond this host at ${at}.`,
    `LIVE-07 policy rule ${rule}: api reach nothing beyond this host at ${at}.`,
  ]);
});

test.each([
  "100: from 172.17.0.2 lookup 98",
  "90: from all tos 0x10 lookup 99",
  "90: from all uidrange 1000-1999 lookup 99",
  "90: from all ipproto udp sport 4500 lookup 99",
  "100: from 192.0.2.10 lookup 99",
  "100: from 172.17.0.2 to 10.0.0.0/8 lookup 99",
  "100: from all fwmark 0x1 lookup 99",
  "100: from 172.17.0.9 prohibit",
])("%s leaves what containers send beyond the host a way", (rule) => {
  expect(found(rule)).toEqual([]);
});

test("by IPv6 as well: a rule there takes what is sent there, and one of IPv4 does not", () => {
  const told = (rules6: string[]): string[] => {
    const snapshot = shop();
    withIpv6(snapshot);
    Object.assign(snapshot.host, { rules6, unasked6: [] });
    snapshot.host.ways[SOMEBODY[6]] = "eth0";
    const gateway = { gateway: "fe80::1", interface: "eth0" };
    snapshot.host.routes.push({
      type: "unicast",
      destination: "default",
      ...gateway,
      flags: [],
      nextHops: [],
    } as never);
    const { deviations } = audit(snapshot);
    return deviations.filter(({ claim }) => claim === "LIVE-07").map(({ effect }) => effect);
  };
  expect(told(["500: from fd00:17::/64 prohibit"])).toEqual([
    "web reach nothing beyond this host by IPv6, and other machines get no answer from them.",
  ]);
  expect(told(["500: from fd00:99::/64 prohibit"])).toEqual([]);
});
