import { expect, test } from "vitest";
import { readIptables } from "../snapshot/firewall/read-iptables.ts";
import { readPolicies } from "../snapshot/ipsec.ts";
import { audit } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";
import { nftChain, PORT, testStrikes, unruled, withIpv6 } from "./testing/strikes.ts";

testStrikes([
  [
    "the host takes a container's address for its own",
    ({ host }) => {
      const own = { type: "local", destination: "172.17.0.2/32", interface: "lo", flags: [], nextHops: [] };
      host.routes.push(own as never);
      host.ways["172.17.0.2"] = "lo";
    },
    ["LIVE-06 network bridge"],
    /^ip route del local 172\.17\.0\.2\/32 dev lo$/,
  ],
  [
    "the bridge's IPv6 route is gone, and the default one takes its packets",
    (s) => {
      withIpv6(s);
      s.host.ways["fd00:17::2"] = "eth0";
    },
    ["LIVE-06 network bridge"],
    /^ip -6 route add fd00:17::\/64 dev docker0$/,
  ],
  [
    "a route of just the network's range leads its IPv6 elsewhere",
    (s) => {
      withIpv6(s);
      const route = { type: "unicast", destination: "fd00:17::/64", flags: [], nextHops: [] } as const;
      s.host.routes.push({ ...route, interface: "docker0" } as never, { ...route, interface: "eth0" } as never);
      s.host.ways["fd00:17::2"] = "eth0";
    },
    ["LIVE-06 network bridge"],
    /^ip -6 route del fd00:17::\/64 dev eth0$/,
  ],
  [
    "a policy rule of IPv6 leads to a table that ends what is for containers",
    (s) => {
      withIpv6(s);
      s.host.rules6.push("100: from all to fc00::/7 lookup 100");
      const ends = {
        type: "unreachable",
        destination: "default",
        table: "100",
        interface: "lo",
        flags: [],
        nextHops: [],
      };
      s.host.routes.push(ends as never);
      s.host.ways["fd00:17::2"] = "unreachable";
    },
    ["LIVE-06 network bridge"],
    /^ip -6 rule add to fd00:17::\/64 lookup main pref 99$/,
  ],
  [
    "no IPv6 policy rule asks the main table",
    (s) => {
      withIpv6(s);
      s.host.unasked6 = ["main"];
      s.host.ways["fd00:17::2"] = "RTNETLINK answers: Network is unreachable";
    },
    ["LIVE-06 network bridge"],
    /^ip -6 rule add lookup main pref 32766$/,
  ],
  [
    "the bridge's own switch for forwarding is off",
    ({ host }) => Object.assign(host.sysctls, { "ipv4/conf/docker0/forwarding": "0" }),
    ["LIVE-15 network bridge"],
    /sysctl -w net\.ipv4\.conf\.docker0\.forwarding=1/,
  ],
  [
    "the uplink's own switch for forwarding is off",
    ({ host }) => Object.assign(host.sysctls, { "ipv4/conf/eth0/forwarding": "0" }),
    ["LIVE-15 this host"],
    /sysctl -w net\.ipv4\.conf\.eth0\.forwarding=1/,
  ],
  [
    "the rule that guards a container's own address is gone",
    (s) => {
      s.host.filters = filtering(RULES.replace("-A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP\n", "")) as never;
    },
    [`LIVE-10 ${PORT}`],
    /docker restart web/,
  ],
  [
    "a rule gives what the host and its containers send an address that the host has not",
    (s) => {
      s.host.filters = filtering(
        RULES.replace("-A POSTROUTING", "-A POSTROUTING -o eth0 -j SNAT --to-source 203.0.113.9\n-A POSTROUTING"),
      ) as typeof s.host.filters;
      s.upstreams = { "192.0.2.53": { answers: false, detail: "timed out" } };
    },
    ["LIVE-08 network bridge", "LIVE-08 network shop"],
    /^iptables -t nat -D POSTROUTING -o eth0 -j SNAT --to-source 203\.0\.113\.9$/,
  ],
  [
    "the bridge's IPv6 is switched off, and its addresses went with it",
    (s) => {
      withIpv6(s);
      Object.assign(s.host.sysctls, { "ipv6/conf/docker0/disable_ipv6": "1" });
      for (const link of s.host.addresses) link.addresses = link.addresses.filter(({ family }) => family === 4);
    },
    ["LIVE-15 network bridge", "LIVE-05 network bridge"],
    /^sysctl -w net\.ipv6\.conf\.docker0\.disable_ipv6=0\nip -6 addr add fd00:17::1\/64 dev docker0$/,
  ],
  [
    "the bridge's MTU is smaller than IPv6 can have",
    (s) => {
      withIpv6(s);
      for (const link of s.host.addresses)
        if (link.name === "docker0") {
          link.mtu = 1200;
          link.addresses = link.addresses.filter(({ family }) => family === 4);
        }
    },
    ["LIVE-05 network bridge"],
    /^ip link set dev docker0 mtu 1500\nip -6 addr add fd00:17::1\/64 dev docker0$/,
  ],
  [
    "a rule keeps containers and their gateway from finding each other by IPv6",
    (s) => unruled(s, ":INPUT ACCEPT [0:0]", "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j DROP"),
    ["LIVE-07 network bridge"],
    /^ip6tables (-t filter )?-D INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j DROP$/,
  ],
  [
    "a policy of another variant of iptables ends everything: no rule of the engine's is gone",
    (s) => {
      s.host.filters?.tables.push(
        ...(readIptables("*filter\n:FORWARD DROP [0:0]\nCOMMIT\n", "iptables-legacy") as never[]),
      );
    },
    [
      "LIVE-07 network bridge",
      "LIVE-07 network shop",
      `LIVE-12 ${PORT}`,
      "LIVE-12 port 192.0.2.10:19091/tcp of container api",
    ],
    /^iptables-legacy (-t filter )?-P FORWARD ACCEPT$/,
  ],
  [
    "a foreign rule drops IPv6 where the engine makes no rules for it",
    (s) => unruled(s, "-A FORWARD -i docker0 -j DROP"),
    ["LIVE-07 network bridge"],
    /^ip6tables (-t filter )?-D FORWARD -i docker0 -j DROP$/,
  ],
  [
    "frames are dropped on the bridge",
    (s) => {
      const match = { op: "==", left: { meta: { key: "iifname" } }, right: "veth100" };
      nftChain(s, "bridge", ["guard", "input"], { hook: "input", policy: "accept" }, match);
    },
    ["LIVE-09 network bridge"],
    /nft delete rule bridge guard input handle 2/,
  ],
  [
    "what a container sends is dropped as it comes in by its bridge port",
    (s) => nftChain(s, "netdev", ["quiet", "in"], { dev: "veth100", hook: "ingress", policy: "drop" }),
    ["LIVE-07 network bridge"],
    /quiet in/,
  ],
  [
    "what is sent to a published port is dropped as it leaves by the bridge",
    (s) => {
      const match = { left: { payload: { protocol: "tcp", field: "dport" } }, op: "==", right: 80 };
      nftChain(s, "netdev", ["late", "out"], { dev: "docker0", hook: "egress", policy: "accept" }, match);
    },
    ["LIVE-07 network bridge"],
    /nft delete rule netdev late out handle 2/,
  ],
  [
    "what other machines send to a published port is dropped as it comes in by the uplink",
    (s) => {
      const match = { left: { payload: { protocol: "tcp", field: "dport" } }, op: "==", right: 18_080 };
      nftChain(s, "netdev", ["early", "in"], { dev: "eth0", hook: "ingress", policy: "accept" }, match);
    },
    ["LIVE-12 port 0.0.0.0:18080/tcp of container web"],
    /nft delete rule netdev early in handle 2/,
  ],
  [
    "the host hears no ARP of a network",
    (s) => {
      const match = { op: "==", left: { meta: { key: "iifname" } }, right: "docker0" };
      nftChain(s, "arp", ["deaf", "in"], { hook: "input", policy: "accept" }, match);
    },
    ["LIVE-07 network bridge"],
    /nft delete rule arp deaf in handle 2/,
  ],
  [
    "the host answers one container's ARP not",
    (s) => {
      const match = { op: "==", left: { payload: { protocol: "arp", field: "daddr ip" } }, right: "172.17.0.2" };
      nftChain(s, "arp", ["mute", "out"], { hook: "output", policy: "accept" }, match);
    },
    ["LIVE-07 network bridge"],
    /nft delete rule arp mute out handle 2/,
  ],
  [
    "no ARP passes a bridge",
    (s) => {
      const match = { op: "==", left: { payload: { protocol: "ether", field: "type" } }, right: "0x0806" };
      nftChain(s, "bridge", ["guard", "input"], { hook: "input", policy: "accept" }, match);
    },
    ["LIVE-09 network bridge", "LIVE-09 network shop"],
    /nft delete rule bridge guard input handle 2/,
  ],
  [
    "a policy of IPsec drops what a network sends beyond the host",
    ipsec("src 10.44.0.0/24 dst 0.0.0.0/0 \n\tdir fwd action block priority 0 ptype main \n"),
    ["LIVE-07 network shop"],
    /^ip xfrm policy delete src 10\.44\.0\.0\/24 dst 0\.0\.0\.0\/0 dir fwd$/,
  ],
  [
    "a policy of IPsec drops what is masqueraded",
    ipsec("src 192.0.2.10/32 dst 0.0.0.0/0 \n\tdir out action block priority 0 ptype main \n"),
    ["LIVE-07 network bridge", "LIVE-07 network shop"],
    /^ip xfrm policy delete src 192\.0\.2\.10\/32 dst 0\.0\.0\.0\/0 dir out$/,
  ],
  [
    "what the host sends to a port at its loopback is led to where nobody listens",
    (s) => loopbackLed(s, "-j REDIRECT --to-ports 1"),
    [`LIVE-11 ${PORT}`],
    /^iptables -t nat -D OUTPUT .*-j REDIRECT --to-ports 1$/,
  ],
]);

function ipsec(text: string) {
  return ({ host }: ReturnType<typeof shop>): void => void host.policies.push(...readPolicies(text));
}

function loopbackLed({ host }: ReturnType<typeof shop>, how: string): void {
  const rule = `-A OUTPUT -d 127.0.0.1/32 -p tcp -m tcp --dport 18080 ${how}`;
  host.filters = filtering(RULES.replace(/^(-A OUTPUT )/m, `${rule}\n$1`)) as typeof host.filters;
}

test.each<[string, (snapshot: ReturnType<typeof shop>) => void]>([
  [
    "a rule about ARP of others",
    (s) => nftChain(s, "arp", ["few", "in"], { hook: "input", policy: "accept" }, OF_OTHERS),
  ],
  ["a policy of IPsec for others", ipsec("src 10.9.0.0/16 dst 0.0.0.0/0 \n\tdir fwd action block priority 0 \n")],
  [
    "a tunnel, whose keys nobody reads",
    ipsec("src 10.44.0.0/24 dst 0.0.0.0/0 \n\tdir out priority 1 \n\ttmpl src 1 dst 2\n"),
  ],
])("what has no effect on containers is nothing: %s", (_what, alters) => {
  const snapshot = shop();
  alters(snapshot);
  expect(audit(snapshot)).toMatchObject({ deviations: [], notes: audit(shop()).notes });
});

const OF_OTHERS = { op: "==", left: { payload: { protocol: "arp", field: "saddr ip" } }, right: "192.0.2.99" };

test("a port at the loopback that is led to somebody who listens is a note", () => {
  const snapshot = shop();
  const [eth0] = snapshot.host.addresses;
  if (eth0 === undefined) throw new Error("the shop has an uplink");
  const loopback = { family: 4, address: "127.0.0.1", prefix: 8, scope: "host" } as const;
  snapshot.host.addresses.push({ ...eth0, name: "lo", index: 1, addresses: [loopback] });
  loopbackLed(snapshot, "-j REDIRECT --to-ports 18080");
  const { deviations, notes } = audit(snapshot);
  expect(deviations).toEqual([]);
  expect(notes.map(({ what }) => what).join()).toMatch(
    /leads what is meant for port 18080\/tcp .* where somebody listens/,
  );
});

test("a route for addresses of a network that no container has yet is a note", () => {
  const snapshot = shop();
  const route = { type: "unicast", destination: "172.17.0.128/25", gateway: "192.0.2.1", interface: "eth0" };
  snapshot.host.routes.push({ ...route, flags: [], nextHops: [] } as never);
  const { deviations, notes } = audit(snapshot);
  expect(deviations).toEqual([]);
  expect(notes.map(({ todo }) => todo).join()).toContain("ip route del 172.17.0.128/25 via 192.0.2.1 dev eth0");
});
