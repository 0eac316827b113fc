import { expect, test } from "vitest";
import { subjectText } from "../model/subject.ts";
import { readIptables } from "../snapshot/firewall/read-iptables.ts";
import { audit, cardsOf, confirmed, judge } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";
import { insideOf, nicOf, PORT, type Shop, unruled, WEB, withoutProxy } from "./testing/strikes.ts";

test("without docker-proxy the kernel alone leads from the host's loopback, the container itself and its neighbours", () => {
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
    [
      (s: Shop) => {
        const nat = s.host.filters?.tables.find(({ name }) => name === "nat");
        for (const chain of nat?.chains ?? [])
          chain.rules = chain.rules.filter(({ text }) => !text.includes("-o docker0 -m addrtype --src-type LOCAL"));
      },
      `LIVE-11 ${PORT}`,
    ],
    [
      (s: Shop) => {
        Object.assign(s.host.sysctls, { "bridge/bridge-nf-call-iptables": "0" });
        const [web] = s.containers;
        if (web === undefined) throw new Error("the shop has a web server");
        const endpoints = web.endpoints.map((endpoint) => ({ ...endpoint, address: "172.17.0.3" }));
        s.containers.push({ ...web, id: "n", name: "next", endpoints, ports: [], bindings: [], inside: null });
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

test("a hosts file names no address by which Swarm's routing mesh alone reaches a task", () => {
  const s = shop();
  const [, api] = s.containers;
  const [, network] = s.networks;
  if (api === undefined || network === undefined) throw new Error("the shop has them");
  insideOf(s, "api").hostsFile = "127.0.0.1 localhost\n";
  Object.assign(network, { Ingress: true });
  expect(audit(s).notes.map(({ key }) => key)).not.toContain("hosts-file api");
});

test("a macvlan network hangs on a parent that is there, up, and carries frames", () => {
  const observed = (change: (parent: { up: boolean; carrier: boolean | null; name: string }) => void) => {
    const s = shop();
    const [network] = s.networks.slice(1);
    if (network === undefined) throw new Error("the shop has two networks");
    Object.assign(network, { Driver: "macvlan", Options: { parent: "eth0" } });
    for (const link of s.host.links) if (link.name === "eth0") change(link);
    return audit(s).deviations.flatMap(({ claim, observed: seen, reason }) =>
      claim === "LIVE-18" ? [[seen, reason.remedies.flatMap((one) => ("commands" in one ? one.commands : []))]] : [],
    );
  };
  expect(observed(() => undefined)).toEqual([]);
  expect(observed((parent) => Object.assign(parent, { up: false }))).toEqual([["down", ["ip link set eth0 up"]]]);
  expect(observed((parent) => Object.assign(parent, { carrier: false }))).toEqual([["up, without carrier", []]]);
  expect(observed((parent) => Object.assign(parent, { name: "eth9" }))).toEqual([["no such interface", []]]);
});

test("a second engine on the host's network is told, and what belongs to nobody here may be its own", () => {
  const engines = ["dockerd -H fd://", "dockerd --data-root /var/snap/docker/common/var-lib-docker"];
  const judged = (running: readonly string[]) => {
    const s = shop();
    s.host.engines = [...running];
    const [veth] = structuredClone(s.host.links.filter(({ name }) => name === "veth100"));
    if (veth === undefined) throw new Error("veth100 is there");
    s.host.links.push({ ...veth, name: "vethdeadbee", index: 999 });
    s.host.filters = filtering(RULES.replace(/-A DOCKER .*172.17.0.2.*\n/g, "")) as typeof s.host.filters;
    return audit(s);
  };
  const { deviations, notes } = judged(engines);
  expect(notes.map(({ key }) => key)).toEqual(["several engines"]);
  expect(notes[0]?.what).toContain("`dockerd -H fd://`, `dockerd --data-root");
  expect(new Set(deviations.map(({ reason }) => reason.act))).toEqual(
    new Set(["another engine of this host has started, and emptied these chains"]),
  );
  const alone = judged(engines.slice(1));
  expect(alone.notes.map(({ key }) => key)).toEqual(["left docker0 port vethdeadbee"]);
  expect(alone.deviations.map(({ reason }) => reason.act).join()).not.toContain("another engine");
});

test("a published address that no interface has any more is a fault, but where addresses wander a note", () => {
  const judged = (alter: (snapshot: ReturnType<typeof shop>) => void, bind = "0") => {
    const s = shop();
    for (const { port } of s.containers.flatMap(({ ports }) => ports.map((port) => ({ port }))))
      if (port.hostAddress === "192.0.2.10") port.hostAddress = "192.0.2.77";
    s.host.sysctls["ipv4/ip_nonlocal_bind"] = bind;
    alter(s);
    const { deviations, notes } = audit(s);
    return [
      ...deviations.filter(({ reason }) => reason.key.startsWith("address-lost")).map(({ claim }) => claim),
      ...notes.filter(({ key }) => key.startsWith("address-lost")).map(() => "note"),
    ];
  };
  expect(judged(() => undefined)).toEqual(["LIVE-11"]);
  expect(judged(() => undefined, "1")).toEqual(["note"]);
  const any = { type: "local", destination: "192.0.2.64/26", interface: "lo", table: "local", flags: [], nextHops: [] };
  expect(judged((s) => s.host.routes.push(structuredClone(any) as never))).toEqual([]);
});

test("the engine writes nothing into the hosts file of a network that a container was connected to later", () => {
  const s = shop();
  insideOf(s, "api").hostsFile = "127.0.0.1 localhost\n";
  Object.assign(s.containers[1] ?? {}, { networkMode: "left-behind" });
  expect(audit(s).notes.map(({ key }) => key)).not.toContain("hosts-file api");
});

test("two containers that were given one MAC are told once; where the engine keeps it with the container, nothing is typed", () => {
  for (const [api, remedies] of [
    ["1.41", []],
    ["1.44", ["docker network disconnect bridge web", "docker network connect bridge web"]],
  ] as const) {
    const s = shop();
    const twin = structuredClone(s.containers[0]);
    if (twin === undefined) throw new Error("the shop has a web server");
    Object.assign(s.facts.engine, { apiVersion: api });
    Object.assign(twin, { id: "a", name: "a-twin", ports: [], bindings: [], inside: null });
    Object.assign(twin.endpoints[0] ?? {}, { address: "172.17.0.3" });
    nicOf(s, "web").mac = twin.endpoints[0]?.mac ?? "";
    s.containers.push(twin);
    const [card, ...others] = cardsOf(audit(s).deviations, s);
    expect(others).toEqual([]);
    expect(card?.what).toMatch(/^Container web and container a-twin were given the same MAC address/);
    expect(card?.remedies.flatMap(({ commands }) => commands)).toEqual(remedies);
  }
});

test("a container on the default bridge is told of its own loopback alone: somebody has to listen there", () => {
  const told = (file: string, parts: object = {}) => {
    const s = shop();
    Object.assign(insideOf(s, "web"), { resolvConf: file });
    Object.assign(s.containers[0] ?? {}, parts);
    Object.assign(s.facts.configuration, { "dns-opts": ["ndots:3"] });
    Object.assign(s.facts.host?.resolver ?? {}, { nameservers: ["127.0.0.11"] });
    return audit(s).deviations.map(({ claim, reason: { act } }) => `${claim} ${act ?? ""}`);
  };
  expect(told("nameserver 127.0.0.11\n")).toEqual([expect.stringMatching(/^LIVE-14/)]);
  expect(told("nameserver 127.0.0.11\nnameserver 192.0.2.53\n")).toEqual([]);
  expect(told("nameserver 127.0.0.1\n", { dns: ["127.0.0.1"] })).toEqual([]);
  const s = shop();
  Object.assign(insideOf(s, "web"), { resolvConf: "nameserver 127.0.0.1\n" });
  const [socket] = insideOf(s, "web").sockets;
  if (socket === undefined) throw new Error("web listens");
  insideOf(s, "web").sockets.push({ ...socket, protocol: "udp", local: { address: "0.0.0.0", port: 53 } });
  expect(audit(s).deviations).toEqual([]);
});

test("an option --link whose container has another address by now is a note, and a right one is none", () => {
  const told = (address: string): string => {
    const s = shop();
    const [web] = s.containers;
    if (web === undefined) throw new Error("the shop has web");
    // As Engine 28.5 writes it: the alias, the number, the name.
    insideOf(s, "web").hostsFile =
      `127.0.0.1\tlocalhost\n${address}\tdb ${web.id.slice(0, 12)} web\n172.17.0.2\tmore\n`;
    return audit(s)
      .notes.filter(({ key }) => key.startsWith("stale-link"))
      .map(({ what }) => what)
      .join();
  };
  expect(told("172.17.0.2")).toBe("");
  expect(told("172.17.0.9")).toMatch(
    /says that container web, which it was linked to, is at 172\.17\.0\.9; it is at 172\.17\.0\.2/,
  );
});
