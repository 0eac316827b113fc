import { expect, test } from "vitest";
import { parseIpRoute } from "../probes/parse/parse-ip-route.ts";
import { audit } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";

/** What is noted of published ports on a host with these policy rules, routes and rules of the packet filter. */
function noted(rules: readonly string[], routes: readonly string[], ...filter: readonly string[]): string[] {
  const snapshot = shop();
  const [eth0] = snapshot.host.links;
  if (eth0 === undefined) throw new Error("the host has an eth0");
  snapshot.host.links.push({ ...eth0, name: "utun", index: 9 });
  snapshot.host.rules.push(...rules);
  snapshot.host.routes.push(...(parseIpRoute(routes.join("\n")) as typeof snapshot.host.routes));
  snapshot.host.filters = filtering([RULES, ...filter].join("\n")) as typeof snapshot.host.filters;
  const { deviations, notes } = audit(snapshot);
  expect(deviations).toEqual([]);
  return notes.filter(({ key }) => /^(hidden|answered) by/.test(key)).map(({ what }) => what);
}

/** As clash and sing-box make them: what the host itself sends from its own address stays with the main table. */
const TUNNEL = [
  "9500: not from all dport 53 lookup main suppress_prefixlength 0",
  "9501: from all ipproto icmp goto 9540",
  "9510: not from all iif lo lookup 19705",
  "9520: from 0.0.0.0 iif lo uidrange 0-4294967294 lookup 19705",
  "9540: from all nop",
];

test("under a tunnel that takes what is forwarded, clients beyond the uplink are answered by the tunnel", () => {
  const [one, ...others] = noted(TUNNEL, ["default dev utun table 19705"]);
  expect(one).toContain("What containers answer to clients beyond eth0 leaves by utun");
  expect(one).toContain("9510: not from all iif lo lookup 19705");
  expect(new Set(others)).toEqual(new Set([one]));
});

test("where the host's own answers go by the tunnel as well, or containers' by the uplink, nothing is noted", () => {
  const all = ["5000: not from all fwmark 0xca6c lookup 51820"];
  expect(noted(all, ["default dev utun table 51820"])).toEqual([]);
  expect(noted(["512: from 192.0.2.10 lookup 101"], ["default via 192.0.2.1 dev eth0 table 101"])).toEqual([]);
  expect(
    noted(
      ["9504: from all iif docker0 goto 9540", "9504: from all iif br-fc57f91b6867 goto 9540", ...TUNNEL],
      ["default dev utun table 19705"],
    ),
  ).toEqual([]);
});

test("what gives clients an address of this host is noted, what masquerades on the way out is not", () => {
  const nat = (rule: string) => ["*nat", ":POSTROUTING ACCEPT [0:0]", rule, "COMMIT"];
  expect(new Set(noted([], [], ...nat("-A POSTROUTING -j MASQUERADE")))).toEqual(
    new Set([expect.stringContaining("`iptables -t nat -A POSTROUTING -j MASQUERADE` gives each client")]),
  );
  expect(noted([], [], ...nat("-A POSTROUTING -o eth0 -j MASQUERADE"))).toEqual([]);
});
