import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import { subjectText } from "../model/subject.ts";
import type { PermanentNeighbour } from "../probes/parse/parse-proc-net-arp.ts";
import { readIptables } from "../snapshot/firewall/read-iptables.ts";
import { readNft } from "../snapshot/firewall/read-nft.ts";
import { audit, cardsOf, confirmed, judge } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";

type Shop = ReturnType<typeof shop>;

const WEB = "container web on network bridge";
const PORT = "port 0.0.0.0:18080/tcp of container web";

function insideOf(snapshot: Shop, name: string) {
  const found = snapshot.containers.find((one) => one.name === name)?.inside;
  if (found == null) throw new Error(`${name} is none`);
  return found;
}

function nicOf(snapshot: Shop, name: string) {
  const found = insideOf(snapshot, name).addresses.find((link) => link.name === "eth0");
  if (found === undefined) throw new Error(`${name} has no eth0`);
  return found;
}

/** As Engine 28.5 makes them without docker-proxy; the network has the id of the shop's. */
const RULES_WITHOUT_PROXY = readFileSync(
  new URL("../expectations/captured/28.5.2-userland-proxy-off.iptables-save", import.meta.url),
  "utf8",
).replaceAll(/br-[0-9a-f]{12}/g, "br-fc57f91b6867");

const withoutProxy = (snapshot: Shop): void => {
  Object.assign(snapshot.facts.configuration, { "userland-proxy": false });
  snapshot.host.proxies = [];
  for (const port of snapshot.host.ports) port.hairpin = true;
  snapshot.host.filters = filtering(RULES_WITHOUT_PROXY) as typeof snapshot.host.filters;
};

const neighbour = (address: string, mac: string, device: string): PermanentNeighbour => ({
  address,
  mac,
  device,
});

/** The default network with IPv6, and web with an address there, as the engine makes it. */
function withIpv6(s: Shop): void {
  const [bridge] = s.networks;
  const [web] = s.containers;
  if (bridge === undefined || web === undefined) throw new Error("the shop has both");
  Object.assign(bridge, { EnableIPv6: true });
  bridge.IPAM.Config?.push({ Subnet: "fd00:17::/64", Gateway: "fd00:17::1" });
  Object.assign(web.endpoints[0] ?? {}, { address6: "fd00:17::2", prefix6: 64, gateway6: "fd00:17::1" });
  nicOf(s, "web").addresses.push({ family: 6, address: "fd00:17::2", prefix: 64, scope: "global" });
  for (const device of s.host.addresses)
    if (device.name === "docker0")
      device.addresses.push({ family: 6, address: "fd00:17::1", prefix: 64, scope: "global" });
  const inside = insideOf(s, "web");
  inside.defaults.push({ family: 6, gateway: "fd00:17::1", interface: "eth0" });
  inside.routes6 = [route6("fd00:17::", 64, "eth0"), route6("fe80::", 64, "eth0"), route6("::", 0, "eth0")];
}

function route6(destination: string, prefix: number, device: string) {
  const flags = { up: true, gateway: false, host: false, reject: device === "*" };
  return { interface: device, destination, prefix, gateway: null, metric: 256, flags };
}

/** A line in the forwarding table of docker0 for web's hardware address. */
function misled(s: Shop, entry: { readonly port: number; readonly local: boolean }): void {
  const mac = "02:42:0a:00:00:64";
  nicOf(s, "web").mac = mac;
  const [port] = s.host.ports;
  const veth = s.host.links.find(({ name }) => name === "veth100");
  if (port === undefined || veth === undefined) throw new Error("the shop has both");
  s.host.ports.push({ ...port, name: "veth999", number: 7 });
  s.host.links.push({ ...veth, name: "veth999", index: 999, peerIndex: 998 });
  s.host.forwarding.push({ bridge: "docker0", mac, ...entry });
}

/** IPv6 on an engine that makes no rules for it, with rules of others. */
function unruled(s: Shop, ...rules: readonly string[]): void {
  withIpv6(s);
  Object.assign(s, { facts: factsOf("26.1.5") });
  s.host.filters?.tables.push(
    ...(readIptables(
      ["*filter", ...(rules[0]?.startsWith(":FORWARD") ? [] : [":FORWARD ACCEPT [0:0]"]), ...rules, "COMMIT", ""].join(
        "\n",
      ),
      "ip6tables",
    ) as never[]),
  );
  const [eth0] = s.host.addresses;
  eth0?.addresses.push({ family: 6, address: "2001:db8::10", prefix: 64, scope: "global" });
}

test.each<[string, (snapshot: Shop) => void, string[], RegExp]>([
  [
    "the loopback is down",
    (s) => {
      for (const link of insideOf(s, "web").addresses) if (link.name === "lo") link.flags = ["LOOPBACK"];
    },
    ["LIVE-01 container web"],
    /nsenter .* ip link set lo up/,
  ],
  [
    "the MTU is another",
    (s) => Object.assign(nicOf(s, "web"), { mtu: 576 }),
    [`LIVE-01 ${WEB}`, `LIVE-02 ${WEB}`].slice(0, 1),
    /mtu 1500/,
  ],
  [
    "the interface answers no ARP",
    (s) => void nicOf(s, "web").flags.push("NOARP"),
    [`LIVE-01 ${WEB}`],
    /ip link set dev eth0 arp on/,
  ],
  [
    "the bridge answers no ARP",
    ({ host }) => {
      for (const device of host.addresses) if (device.name === "docker0") device.flags.push("NOARP");
    },
    ["LIVE-05 network bridge"],
    /ip link set dev docker0 arp on/,
  ],
  [
    "the bridge has a smaller MTU than all of its ports",
    ({ host }) => {
      for (const device of host.addresses) if (device.name === "docker0") device.mtu = 600;
    },
    ["LIVE-05 network bridge"],
    /ip link set dev docker0 mtu 1500/,
  ],
  [
    "the MTU of the host's end is smaller",
    ({ host }) => {
      for (const link of host.links) if (link.name === "veth100") link.mtu = 1000;
    },
    [`LIVE-02 ${WEB}`],
    /ip link set dev veth100 mtu 1500/,
  ],
  [
    "the host has a container's address",
    ({ host }) =>
      void host.addresses[0]?.addresses.push({ family: 4, address: "172.17.0.2", prefix: 32, scope: "global" }),
    [`LIVE-01 ${WEB}`],
    /^ip addr del 172\.17\.0\.2\/32 dev eth0$/,
  ],
  [
    "another container of the network has the address",
    (s) => {
      const twin = structuredClone(s.containers[0]);
      const web = s.containers[0];
      if (twin?.inside == null || web === undefined) throw new Error("web is there");
      Object.assign(twin, { id: "twin".padEnd(64, "0"), name: "twin", pid: 102, ports: [], bindings: [] });
      Object.assign(twin.endpoints[0] ?? {}, { address: "172.17.0.9" });
      twin.inside.namespaces = { net: "net:[102]" };
      twin.inside.hostsFile = "172.17.0.9 twin";
      for (const link of twin.inside.addresses)
        if (link.name === "eth0") {
          link.addresses.push({ family: 4, address: "172.17.0.9", prefix: 16, scope: "global" });
          delete link.peerIndex;
        }
      s.containers.push(twin);
    },
    [`LIVE-01 ${WEB}`],
    /inspect -f '\{\{\.State\.Pid\}\}' twin\) -n ip addr del 172\.17\.0\.2\/16 dev eth0/,
  ],
  [
    "a container without network was wired to the bridge by hand, with the address",
    (s) => {
      const wired = structuredClone(s.containers[0]);
      if (wired?.inside == null) throw new Error("web is there");
      Object.assign(wired, {
        id: "wired".padEnd(64, "0"),
        name: "wired",
        pid: 103,
        networkMode: "none",
        endpoints: [],
        ports: [],
        bindings: [],
      });
      wired.inside.namespaces = { net: "net:[103]" };
      for (const link of wired.inside.addresses)
        if (link.name === "eth0") Object.assign(link, { index: 103, peerIndex: 104 });
      s.containers.push(wired);
      const [end] = s.host.links.filter(({ name }) => name === "veth100");
      if (end !== undefined) s.host.links.push({ ...end, name: "hand0", index: 104, peerIndex: 103 });
      const [port] = s.host.ports;
      if (port !== undefined) s.host.ports.push({ ...port, name: "hand0", number: 2 });
    },
    [`LIVE-01 ${WEB}`],
    /inspect -f '\{\{\.State\.Pid\}\}' wired\) -n ip addr del 172\.17\.0\.2\/16 dev eth0/,
  ],
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
    (s) =>
      void Object.assign(insideOf(s, "web"), {
        tables: readIptables(
          "*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j DROP\nCOMMIT\n",
          "iptables",
        ),
      }),
    ["LIVE-20 container web"],
    /iptables -t filter -D OUTPUT -j DROP/,
  ],
  [
    "a rule in the container drops what comes by IPv6",
    (s) => {
      withIpv6(s);
      insideOf(s, "web").tables = readIptables(
        "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 80 -j DROP\nCOMMIT\n",
        "ip6tables",
      ) as NonNullable<ReturnType<typeof insideOf>["tables"]>;
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
    "the port gets no broadcasts",
    ({ host }) => {
      for (const port of host.ports) if (port.name === "veth100") port.broadcastFlood = false;
    },
    [`LIVE-02 ${WEB}`],
    /bridge link set dev veth100 learning on flood on bcast_flood on/,
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
    "the gateway's prefix length is another than the network's",
    ({ host }) => {
      for (const device of host.addresses)
        if (device.name === "br-fc57f91b6867") for (const one of device.addresses) one.prefix = 8;
    },
    ["LIVE-05 network shop"],
    /^ip addr add 10\.44\.0\.1\/24 dev br-fc57f91b6867\nip addr del 10\.44\.0\.1\/8 dev br-fc57f91b6867$/,
  ],
  [
    "the bridge's forwarding table was written by hand: a container's frames go to another port",
    (s) => misled(s, { port: 7, local: false }),
    [`LIVE-02 ${WEB}`],
    /^bridge fdb del 02:42:0a:00:00:64 dev veth999 master$/,
  ],
  [
    "the bridge takes a container's frames for the host's own",
    (s) => misled(s, { port: 1, local: true }),
    [`LIVE-02 ${WEB}`],
    /^bridge fdb del 02:42:0a:00:00:64 dev veth100 master$/,
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
    "the interface is down, and its IPv6 address went with that",
    (s) => {
      withIpv6(s);
      const nic = nicOf(s, "web");
      nic.flags = nic.flags.filter((flag) => flag !== "UP");
      nic.addresses = nic.addresses.filter(({ family }) => family === 4);
      const inside = insideOf(s, "web");
      Object.assign(inside, { routes6: [], mainRoutes: [], defaults: [] });
    },
    [`LIVE-01 ${WEB}`],
    /^docker restart web$/,
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
    "a foreign rule drops IPv6 where the engine makes no rules for it",
    (s) => unruled(s, "-A FORWARD -i docker0 -j DROP"),
    ["LIVE-07 network bridge"],
    /^ip6tables (-t filter )?-D FORWARD -i docker0 -j DROP$/,
  ],
  [
    "frames are dropped on the bridge",
    (s) => {
      s.host.filters?.tables.push(
        ...(readNft(
          JSON.stringify({
            nftables: [
              { table: { family: "bridge", name: "guard", handle: 1 } },
              {
                chain: {
                  family: "bridge",
                  table: "guard",
                  name: "input",
                  handle: 1,
                  type: "filter",
                  hook: "input",
                  prio: 0,
                  policy: "accept",
                },
              },
              {
                rule: {
                  family: "bridge",
                  table: "guard",
                  chain: "input",
                  handle: 2,
                  expr: [{ match: { op: "==", left: { meta: { key: "iifname" } }, right: "veth100" } }, { drop: null }],
                },
              },
            ],
          }),
          "",
        ) as never[]),
      );
    },
    ["LIVE-09 network bridge"],
    /nft delete rule bridge guard input handle 2/,
  ],
])("%s", (_what, breaks, expected, remedy) => {
  const snapshot = shop();
  breaks(snapshot);
  const { deviations } = audit(snapshot);
  expect(deviations.map(({ claim, subject }) => `${claim} ${subjectText(subject)}`)).toEqual(expected);
  const cards = cardsOf(deviations, snapshot);
  expect(cards).toHaveLength(1);
  expect(cards[0]?.remedies[0]?.commands.join("\n")).toMatch(remedy);
});

test("without docker-proxy the kernel alone leads from the host's loopback and from the container itself", () => {
  const healthy = shop();
  withoutProxy(healthy);
  expect(audit(healthy).deviations).toEqual([]);
  for (const [breaks, expected] of [
    [(s: Shop) => Object.assign(s.host.sysctls, { "ipv4/conf/docker0/route_localnet": "0" }), `LIVE-11 ${PORT}`],
    [
      ({ host }: Shop) => {
        for (const port of host.ports) port.hairpin = port.name !== "veth100";
      },
      `LIVE-02 ${WEB}`,
    ],
    [
      (s: Shop) => {
        const nat = s.host.filters?.tables.find(({ name }) => name === "nat");
        for (const chain of nat?.chains ?? [])
          chain.rules = chain.rules.filter(({ text }) => !text.includes("-s 172.17.0.2/32 -d 172.17.0.2/32"));
      },
      `LIVE-11 ${PORT}`,
    ],
  ] as const) {
    const snapshot = shop();
    withoutProxy(snapshot);
    breaks(snapshot);
    const found = audit(snapshot).deviations.map(({ claim, subject }) => `${claim} ${subjectText(subject)}`);
    expect([...new Set(found)]).toEqual([expected]);
  }
});

test("an address that is gone has taken the default route along: one card, whose remedy puts both back", () => {
  const snapshot = shop();
  nicOf(snapshot, "api").addresses = [];
  // Found by its hardware address.
  nicOf(snapshot, "api").mac = snapshot.containers[1]?.endpoints[0]?.mac ?? "";
  Object.assign(insideOf(snapshot, "api"), { mainRoutes: [], defaults: [] });
  const [card, ...others] = cardsOf(audit(snapshot).deviations, snapshot);
  expect(others).toEqual([]);
  expect(card?.explains).toEqual(["LIVE-01"]);
  expect(card?.remedies[0]?.commands.map((line) => line.replace(/^.* -n /, ""))).toEqual([
    "ip addr add 10.44.0.2/24 dev eth0",
    "ip route replace default via 10.44.0.1 dev eth0",
  ]);
});

test("what a container that administers its network may have done itself is a note", () => {
  const snapshot = shop();
  for (const container of snapshot.containers) container.administersNetwork = true;
  Object.assign(insideOf(snapshot, "web"), {
    tables: readIptables("*filter\n:OUTPUT DROP [0:0]\nCOMMIT\n", "iptables"),
  });
  const { deviations, notes } = audit(snapshot);
  expect(deviations).toEqual([]);
  expect(notes.map(({ what }) => what).join()).toMatch(/policy|-P OUTPUT DROP.*may administer its network itself/);
});

test("a source address that the host does not have, and a hosts file without the container's own, are notes", () => {
  const snapshot = shop();
  snapshot.host.filters = filtering(
    RULES.replace(
      "-A POSTROUTING",
      "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j SNAT --to-source 203.0.113.9\n-A POSTROUTING",
    ),
  ) as typeof snapshot.host.filters;
  insideOf(snapshot, "api").hostsFile = "127.0.0.1 localhost\n";
  const { deviations, notes } = audit(snapshot);
  expect(deviations).toEqual([]);
  expect(notes.map(({ key }) => key).toSorted()).toEqual(["foreign-source bridge 203.0.113.9", "hosts-file api"]);
});

test("leftovers are notes, and only where a second look finds them and nothing was made meanwhile", () => {
  const snapshot = shop();
  const [veth] = structuredClone(snapshot.host.links.filter(({ name }) => name === "veth100"));
  if (veth === undefined) throw new Error("veth100 is there");
  snapshot.host.links.push(
    { ...veth, name: "vethdeadbee", index: 999 },
    { ...veth, name: "br-0123456789ab", index: 998, master: null, bridge: { id: "8000", stp: false } },
  );
  snapshot.host.emptyNamespaces = ["0123456789ab"];
  const look = judge(snapshot);
  const keys = (happened: string[], first = look) =>
    confirmed(first, look, happened)
      .notes.map(({ key }) => key)
      .toSorted();
  expect(keys([])).toEqual([
    "left bridge br-0123456789ab",
    "left docker0 port vethdeadbee",
    "left network namespace 0123456789ab",
  ]);
  expect(keys([], judge(shop()))).toEqual([]);
  expect(keys(["the gone"])).toEqual([]);
});

test("what could not be looked at is never as it must be", () => {
  const snapshot = shop();
  const [web] = snapshot.containers;
  if (web !== undefined) web.inside = null;
  const look = judge(snapshot);
  expect(confirmed(look, look, []).unseen).toMatchObject([
    { why: "the network namespace of container web could not be read" },
  ]);
  expect(confirmed(judge(shop()), look, []).unseen).toEqual([]);
  const blind = judge({ ...shop(), host: null });
  expect(blind.unseen[0]?.claims).toContain("LIVE-11");
  const unread = shop();
  unread.host.filters = { tables: [], unread: ["iptables (in nftables): exit code 4"] };
  expect(judge(unread).unseen[0]?.claims).toContain("LIVE-08");
});

test("where the engine makes no rules for IPv6, what the operator's firewall lets nobody do is a note", () => {
  for (const [configuration, rules, advice] of [
    [{}, [":FORWARD DROP [0:0]"], '"experimental": true, "ip6tables": true'],
    [
      {},
      [":ufw6-user-forward - [0:0]", "-A FORWARD -j ufw6-user-forward", "-A ufw6-user-forward -j DROP"],
      "(ufw) stops",
    ],
    [{ ip6tables: false }, ["-A FORWARD -j DROP"], "without `ip6tables` false"],
  ] as const) {
    const snapshot = shop();
    unruled(snapshot, ...rules);
    Object.assign(snapshot.facts.configuration, configuration);
    const found = audit(snapshot);
    expect(found.deviations.filter(({ family }) => family === 6)).toEqual([]);
    const [note] = found.notes.filter(({ key }) => key.startsWith("unruled network 6 "));
    expect(`${note?.what} ${note?.todo}`).toContain(advice);
  }
});

test("a foreign source that strikes the host as well is a note while a name server answers through it", () => {
  const snapshot = shop();
  snapshot.host.filters = filtering(
    RULES.replace("-A POSTROUTING", "-A POSTROUTING -o eth0 -j SNAT --to-source 203.0.113.9\n-A POSTROUTING"),
  ) as typeof snapshot.host.filters;
  const { deviations, notes } = audit(snapshot);
  expect(deviations).toEqual([]);
  expect(notes.map(({ key }) => key)).toContain("foreign-source bridge 203.0.113.9");
});

test("a way that somebody made for a container elsewhere is a note, by a rule or a route", () => {
  const snapshot = shop();
  Object.assign(insideOf(snapshot, "web"), {
    rules: ["100: from all lookup 51820"],
    waysOut: [{ family: 4, way: { interface: "wg0", gateway: null, source: "10.9.0.2" } }],
  });
  const { deviations, notes } = audit(snapshot);
  expect(deviations).toEqual([]);
  expect(notes.map(({ what }) => what).join()).toMatch(
    /policy rule comes before its default route.*wires it from outside/,
  );
});

test("what the engine itself shuts in a task that is on Swarm's ingress network alone is no fault", () => {
  const s = shop();
  const [web] = s.containers;
  const [bridge] = s.networks;
  const [endpoint] = web?.endpoints ?? [];
  if (web === undefined || bridge === undefined || endpoint === undefined) throw new Error("the shop has them");
  s.networks.push({ ...bridge, Name: "ingress", Id: "i".repeat(64), Driver: "overlay", Ingress: true });
  web.endpoints.unshift({ ...endpoint, network: "ingress", networkId: "i".repeat(64), address: "10.0.0.4" });
  insideOf(s, "web").tables = readIptables(
    "*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -d 10.0.0.4/32 -p tcp -j DROP\n-A OUTPUT -s 10.0.0.4/32 -p tcp -j DROP\nCOMMIT\n",
    "iptables",
  ) as NonNullable<ReturnType<typeof insideOf>["tables"]>;
  expect(audit(s).deviations.filter(({ claim }) => claim === "LIVE-20")).toEqual([]);
});
