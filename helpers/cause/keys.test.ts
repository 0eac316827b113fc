import { expect, test } from "vitest";
import { policyRuleKey, routeKey } from "./keys.ts";

test.each([
  ["10.8.0.0/24 via 10.8.0.1 dev tun0 proto static metric 50", "`10.8.0.0/24 via 10.8.0.1 dev tun0`"],
  ["blackhole 172.18.0.3 dev lo proto boot", "`blackhole 172.18.0.3`"],
  ["unreachable default table 100 metric 4294967295", "`unreachable default` (table 100)"],
  ["172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1", "unicast 172.17.0.0/16 dev docker0"],
])("`%s` is the route %s", (printed, told) => {
  expect(routeKey(printed)).toBe(routeKey(told));
});

test("other kinds, devices, gateways and tables are other routes", () => {
  const routes = ["10.0.0.0/8 dev a", "10.0.0.0/8 dev b", "10.0.0.0/8 via 1.1.1.1 dev a", "blackhole 10.0.0.0/8"];
  expect(new Set([...routes, "10.0.0.0/8 dev a table 7"].map(routeKey)).size).toBe(5);
});

test("a policy rule is the same however its columns are spaced", () => {
  expect(policyRuleKey("100:\tfrom 172.17.0.0/16 lookup 100 ")).toBe(
    policyRuleKey("100: from 172.17.0.0/16 lookup 100"),
  );
});
