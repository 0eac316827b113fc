import { expect, test } from "vitest";
import { readPolicies } from "../snapshot/ipsec.ts";
import { audit } from "./judge.ts";
import { auditNamespace } from "./namespace.ts";
import { shop } from "./testing/shop.ts";
import {
  insideOf,
  neighbour,
  nftInside,
  route6,
  ruleBeforeResolvers,
  ruleInside,
  testStrikes,
  WEB,
  withIpv6,
} from "./testing/strikes.ts";

testStrikes([
  [
    "the route to the network is gone",
    (s) => {
      insideOf(s, "web").mainRoutes = insideOf(s, "web").mainRoutes.filter(({ prefix }) => prefix === 0);
    },
    [`LIVE-03 ${WEB}`],
    /ip route add 172\.17\.0\.0\/16 dev eth0 src 172\.17\.0\.2/,
  ],
  [
    "a route in the container leads nowhere",
    (s) =>
      void insideOf(s, "web").mainRoutes.push({
        interface: "*",
        destination: "10.0.0.0",
        prefix: 8,
        gateway: null,
        metric: 0,
        flags: { up: true, gateway: false, host: false, reject: false },
      }),
    ["LIVE-20 container web"],
    /ip route del 10\.0\.0\.0\/8/,
  ],
  [
    "a rule in the container drops",
    (s) => ruleInside(s, "-A OUTPUT -j DROP"),
    ["LIVE-20 container web"],
    /iptables -t filter -D OUTPUT -j DROP/,
  ],
  [
    "a rule in the container drops what comes by IPv6",
    (s) => {
      withIpv6(s);
      ruleInside(s, "-A INPUT -p tcp -m tcp --dport 80 -j DROP", "ip6tables");
    },
    ["LIVE-20 container web"],
    /-n ip6tables -t filter -D INPUT -p tcp -m tcp --dport 80 -j DROP/,
  ],
  [
    "a neighbour was written into the container",
    (s) => {
      for (const link of s.host.links) if (link.name === "docker0") link.mac = "02:42:00:00:00:01";
      insideOf(s, "web").neighbours.push(neighbour("172.17.0.1", "02:00:00:00:00:99", "eth0"));
    },
    ["LIVE-20 container web"],
    /ip neigh del 172\.17\.0\.1 dev eth0/,
  ],
  [
    "a policy rule in the container ends what it sends",
    (s) =>
      void Object.assign(insideOf(s, "web"), {
        rules: ["100: from all unreachable"],
        waysOut: [{ family: 4, way: null }],
      }),
    ["LIVE-20 container web"],
    /ip rule del pref 100$/,
  ],
  [
    "an IPv6 route in the container leads nowhere",
    (s) => {
      withIpv6(s);
      insideOf(s, "web").routes6.push(route6("2001:db8:5::", 48, "*"));
    },
    ["LIVE-20 container web"],
    /ip -6 route del 2001:db8:5::\/48$/,
  ],
  [
    "a policy rule for IPv6 in the container ends what it sends",
    (s) => {
      withIpv6(s);
      Object.assign(insideOf(s, "web"), {
        rules6: ["50: from all prohibit"],
        waysOut: [{ family: 6, way: null }],
      });
    },
    ["LIVE-20 container web"],
    /ip -6 rule del pref 50$/,
  ],
  [
    "the IPv6 route to the network is gone",
    (s) => {
      withIpv6(s);
      insideOf(s, "web").routes6 = insideOf(s, "web").routes6.filter(({ destination }) => destination !== "fd00:17::");
    },
    [`LIVE-03 ${WEB}`],
    /ip -6 route add fd00:17::2\/64 dev eth0$/,
  ],
  [
    "an IPv6 neighbour was written into the container",
    (s) => {
      withIpv6(s);
      for (const link of s.host.links) if (link.name === "docker0") link.mac = "02:42:00:00:00:01";
      insideOf(s, "web").neighbours.push(neighbour("fd00:17::1", "02:00:00:00:00:99", "eth0"));
    },
    ["LIVE-20 container web"],
    /ip neigh del fd00:17::1 dev eth0/,
  ],
  [
    "half of the world is led to the container's loopback",
    (s) => void insideOf(s, "web").mainRoutes.push({ ...route("0.0.0.0", 1), interface: "lo" }),
    ["LIVE-20 container web"],
    /ip route del 0\.0\.0\.0\/1 dev lo$/,
  ],
  [
    "a rule in the container drops what is asked of name servers alone",
    (s) => ruleInside(s, "-A OUTPUT -p udp -m udp --dport 53 -j DROP"),
    ["LIVE-20 container web"],
    /-D OUTPUT -p udp -m udp --dport 53 -j DROP/,
  ],
  [
    "a rule in the container drops what name servers answer",
    (s) => ruleInside(s, "-A INPUT -p udp -m udp --sport 53 -j DROP"),
    ["LIVE-20 container web"],
    /-D INPUT -p udp -m udp --sport 53 -j DROP/,
  ],
  [
    "a rule in the container leads its port to another one, where nobody listens",
    (s) => ruleInside(s, "-t nat -A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 9999"),
    ["LIVE-20 container web"],
    /-t nat -D PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 9999/,
  ],
  [
    "a rule in the container leads what it asks of the engine's resolver elsewhere",
    (s) => ruleBeforeResolvers(s, "-A OUTPUT -p udp -m udp --dport 53 -j DNAT --to-destination 203.0.113.53"),
    ["LIVE-20 container api"],
    /-t nat -D OUTPUT -p udp -m udp --dport 53 -j DNAT --to-destination 203\.0\.113\.53/,
  ],
  [
    "the container answers no ARP",
    (s) => void Object.assign(insideOf(s, "web").sysctls, { "ipv4/conf/all/arp_ignore": "8" }),
    ["LIVE-20 container web"],
    /sysctl -w net\.ipv4\.conf\.all\.arp_ignore=0/,
  ],
  [
    "the container asks nobody for hardware addresses by IPv6",
    (s) => {
      withIpv6(s);
      Object.assign(insideOf(s, "web").sysctls, { "ipv6/neigh/eth0/mcast_solicit": "0" });
    },
    ["LIVE-20 container web"],
    /sysctl -w net\.ipv6\.neigh\.eth0\.mcast_solicit=3/,
  ],
  [
    "what the container sends lives for one hop",
    (s) => void Object.assign(insideOf(s, "web").sysctls, { "ipv4/ip_default_ttl": "1" }),
    ["LIVE-20 container web"],
    /sysctl -w net\.ipv4\.ip_default_ttl=64/,
  ],
  [
    "a table of nftables in the container drops what comes",
    (s) => nftInside(s, "inet", ["x", "i"], { hook: "input", policy: "drop" }),
    ["LIVE-20 container web"],
    /-n nft chain inet x i '\{ policy accept; \}'/,
  ],
  [
    "a chain of the container's interface drops what comes to its port",
    (s) => nftInside(s, "netdev", ["x", "i"], { hook: "ingress", dev: "eth0", policy: "accept" }, TO_PORT_80),
    ["LIVE-20 container web"],
    /-n nft delete rule netdev x i handle 2/,
  ],
  [
    "a chain of the container's interface drops what leaves it",
    (s) => nftInside(s, "netdev", ["x", "e"], { hook: "egress", dev: "eth0", policy: "drop" }),
    ["LIVE-20 container web"],
    /-n nft chain netdev x e/,
  ],
  [
    "the container hears no answer who has its gateway's address",
    (s) =>
      nftInside(
        s,
        "arp",
        ["x", "i"],
        { hook: "input", policy: "accept" },
        { op: "==", left: { payload: { protocol: "arp", field: "operation" } }, right: "reply" },
      ),
    ["LIVE-20 container web"],
    /-n nft delete rule arp x i handle 2/,
  ],
  [
    "no policy rule in the container asks the main table",
    (s) => {
      insideOf(s, "web").unasked = ["main"];
      insideOf(s, "web").waysOut = [{ family: 4, way: null }];
    },
    ["LIVE-20 container web"],
    /-n ip rule add lookup main pref 32766$/m,
  ],
  [
    "no policy rule in the container asks the local table for IPv6",
    (s) => {
      withIpv6(s);
      insideOf(s, "web").unasked6 = ["local"];
    },
    ["LIVE-20 container web"],
    /-n ip -6 rule add lookup local pref 0$/m,
  ],
  [
    "a policy rule in the container refuses what comes from its address",
    (s) => void Object.assign(insideOf(s, "web"), { rules: ["50: from 172.17.0.2 to 172.17.0.0/16 prohibit"] }),
    ["LIVE-20 container web"],
    /-n ip rule del pref 50$/m,
  ],
  [
    "a policy of IPsec in the container drops what it sends",
    (s) =>
      void insideOf(s, "web").policies.push(
        ...readPolicies("src 0.0.0.0/0 dst 0.0.0.0/0 \n\tdir out action block priority 0 ptype main \n"),
      ),
    ["LIVE-20 container web"],
    /-n ip xfrm policy delete src 0\.0\.0\.0\/0 dst 0\.0\.0\.0\/0 dir out$/m,
  ],
]);

const TO_PORT_80 = { op: "==", left: { payload: { protocol: "tcp", field: "dport" } }, right: 80 };

function route(destination: string, prefix: number) {
  return {
    interface: "eth0",
    destination,
    prefix,
    gateway: null,
    metric: 0,
    flags: { up: true, gateway: false, host: false, reject: false },
  };
}

test.each<[string, (snapshot: ReturnType<typeof shop>) => void, RegExp]>([
  [
    "half of the world by another container",
    (s) => void insideOf(s, "web").mainRoutes.push({ ...route("0.0.0.0", 1), gateway: "172.17.0.9" }),
    /comes before its default route for IPv4: `0\.0\.0\.0\/1 dev eth0`/,
  ],
  [
    "arp_ignore that the container was given",
    (s) => {
      Object.assign(insideOf(s, "web").sysctls, { "ipv4/conf/all/arp_ignore": "8" });
      Object.assign(s.containers[0] ?? {}, { sysctls: { "net.ipv4.conf.all.arp_ignore": "8" } });
    },
    /answers nobody who asks for its hardware address/,
  ],
])("what may be meant is a note: %s", (_what, breaks, told) => {
  const snapshot = shop();
  breaks(snapshot);
  const { deviations, notes } = audit(snapshot);
  expect(deviations).toEqual([]);
  expect(notes.map(({ what }) => what).join()).toMatch(told);
});

test.each<[string, (inside: ReturnType<typeof insideOf>) => void]>([
  ["policy rules for what is marked, and for others", (i) => void i.rules.push("9: from 10.9.0.0/16 prohibit")],
  ["a policy of IPsec for others", (i) => void i.policies.push(...readPolicies(OTHERS))],
  [
    "a policy of IPsec that lets pass",
    (i) => void i.policies.push(...readPolicies(OTHERS.replace(/action block/, ""))),
  ],
  ["values as the kernel has them", (i) => void Object.assign(i.sysctls, USUAL)],
])("what has no effect on its packets is nothing: %s", (_what, alters) => {
  const snapshot = shop();
  alters(insideOf(snapshot, "web"));
  expect(audit(snapshot)).toMatchObject({ deviations: [], notes: audit(shop()).notes });
});

const OTHERS = "src 10.9.0.0/16 dst 0.0.0.0/0 \n\tdir out action block priority 0 ptype main \n";
const USUAL = {
  "ipv4/conf/all/arp_ignore": "0",
  "ipv4/conf/eth0/arp_ignore": "1",
  "ipv4/neigh/eth0/mcast_solicit": "3",
  "ipv4/ip_default_ttl": "64",
};

test.each([
  ["-A OUTPUT -p tcp -m tcp --dport 443 -j DROP", "web reaches nobody at port 443/tcp."],
  ["-A OUTPUT -p tcp -j DROP", "web reaches nobody."],
])("what a rule in the container stops is told as large as it is: %s", (rule, effect) => {
  const snapshot = shop();
  ruleInside(snapshot, rule);
  expect(audit(snapshot).deviations.map((one) => one.effect)).toEqual([effect]);
});

test.each([
  ["-p tcp -m tcp --dport 81", 1, "Nobody reaches web at 81/tcp."],
  ["-p udp -m udp --dport 90", 1, "Nobody reaches web at 90/udp."],
  ["-p tcp -m tcp --dport 82", 0, undefined],
  ["-p tcp", 1, "Nobody reaches web at 80/tcp, 81/tcp."],
  ["-s 0.0.0.0/0", 1, "Nobody reaches web."],
])(
  "a rule in the container that drops %s, of whose ports 80 and 81 by TCP and 90 by UDP are published",
  (what, found, effect) => {
    const snapshot = shop();
    const web = snapshot.containers.find(({ name }) => name === "web");
    if (web === undefined) throw new Error("there is a container web");
    const port = (containerPort: number, protocol: string) => ({
      hostAddress: "0.0.0.0",
      hostPort: 1,
      containerPort,
      protocol,
    });
    web.ports.push(...([port(81, "tcp"), port(90, "udp")] as typeof web.ports));
    ruleInside(snapshot, `-A INPUT ${what} -j DROP`);
    const { deviations } = auditNamespace(snapshot, web, insideOf(snapshot, "web"));
    expect(deviations).toHaveLength(found);
    expect(deviations[0]?.effect).toBe(effect);
  },
);

test("a port that a mesh's sidecar takes inside is nobody's business", () => {
  const snapshot = shop();
  ruleInside(snapshot, "-t nat -A PREROUTING -p tcp -j REDIRECT --to-ports 15006");
  const { sockets } = insideOf(snapshot, "web");
  sockets.push({ ...sockets[0], local: { address: "0.0.0.0", port: 15_006 } } as (typeof sockets)[number]);
  expect(audit(snapshot).deviations).toEqual([]);
});
