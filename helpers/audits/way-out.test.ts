import { expect, test } from "vitest";
import { SOMEBODY } from "../model/somebody.ts";
import { audit } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";

/** Containers may leave by the tunnel only: what a VPN's kill switch adds before the engine's rules. */
const KILL_SWITCH = "-A FORWARD ! -i eth0 -o eth0 -j REJECT --reject-with icmp-port-unreachable";

/** What deviates with these rules before the engine's own, where the kernel sends what is meant for the world by this device. */
function claimsBy(way: string, ...rules: readonly string[]): string[] {
  const snapshot = shop();
  const [eth0] = snapshot.host.links;
  if (eth0 === undefined) throw new Error("the host has an eth0");
  snapshot.host.links.push({ ...eth0, name: "tun0", index: 9 });
  snapshot.host.ways[SOMEBODY[4]] = way;
  const text = RULES.replace("-A FORWARD -j DOCKER-USER", (line) => [...rules, line].join("\n"));
  snapshot.host.filters = filtering(text) as typeof snapshot.host.filters;
  return [...new Set(audit(snapshot).deviations.map(({ claim }) => claim))];
}

test("under a VPN that takes all, its kill switch stops nothing that containers send to the world", () => {
  expect(claimsBy("tun0", KILL_SWITCH)).toEqual([]);
});

test("where the world is reached by the uplink, the same rule cuts containers off", () => {
  expect(claimsBy("eth0", KILL_SWITCH)).toEqual(["LIVE-07"]);
});

test("where the kernel knows no way, the uplink's is judged", () => {
  expect(claimsBy("RTNETLINK answers: Network is unreachable", KILL_SWITCH)).toEqual(["LIVE-07"]);
});

test("a rule against what no network uses (bogons) is no fault; one against everybody is", () => {
  expect(claimsBy("eth0", "-A FORWARD -i eth0 -s 198.51.100.0/24 -j DROP")).toEqual([]);
  expect(claimsBy("eth0", "-A FORWARD -i eth0 -j DROP")).toEqual(["LIVE-07", "LIVE-12"]);
});
