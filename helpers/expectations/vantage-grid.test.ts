import { describe, expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import { GRID_VANTAGES, gridExpectation, IP_FAMILIES, makesIpv6Rules, unpublishedByRoute } from "./vantage-grid.ts";

/** Where a published port is shut, as the grids of the three engines showed. */
function shut(version: string, configuration = {}): string[] {
  const facts = factsOf(version, configuration);
  return IP_FAMILIES.flatMap((family) =>
    GRID_VANTAGES.filter((vantage) => gridExpectation(facts, { vantage, family })?.outcome === "timed out").map(
      (vantage) => `${family} ${vantage}`,
    ),
  );
}

describe("where a port published on every address is shut", () => {
  test("before 28.0 nowhere, with the userland proxy; IPv6 without it everywhere but by route", () => {
    for (const version of ["20.10.24", "26.1.5"]) {
      expect(shut(version)).toEqual([]);
      expect(shut(version, { "userland-proxy": false })).toEqual([
        "IPv4 other network",
        "IPv6 own container",
        "IPv6 same network",
        "IPv6 other network",
        "IPv6 host loopback",
        "IPv6 host address",
        "IPv6 outside",
      ]);
    }
  });

  test("on 28.5 by route, and without the userland proxy to other networks and at [::1]", () => {
    expect(shut("28.5.2")).toEqual(["IPv4 neighbour with a route", "IPv6 neighbour with a route"]);
    expect(shut("28.5.2", { "userland-proxy": false })).toEqual([
      "IPv4 other network",
      "IPv4 neighbour with a route",
      "IPv6 other network",
      "IPv6 host loopback",
      "IPv6 neighbour with a route",
    ]);
  });

  test("the way by route is open again with allow-direct-routing, and without rules of Docker's", () => {
    expect(shut("28.5.2", { "allow-direct-routing": true })).toEqual([]);
    expect(shut("28.5.2", { iptables: false, ip6tables: false })).toEqual([]);
  });

  test("nothing is said of what was not measured", () => {
    const facts = factsOf("28.5.2", { iptables: false, "userland-proxy": false });
    expect(gridExpectation(facts, { vantage: "outside", family: "IPv4" })).toBeNull();
  });
});

test.each([
  ["20.10.24", {}, false],
  ["20.10.24", { ip6tables: true }, false],
  ["26.1.5", { ip6tables: true, experimental: true }, true],
  ["28.5.2", {}, true],
  ["28.5.2", { ip6tables: false }, false],
])("Engine %s with %j makes IPv6 rules: %s", (version, configuration, makes) => {
  expect(makesIpv6Rules(factsOf(version, configuration))).toBe(makes);
  expect(unpublishedByRoute(factsOf(version, configuration), "IPv6").outcome).toBe(makes ? "timed out" : "replied");
});
