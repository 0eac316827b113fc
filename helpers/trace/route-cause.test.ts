import { describe, expect, it } from "vitest";
import type { Packet } from "../snapshot/firewall/index.ts";
import { misrouted, readPrinted, routeCauses } from "./route-cause.ts";
import type { Space } from "./spaces.ts";

const host: Space = {
  where: { kind: "host" },
  pid: 1,
  links: [
    {
      index: 2,
      name: "docker0",
      flags: ["UP"],
      mtu: 1500,
      addresses: [{ family: 4, address: "172.17.0.1", prefix: 16, scope: "global" }],
    },
    {
      index: 3,
      name: "eth0",
      flags: ["UP"],
      mtu: 1500,
      addresses: [{ family: 4, address: "192.0.2.7", prefix: 24, scope: "global" }],
    },
  ],
};
const out: Packet = { family: "ip", protocol: "icmp", source: "172.17.0.2", destination: "198.51.100.1", mark: 0 };
const RULES = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default";
const ROUTES =
  "default via 192.0.2.1 dev eth0\n172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1\n192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.7";

function printed(
  rules: string,
  routes: string,
  chosen: string,
  sysctls = "ipv4/conf/all/forwarding 1\nipv4/conf/docker0/forwarding 1",
): ReturnType<typeof readPrinted> {
  return readPrinted(
    `== rules\n${rules}\n== routes\n${routes}\n== chosen\n${chosen}\n== reverse\n172.17.0.2 dev docker0 src 172.17.0.1\n== sysctls\n${sysctls}\n`,
  );
}

const GOOD = "198.51.100.1 from 172.17.0.2 via 192.0.2.1 dev eth0";

it("a kernel whose rules ask the main table no more has no way, and the rule is the cause", () => {
  const unreachable = "RTNETLINK answers: Network is unreachable";
  const routing = printed("0:\tfrom all lookup local", ROUTES, unreachable);
  const [cause] = routeCauses(host, routing, out, "docker0", true, null);
  expect(cause?.what).toContain("No policy rule of this host asks the main routing table");
  expect(cause?.remedies[0]?.commands).toEqual(["ip rule add lookup main pref 32766"]);
  const [other] = routeCauses(host, printed(RULES, "", unreachable), out, "docker0", true, null);
  expect(other?.what).toContain("There is no route");
});

describe("causes in the routing", () => {
  it("a healthy host has none", () => {
    expect(routeCauses(host, printed(RULES, ROUTES, GOOD), out, "docker0", true, null)).toEqual([]);
  });

  it("a harmless rule that repairs is not blamed", () => {
    const rules = `100:\tfrom all to 172.17.0.0/16 lookup main\n${RULES}`;
    expect(routeCauses(host, printed(rules, ROUTES, GOOD), out, "docker0", true, null)).toEqual([]);
  });

  it("a blackhole is taken away by its own words", () => {
    const rules = `100:\tfrom 172.17.0.2 lookup 100\n${RULES}`;
    const [cause] = routeCauses(
      host,
      printed(rules, `${ROUTES}\nblackhole default table 100`, "RTNETLINK answers: Invalid argument"),
      out,
      "docker0",
      true,
      "NOT_SPECIFIED",
    );
    expect(cause?.remedies.map(({ commands }) => commands[0])).toEqual([
      "ip route del blackhole default table 100",
      "ip rule del pref 100",
    ]);
  });

  it("forwarding that is off, of one device", () => {
    const [cause] = routeCauses(
      host,
      printed(RULES, ROUTES, GOOD, "ipv4/conf/all/forwarding 1\nipv4/conf/docker0/forwarding 0"),
      out,
      "docker0",
      true,
      "IP_INADDRERRORS",
    );
    expect(cause?.remedies[0]?.commands).toEqual(["sysctl -w net.ipv4.conf.docker0.forwarding=1"]);
  });

  it("strict rp_filter is told only where the kernel may mean it", () => {
    const strict = readPrinted(
      `== rules\n${RULES}\n== routes\n${ROUTES}\n== chosen\n${GOOD}\n== reverse\n172.17.0.2 dev tun0\n== sysctls\nipv4/conf/all/rp_filter 1\nipv4/conf/docker0/rp_filter 0\nipv4/conf/docker0/forwarding 1\n`,
    );
    expect(routeCauses(host, strict, out, "docker0", true, "IP_RPFILTER")).toHaveLength(1);
    expect(routeCauses(host, strict, out, "docker0", true, "IP_INNOROUTES")).toEqual([]);
  });

  it("a container's network that is routed elsewhere", () => {
    const back: Packet = { ...out, source: "198.51.100.1", destination: "172.17.0.2" };
    const routing = printed(
      RULES,
      `172.17.0.0/17 dev tun9 scope link\n${ROUTES}`,
      "172.17.0.2 from 198.51.100.1 dev tun9",
    );
    const [cause] = misrouted(host, routing, back, "eth0");
    expect(cause?.what).toContain("leads by tun9, not by docker0");
    expect(cause?.remedies[0]?.commands).toEqual(["ip route del 172.17.0.0/17 dev tun9"]);
    expect(misrouted(host, printed(RULES, ROUTES, "172.17.0.2 from 198.51.100.1 dev docker0"), back, "eth0")).toEqual(
      [],
    );
  });
});
