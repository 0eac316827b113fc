import { describe, expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import { capturedRules, rulesOf } from "./captured/iptables-save.ts";
import * as firewall from "./firewall.ts";
import type { Rule, RuleFinding } from "./rule-match.ts";

/** As moby documents Engine 29's rules (integration/network/bridge/iptablesdoc): docker0 and one network with the port 19091. */
const ENGINE_29 = `*raw
-A PREROUTING -d 10.44.0.2/32 ! -i br-0123456789ab -j DROP
*filter
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-FORWARD
-A DOCKER -d 10.44.0.2/32 ! -i br-0123456789ab -o br-0123456789ab -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER ! -i docker0 -o docker0 -j DROP
-A DOCKER ! -i br-0123456789ab -o br-0123456789ab -j DROP
-A DOCKER-BRIDGE -o docker0 -j DOCKER
-A DOCKER-BRIDGE -o br-0123456789ab -j DOCKER
-A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A DOCKER-CT -o br-0123456789ab -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A DOCKER-FORWARD -j DOCKER-CT
-A DOCKER-FORWARD -j DOCKER-INTERNAL
-A DOCKER-FORWARD -j DOCKER-BRIDGE
-A DOCKER-FORWARD -i docker0 -j ACCEPT
-A DOCKER-FORWARD -i br-0123456789ab -j ACCEPT
*nat
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 10.44.0.0/24 ! -o br-0123456789ab -j MASQUERADE
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -d 192.0.2.10/32 ! -i br-0123456789ab -p tcp -m tcp --dport 19091 -j DNAT --to-destination 10.44.0.2:80
`;

/** The engines: version, configuration and rules; all published 19091 on 192.0.2.10 for 10.44.0.2:80. */
const ENGINES = [
  ["20.10.24", {}, capturedRules("20.10.24")],
  ["26.1.5", {}, capturedRules("26.1.5")],
  ["28.5.2", {}, capturedRules("28.5.2")],
  ["29.0.0", {}, rulesOf(ENGINE_29)],
  ["26.1.5", { "userland-proxy": false }, capturedRules("26.1.5-userland-proxy-off")],
  ["28.5.2", { "userland-proxy": false }, capturedRules("28.5.2-userland-proxy-off")],
] as const;

/** The device of the user-defined network, which every dump names differently. */
function userDevice(rules: readonly Rule[]): string {
  const device = rules.flatMap((rule) => rule.args).find((arg) => arg.startsWith("br-"));
  if (device === undefined) throw new Error("the dump names no br-… device");
  return device;
}

describe.each(ENGINES)("the rules of Engine %s with %j", (version, configuration, rules) => {
  const facts = factsOf(version, configuration);
  const device = userDevice(rules);
  const port = {
    hostIp: "192.0.2.10",
    hostPort: 19091,
    protocol: "tcp",
    to: { address: "10.44.0.2", port: 80 },
    device,
  } as const;

  const present: Record<string, RuleFinding> = {
    "nat PREROUTING": firewall.jumpsToDockerFromPrerouting(rules),
    "nat OUTPUT": firewall.jumpsToDockerFromOutput(facts, rules),
    "masquerade docker0": firewall.masquerades(rules, "172.17.0.0/16", "docker0"),
    "masquerade network": firewall.masquerades(rules, "10.44.0.0/24", device),
    dnat: firewall.dnat(facts, rules, port),
    "accept published": firewall.acceptsPublished(rules, port),
    replies: firewall.acceptsReplies(facts, rules, "docker0"),
    incoming: firewall.filtersIncoming(facts, rules, "docker0"),
    outgoing: firewall.acceptsOutgoing(facts, rules, "docker0"),
    within: firewall.judgesWithin(facts, rules, "docker0", { icc: true }),
    "outgoing network": firewall.acceptsOutgoing(facts, rules, device),
  };
  test.each(Object.entries(present))("have %s", (_, finding) => {
    expect(finding).toMatchObject({ present: true });
    expect(finding.nearest).toHaveLength(1);
  });

  test("keep every bridge apart", () => {
    for (const bridge of ["docker0", device]) {
      for (const finding of firewall.isolation(facts, rules, bridge)) expect(finding).toMatchObject({ present: true });
    }
  });

  test("have what depends on version and proxy exactly where it is expected", () => {
    expect(firewall.selfMasquerade(rules, port).present).toBe(firewall.expectsSelfMasquerade(facts));
    expect(firewall.returnsEarly(rules, "docker0").present).toBe(firewall.expectsEarlyReturn(facts));
    expect(firewall.masqueradesHost(rules, "docker0").present).toBe(!firewall.usesProxy(facts));
    const direct = firewall.dropsDirectAccess(facts, rules, { address: "10.44.0.2", device });
    expect(direct?.present ?? null).toBe(version.startsWith("2") && Number.parseInt(version, 10) < 28 ? null : true);
    expect(firewall.dropsUnpublished(rules, device).present).toBe(Number.parseInt(version, 10) >= 28);
  });

  test("do not have what nobody asked for", () => {
    expect(firewall.dnat(facts, rules, { ...port, hostPort: 1 }).present).toBe(false);
    expect(firewall.dnat(facts, rules, { ...port, hostIp: "0.0.0.0" }).present).toBe(false);
    expect(firewall.masquerades(rules, "10.44.0.0/24", "docker0").present).toBe(false);
    expect(firewall.judgesWithin(facts, rules, "docker0", { icc: false }).present).toBe(false);
  });
});

test("icc off is a DROP within the bridge and an ACCEPT of everything else from it", () => {
  const facts = factsOf("28.5.2", { icc: false });
  const rules = capturedRules("28.5.2-icc-off");
  expect(firewall.judgesWithin(facts, rules, "docker0", { icc: false })).toMatchObject({
    present: true,
    wanted: "-A DOCKER-FORWARD -i docker0 -o docker0 -j DROP",
  });
  expect(firewall.acceptsOutgoing(facts, rules, "docker0", { icc: false }).present).toBe(true);
  expect(firewall.acceptsOutgoing(facts, rules, "docker0", { icc: true }).present).toBe(false);
});

test("a publication on every address has no -d, one on loopback is guarded since 28.0", () => {
  const to = { address: "172.17.0.2", port: 80 };
  for (const version of ["20.10.24", "26.1.5", "28.5.2"]) {
    const rules = capturedRules(version);
    const facts = factsOf(version);
    for (const [hostIp, hostPort] of [
      ["0.0.0.0", 18080],
      ["", 18080],
      ["127.0.0.1", 18081],
    ] as const) {
      expect(firewall.dnat(facts, rules, { hostIp, hostPort, protocol: "tcp", to, device: "docker0" }).present).toBe(
        true,
      );
    }
    const guard = firewall.guardsLoopback(rules, { hostIp: "127.0.0.1", hostPort: 18081, protocol: "tcp" });
    expect(guard.present).toBe(version === "28.5.2");
  }
  const udp = {
    hostIp: "192.0.2.10",
    hostPort: 19090,
    protocol: "udp",
    to: { address: "10.44.0.2", port: 90 },
  } as const;
  const rules = capturedRules("28.5.2");
  expect(firewall.dnat(factsOf("28.5.2"), rules, { ...udp, device: userDevice(rules) }).present).toBe(true);
});

test("a rule that is missing is shown with what comes closest", () => {
  const rules = capturedRules("28.5.2").filter((rule) => !rule.args.includes("MASQUERADE"));
  expect(firewall.masquerades(rules, "172.17.0.0/16", "docker0")).toEqual({
    present: false,
    wanted: "-t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
    nearest: [],
  });
  const wrongPort = firewall.dnat(factsOf("28.5.2"), rules, {
    hostPort: 18080,
    protocol: "tcp",
    to: { address: "172.17.0.9", port: 80 },
    device: "docker0",
  });
  expect(wrongPort.nearest[0]).toBe(
    "-t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 18080 -j DNAT --to-destination 172.17.0.2:80",
  );
});

test("raw drops are named by port before 28.2, and absent with allow-direct-routing", () => {
  const rules = rulesOf("*raw\n-A PREROUTING -d 192.0.2.2/32 ! -i bridge1 -p tcp -m tcp --dport 80 -j DROP");
  const target = { address: "192.0.2.2", device: "bridge1", published: { port: 80, protocol: "tcp" } } as const;
  expect(firewall.dropsDirectAccess(factsOf("28.0.4"), rules, target)?.present).toBe(true);
  expect(firewall.dropsDirectAccess(factsOf("28.0.4"), rules, { address: "192.0.2.2", device: "bridge1" })).toBeNull();
  expect(firewall.dropsDirectAccess(factsOf("28.5.2", { "allow-direct-routing": true }), rules, target)).toBeNull();
});

test("rules are judged only where they can be", () => {
  const facts = factsOf("28.5.2");
  expect(firewall.firewallUnjudgeable(facts)).toBeNull();
  expect(firewall.firewallUnjudgeable(factsOf("28.5.2", { iptables: false }))).toMatch("iptables: false");
  expect(firewall.firewallUnjudgeable(factsOf("29.0.0", { "firewall-backend": "nftables" }))).toMatch("nftables");
  expect(firewall.firewallUnjudgeable({ ...facts, engine: { ...facts.engine, rootless: true } })).toMatch("rootless");
  expect(firewall.firewallUnjudgeable(factsOf("28.5.2", {}, null))).toBe("no container could be started on the host");
  expect(firewall.firewallUnjudgeable(factsOf("28.0.0"))).toMatch("ipset");
  expect(
    firewall.firewallUnjudgeable(
      factsOf("28.5.2", {}, { tools: { iptablesSave: false, iproute2: true, ipNetns: true } }),
    ),
  ).toMatch("iptables-save");
  expect(["27.5.1", "28.0.0", "28.0.4", "29.0.0"].map((version) => firewall.ruleLayout(factsOf(version)))).toEqual([
    "forward",
    null,
    "docker-forward",
    "docker-forward without isolation",
  ]);
});

describe("rules of ip6tables", () => {
  const port = {
    hostPort: 30658,
    protocol: "tcp",
    to: { address: "fd12:8805:9ff0::3", port: 80 },
    device: "br-63f46e7ecfb9",
  } as const;
  const translation = (match: string) =>
    rulesOf(
      `*nat\n-A DOCKER ${match}-p tcp -m tcp --dport 30658 -j DNAT --to-destination [fd12:8805:9ff0::3]:80\nCOMMIT\n`,
    );

  test("a translation to an IPv6 address is found as 26.1 writes it, and as 28.5 does", () => {
    const facts = factsOf("28.5.2");
    expect(firewall.dnat(facts, translation("! -i br-63f46e7ecfb9 "), port).present).toBe(true);
    expect(firewall.dnat(facts, translation("! -s fe80::/10 ! -i br-63f46e7ecfb9 "), port).present).toBe(true);
    expect(firewall.dnat(facts, translation("-s fe80::/10 ! -i br-63f46e7ecfb9 "), port).present).toBe(false);
  });

  test("what drops direct access names the address alone", () => {
    const facts = factsOf("28.5.2");
    const rules = rulesOf("*raw\n-A PREROUTING -d fd12:8805:9ff0::2/128 ! -i br-63f46e7ecfb9 -j DROP\nCOMMIT\n");
    const target = { address: "fd12:8805:9ff0::2", device: "br-63f46e7ecfb9" };
    expect(firewall.dropsDirectAccess(facts, rules, target)?.present).toBe(true);
    expect(firewall.dropsDirectAccess(facts, rules, { ...target, address: "fd12:8805:9ff0::3" })?.present).toBe(false);
  });
});
