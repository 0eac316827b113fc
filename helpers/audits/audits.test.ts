import { expect, test } from "vitest";
import { MISSING_RULES } from "../cause/keys.ts";
import { subjectText } from "../model/subject.ts";
import { THE_GONE } from "./deviation.ts";
import { audit, cardsOf, confirmed, judge } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";

/** What deviates after a healthy host was broken: claims with their subjects, and nothing else. */
function broken(breaks: (snapshot: ReturnType<typeof shop>) => void): string[] {
  const snapshot = shop();
  breaks(snapshot);
  return audit(snapshot).deviations.map(({ claim, subject }) => `${claim} ${subjectText(subject)}`);
}

const withRules = (alter: (rules: string) => string) => (snapshot: ReturnType<typeof shop>) => {
  snapshot.host.filters = filtering(alter(RULES)) as typeof snapshot.host.filters;
};
const without = (pattern: RegExp) =>
  withRules((rules) =>
    rules
      .split("\n")
      .filter((line) => !pattern.test(line))
      .join("\n"),
  );

test("a healthy host deviates nowhere, and nothing is worth a note", () => {
  expect(audit(shop())).toEqual({ deviations: [], notes: [] });
});

const WEB_PORT = "port 0.0.0.0:18080/tcp of container web";
const API_PORT = "port 192.0.2.10:19091/tcp of container api";

test.each<[string, (snapshot: ReturnType<typeof shop>) => void, string[]]>([
  [
    "the veth is taken off its bridge",
    ({ host }) => {
      for (const link of host.links) if (link.name === "veth200") link.master = null;
    },
    ["LIVE-02 container api on network shop"],
  ],
  [
    "the veth is down",
    ({ host }) => {
      for (const link of host.links) if (link.name === "veth100") link.up = false;
    },
    ["LIVE-02 container web on network bridge"],
  ],
  [
    "the port does not forward",
    ({ host }) => {
      for (const port of host.ports) if (port.name === "veth100") port.state = 0;
    },
    ["LIVE-02 container web on network bridge"],
  ],
  [
    "the interface is gone",
    ({ containers }) => containers[0]?.inside?.addresses.pop(),
    ["LIVE-01 container web on network bridge"],
  ],
  [
    "the hardware address is another",
    ({ containers }) => {
      for (const link of containers[0]?.inside?.addresses ?? [])
        if (link.name === "eth0") link.mac = "02:00:00:00:00:99";
    },
    ["LIVE-01 container web on network bridge"],
  ],
  [
    "a docker-proxy is stopped",
    ({ host }) => {
      for (const proxy of host.proxies) if (proxy.hostPort === 18_080) proxy.halted = true;
    },
    ["LIVE-13 port 0.0.0.0:18080/tcp of container web"],
  ],
  [
    "the default route is gone",
    ({ containers }) => containers[1]?.inside?.defaults.pop(),
    ["LIVE-03 container api on network shop"],
  ],
  [
    "the bridge is down",
    ({ host }) => {
      for (const link of host.links) if (link.name === "docker0") link.up = false;
    },
    ["LIVE-05 network bridge"],
  ],
  [
    "the gateway's address is gone",
    ({ host }) => {
      for (const link of host.addresses) if (link.name === "br-fc57f91b6867") link.addresses = [];
    },
    ["LIVE-05 network shop"],
  ],
  [
    "a more special route leads elsewhere",
    ({ host }) => {
      host.routes.push({ type: "unicast", destination: "10.44.0.0/25", interface: "wg0", flags: [], nextHops: [] });
    },
    ["LIVE-06 network shop"],
  ],
  [
    "no policy rule asks the main table",
    ({ host }) => {
      host.unasked = ["main"];
      for (const address of Object.keys(host.ways)) host.ways[address] = "RTNETLINK answers: Network is unreachable";
    },
    ["LIVE-06 network bridge", "LIVE-06 network shop"],
  ],
  ["forwarding is off", ({ host }) => Object.assign(host.sysctls, { "ipv4/ip_forward": "0" }), ["LIVE-15 this host"]],
  [
    "an entry of the neighbour table leads elsewhere",
    ({ host }) => host.neighbours.push({ address: "172.17.0.2", device: "docker0", mac: "02:de:ad:be:ef:01" }),
    ["LIVE-06 container web on network bridge"],
  ],
  [
    "connections are forgotten at once",
    ({ host }) => Object.assign(host.sysctls, { "netfilter/nf_conntrack_udp_timeout": "1" }),
    ["LIVE-15 this host"],
  ],
  ["the masquerade rule is gone", without(/-s 10\.44\.0\.0\/24 .*MASQUERADE/), ["LIVE-08 network shop"]],
  [
    "the DNAT rule is gone",
    without(/--to-destination 172\.17\.0\.2:80/),
    [`LIVE-11 ${WEB_PORT}`, `LIVE-11 ${WEB_PORT}`],
  ],
  ["the ACCEPT rule is gone", without(/-A DOCKER -d 10\.44\.0\.2\/32 .*--dport 80 /), [`LIVE-12 ${API_PORT}`]],
  ["the docker-proxy is gone", ({ host }) => void host.proxies.shift(), [`LIVE-13 ${WEB_PORT}`]],
  [
    "the isolation is gone",
    without(/-o docker0 -j DROP|-d 172\.17\.0\.2\/32 ! -i docker0 -j DROP/),
    ["LIVE-10 network bridge", `LIVE-10 ${WEB_PORT}`],
  ],
  [
    "a rule before the engine's drops",
    withRules((rules) => rules.replace("-A FORWARD -j DOCKER-USER", "-A FORWARD -j DROP\n-A FORWARD -j DOCKER-USER")),
    ["LIVE-07 network bridge", "LIVE-07 network shop", `LIVE-12 ${WEB_PORT}`, `LIVE-12 ${API_PORT}`],
  ],
  [
    "the resolver's rules are gone",
    ({ containers }) => {
      const inside = containers[1]?.inside;
      if (inside != null) inside.tables = [];
    },
    ["LIVE-14 container api"],
  ],
  [
    "a rule leads to an address that nobody has",
    withRules((rules) =>
      rules.replace(
        "-A DOCKER -i docker0 -j RETURN",
        "-A DOCKER -i docker0 -j RETURN\n-A DOCKER -p tcp -m tcp --dport 8099 -j DNAT --to-destination 172.17.0.99:80",
      ),
    ),
    ["LIVE-16 this host"],
  ],
  [
    "a container that is to run has no network",
    ({ containers }) => {
      const [web] = containers;
      if (web !== undefined)
        Object.assign(web, {
          status: "exited",
          pid: 0,
          inside: null,
          ports: [],
          error: "driver failed programming external connectivity",
        });
    },
    // Its rules and its proxy are there still: nobody took them away.
    ["LIVE-16 this host", "LIVE-16 this host", "LIVE-16 this host", "LIVE-17 container web"],
  ],
])("%s", (_what, breaks, expected) => {
  expect(broken(breaks).toSorted()).toEqual(expected.toSorted());
});

test("what an operator may have meant is a note", () => {
  const dropping = shop();
  withRules((rules) => rules.replace("-A FORWARD -j DOCKER-USER", "-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -j DROP"))(
    dropping,
  );
  const { deviations, notes } = audit(dropping);
  expect(deviations).toEqual([]);
  expect(notes.map(({ what }) => what).join(" ")).toContain("DOCKER-USER");

  const sidecar = shop();
  for (const container of sidecar.containers) container.administersNetwork = true;
  sidecar.containers[1]?.inside?.defaults.pop();
  expect(audit(sidecar)).toMatchObject({ deviations: [], notes: [{ subjects: [{ container: "api" }] }] });
});

test("a whole table that was flushed is one card, whose remedy says what it costs", () => {
  const flushed = shop();
  withRules((rules) =>
    rules.replace(/\*nat[\s\S]*?COMMIT/, "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT"),
  )(flushed);
  const cards = cardsOf(audit(flushed).deviations, flushed);
  expect(cards.map(({ key }) => key)).toEqual([MISSING_RULES]);
  expect(cards[0]?.remedies).toMatchObject([
    { commands: ["systemctl restart docker"], cost: expect.stringContaining("web, api") },
  ]);
});

test("where all tables were flushed, the one card names what is gone from each", () => {
  const flushed = shop();
  withRules((rules) => rules.replaceAll(/^(-A|:DOCKER).*\n/gm, ""))(flushed);
  const [card] = cardsOf(audit(flushed).deviations, flushed).filter(({ key }) => key === MISSING_RULES);
  const told = [card?.what, ...(card?.evidence ?? [])].join("; ");
  expect(told).toContain("nat table has no chain DOCKER");
  expect(told).toContain("filter table has no chain DOCKER");
});

test("a deviation counts that a second look finds, while the engine leaves its subject alone", () => {
  const snapshot = shop();
  snapshot.host.proxies.shift();
  const found = judge(snapshot);
  expect(confirmed(found, found, []).deviations).toHaveLength(1);
  expect(confirmed(found, judge(shop()), [])).toMatchObject({ deviations: [], changed: [] });
  expect(confirmed(found, found, ["web"])).toMatchObject({ deviations: [], changed: [{ claim: "LIVE-13" }] });
  expect(confirmed(found, found, ["api", THE_GONE]).deviations).toHaveLength(1);
});

test("a host whose packet filter could not be read says nothing about rules", () => {
  const unread = shop();
  unread.host.filters = { tables: [], unread: ["iptables (in nftables): exit code 4"] };
  expect(audit(unread).deviations).toEqual([]);
});

test("a network without a free address is a note that says who has them", () => {
  const full = shop();
  const range = full.networks[1]?.IPAM.Config?.[0];
  if (range === undefined) throw new Error("the shop has a network of its own");
  const resize = (prefix: number): void => {
    range.Subnet = `10.44.0.0/${prefix}`;
    for (const { name, addresses } of full.host.addresses)
      if (name === "br-fc57f91b6867") for (const one of addresses) one.prefix = prefix;
  };
  // Two addresses for hosts: the gateway's and the container's.
  resize(30);
  expect(audit(full)).toMatchObject({ deviations: [], notes: [{ key: "no-free-address shop" }] });
  resize(29);
  expect(audit(full).notes).toEqual([]);
  range.IPRange = "10.44.0.2/32";
  expect(audit(full).notes.map(({ what }) => what)).toEqual([expect.stringContaining("api has them")]);
});

test("a name server that is silent to the host is a note, unless a container may reach it by a tunnel of its own", () => {
  const silent = shop();
  silent.upstreams["192.0.2.53"] = { answers: false, detail: "timed out" };
  const { deviations, notes } = audit(silent);
  expect(deviations).toEqual([]);
  expect(notes).toMatchObject([{ key: "upstream 192.0.2.53", subjects: [{ name: "web" }, { name: "api" }] }]);
  for (const container of silent.containers) container.administersNetwork = true;
  expect(audit(silent).notes).toEqual([]);
});

/** The shop with its api on an overlay network, and what that is inside. */
function meshed() {
  const snapshot = shop();
  const network = snapshot.networks[1];
  if (network === undefined) throw new Error("the shop has a network of its own");
  network.Driver = "overlay";
  const port = (name: string, index: number, kind: string) => ({
    name,
    index,
    up: true,
    master: kind === "bridge" ? null : "br0",
    kind,
    vni: kind === "vxlan" ? 4097 : null,
  });
  const links = [port("br0", 2, "bridge"), port("vxlan0", 9, "vxlan"), port("veth0", 201, "veth")];
  snapshot.overlays = [{ networkId: network.Id, links }];
  return { snapshot, links };
}

test.each([
  ["vxlan0", "down", ["LIVE-19 network shop"]],
  ["vxlan0", "off the bridge", ["LIVE-19 network shop"]],
  ["br0", "down", ["LIVE-19 network shop"]],
  ["veth0", "off the bridge", ["LIVE-19 container api on network shop"]],
  ["veth0", "up", []],
])("inside an overlay network %s is %s", (device, how, expected) => {
  const { snapshot, links } = meshed();
  for (const link of links)
    if (link.name === device && how !== "up") Object.assign(link, how === "down" ? { up: false } : { master: null });
  const found = audit(snapshot).deviations.filter(({ claim }) => claim === "LIVE-19");
  expect(found.map(({ claim, subject }) => `${claim} ${subjectText(subject)}`)).toEqual(expected);
});

test("an overlay network whose namespace is gone, and one that could not be read", () => {
  const { snapshot } = meshed();
  const [overlay] = snapshot.overlays;
  if (overlay !== undefined) overlay.links = null;
  expect(audit(snapshot).deviations.map(({ claim }) => claim)).toContain("LIVE-19");
  snapshot.overlays = [];
  expect(audit(snapshot).deviations.filter(({ claim }) => claim === "LIVE-19")).toEqual([]);
});

test("what a transparent proxy takes is that program's to pass on, what is not tracked is not translated", () => {
  const told = (rule: string) => {
    const own = filtering(`*raw\n:PREROUTING ACCEPT [0:0]\n${rule}\nCOMMIT\n`)?.tables ?? [];
    const { host, ...healthy } = shop();
    const filters = { tables: [...(filtering(RULES)?.tables ?? []), ...own], unread: [] };
    const sockets = host.sockets.flatMap((one) => [one, { ...one, local: { address: "127.0.0.1", port: 12_345 } }]);
    return audit({ ...healthy, host: { ...host, sockets, filters } }).deviations.map(
      ({ claim, reason }) => `${claim} ${reason.key}`,
    );
  };
  expect(told("-A PREROUTING -i docker0 -p tcp -j TPROXY --on-port 12345 --on-ip 127.0.0.1")).toEqual([]);
  expect(told("-A PREROUTING -i docker0 -j CT --notrack")).toContain(
    "LIVE-07 firewall iptables -t raw -A PREROUTING -i docker0 -j CT --notrack",
  );
});

test("an older engine's docker-proxy that leads to an IPv6 address which the container's own option took away is as made", () => {
  const snapshot = shop();
  for (const proxy of snapshot.host.proxies) if (proxy.hostPort === 18_080) proxy.containerIp = "fd66:66::4";
  expect(audit(snapshot).deviations).toEqual([]);
  for (const proxy of snapshot.host.proxies) if (proxy.hostPort === 18_080) proxy.containerIp = "172.17.0.9";
  expect(audit(snapshot).deviations.map(({ claim }) => claim)).toEqual(["LIVE-13"]);
});

test("a host that answers no ping by IPv6 cuts off no container", () => {
  const { host, ...healthy } = shop();
  const sysctls = { ...host.sysctls, "ipv6/icmp/echo_ignore_all": "1" };
  expect(audit({ ...healthy, host: { ...host, sysctls } }).deviations).toEqual([]);
});

test("rules and docker-proxy of one container's ports that are gone are one act, which its restart mends", () => {
  const snapshot = shop();
  without(/-d 172\.17\.0\.2|--to-destination 172\.17\.0\.2:80/)(snapshot);
  snapshot.host.proxies = snapshot.host.proxies.filter(({ hostPort }) => hostPort !== 18_080);
  const [card, ...others] = cardsOf(audit(snapshot).deviations, snapshot);
  expect(others).toEqual([]);
  expect(card?.what).toMatch(/ports of container web is gone: its DNAT rules, and its docker-proxy, and the rules/);
  expect(card?.remedies[0]?.commands).toEqual(["docker restart web"]);
  expect(card?.explains).toEqual(expect.arrayContaining(["LIVE-11", "LIVE-12", "LIVE-13"]));
});
