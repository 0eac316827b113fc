import { expect, test } from "vitest";
import { filtering, RULES, shop } from "./testing/shop.ts";
import { insideOf, type Shop } from "./testing/strikes.ts";
import { auditWaysToServers } from "./ways-to-servers.ts";

/** The shop, whose web asks these servers by itself, with other rules; what is told of web. */
function asking(servers: readonly string[], rules = RULES): Shop {
  const snapshot = shop();
  insideOf(snapshot, "web").resolvConf = servers.map((server) => `nameserver ${server}\n`).join("");
  snapshot.host.filters = filtering(rules) as typeof snapshot.host.filters;
  return snapshot;
}

const told = (snapshot: Shop) =>
  auditWaysToServers(snapshot)
    .notes.map(({ what }) => what)
    .filter((what) => /\bweb\b/.test(what));
/** The rules of a healthy host behind one of somebody else's. */
const behind = (rule: string) => RULES.replace(/(\*filter\n(?::.*\n)+)/, `$1${rule}\n`);

test("nothing stands in the way of a healthy host's containers", () => {
  expect(told(asking(["192.0.2.53", "172.17.0.1", "127.0.0.1"]))).toEqual([]);
});

test.each([
  ["a rule of FORWARD, of a server beyond", "192.0.2.53", "-A FORWARD -p udp --dport 53 -j DROP"],
  ["a rule of INPUT, of one of the host's own", "172.17.0.1", "-A INPUT -i docker0 -p udp -m udp --dport 53 -j REJECT"],
])("%s", (_what, server, rule) => {
  expect(told(asking([server], behind(rule)))).toEqual([
    expect.stringMatching(
      new RegExp(`keeps .*\\bweb\\b.* from asking the name server ${server.replaceAll(".", "\\.")}: .*--dport 53`),
    ),
  ]);
});

test("a rule about others, or about the other way, is none", () => {
  expect(told(asking(["172.17.0.1"], behind("-A FORWARD -p udp --dport 53 -j DROP")))).toEqual([]);
  expect(told(asking(["192.0.2.53"], behind("-A INPUT -p udp --dport 53 -j DROP")))).toEqual([]);
  expect(told(asking(["192.0.2.53"], behind("-A FORWARD -p tcp --dport 25 -j DROP")))).toEqual([]);
});

test("who may administer its network asks by a way of its own", () => {
  const snapshot = asking(["192.0.2.53"], behind("-A FORWARD -p udp --dport 53 -j DROP"));
  for (const container of snapshot.containers) container.administersNetwork = true;
  expect(told(snapshot)).toEqual([]);
});
