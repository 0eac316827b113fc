import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import { subjectText } from "../model/subject.ts";
import { readNft } from "../snapshot/firewall/read-nft.ts";
import { audit } from "./judge.ts";
import { shop } from "./testing/shop.ts";

const RULESET = readFileSync(new URL("../snapshot/firewall/captured/engine-29.7.nft.json", import.meta.url), "utf8");
const BRIDGE = "br-f9eb8f27eed5";

interface Ruleset {
  nftables: Record<string, { name?: string; chain?: string; table?: string; family?: string; elem?: unknown[] }>[];
}

/** A host of Engine 29 whose rules are nftables' own: the container and the ports that the captured rules are about. */
function engine29(alter: (ruleset: Ruleset) => void) {
  const snapshot = shop();
  const ruleset = JSON.parse(RULESET) as Ruleset;
  alter(ruleset);
  snapshot.facts = { ...factsOf("29.7.2"), configuration: { "firewall-backend": "nftables" } } as typeof snapshot.facts;
  snapshot.host.filters = { tables: readNft(JSON.stringify(ruleset), ""), unread: [] } as never;
  const { host } = snapshot;
  snapshot.networks = snapshot.networks.filter(({ Name }) => Name === "shop");
  snapshot.containers = snapshot.containers.filter(({ name }) => name === "api");
  for (const network of snapshot.networks) {
    network.Id = BRIDGE.slice(3).padEnd(64, "0");
    network.IPAM.Config = [{ Subnet: "172.18.0.0/16", Gateway: "172.18.0.1" }];
  }
  for (const device of [...host.links, ...host.addresses]) if (device.name.startsWith("br-")) device.name = BRIDGE;
  for (const link of host.links) if (link.master !== null) link.master = BRIDGE;
  for (const route of host.routes)
    if (route.interface?.startsWith("br-")) Object.assign(route, { interface: BRIDGE, destination: "172.18.0.0/16" });
  for (const { addresses } of host.addresses)
    for (const one of addresses)
      if (one.address === "10.44.0.1") Object.assign(one, { address: "172.18.0.1", prefix: 16 });
  host.ways = { "172.18.0.2": BRIDGE };
  const ports = [
    { protocol: "tcp", containerPort: 80, hostAddress: "0.0.0.0", hostPort: 8080 },
    { protocol: "tcp", containerPort: 80, hostAddress: "127.0.0.1", hostPort: 8081 },
    { protocol: "udp", containerPort: 53, hostAddress: "0.0.0.0", hostPort: 5353 },
  ] as const;
  host.proxies = ports.map((port) => ({ ...port, hostIp: port.hostAddress, containerIp: "172.18.0.2", halted: false }));
  const [listening] = host.sockets;
  if (listening === undefined) throw new Error("the shop listens");
  host.sockets = ports.map(({ protocol, hostAddress: address, hostPort: port }) => ({
    ...listening,
    protocol,
    local: { address, port },
  }));
  for (const container of snapshot.containers) {
    container.ports = [...ports];
    for (const endpoint of container.endpoints)
      Object.assign(endpoint, {
        networkId: BRIDGE.slice(3).padEnd(64, "0"),
        address: "172.18.0.2",
        prefix: 16,
        gateway: "172.18.0.1",
      });
    const { inside } = container;
    if (inside === null) continue;
    inside.tables = null;
    inside.resolverRules = [
      "ip daddr 127.0.0.11 tcp dport 53 counter packets 0 bytes 0 dnat to 127.0.0.11:40001",
      "ip daddr 127.0.0.11 udp dport 53 counter packets 0 bytes 0 dnat to 127.0.0.11:40002",
    ];
    inside.hostsFile = "172.18.0.2 api";
    inside.defaults = [{ family: 4, gateway: "172.18.0.1", interface: "eth0" }];
    for (const route of inside.mainRoutes)
      Object.assign(route, route.prefix === 0 ? { gateway: "172.18.0.1" } : { destination: "172.18.0.0", prefix: 16 });
    inside.sockets.push({ ...listening, protocol: "udp", local: { address: "0.0.0.0", port: 53 } });
    for (const link of inside.addresses)
      if (link.name === "eth0") link.addresses = [{ family: 4, address: "172.18.0.2", prefix: 16, scope: "global" }];
  }
  return audit(snapshot).deviations.map(({ claim, subject }) => `${claim} ${subjectText(subject)}`);
}

/** Takes rules away by what they say. */
const without =
  (chain: string, says: string) =>
  (ruleset: Ruleset): void => {
    ruleset.nftables = ruleset.nftables.filter(
      ({ rule }) =>
        !(rule !== undefined && rule.family === "ip" && rule.chain === chain && JSON.stringify(rule).includes(says)),
    );
  };

/** Takes a bridge out of a map of verdicts. */
const outOf =
  (name: string) =>
  (ruleset: Ruleset): void => {
    for (const { map } of ruleset.nftables)
      if (map?.name === name && map.family === "ip")
        map.elem = map.elem?.filter((one) => !JSON.stringify(one).includes(BRIDGE)) ?? [];
  };

test.each<[string, (ruleset: Ruleset) => void, string[]]>([
  ["nothing", () => undefined, []],
  [
    "a translation",
    without("nat-prerouting-and-output", "8080"),
    ["LIVE-11 port 0.0.0.0:8080/tcp of container api", "LIVE-11 port 0.0.0.0:8080/tcp of container api"],
  ],
  ["an accept", without(`filter-forward-in__${BRIDGE}`, "udp"), ["LIVE-12 port 0.0.0.0:5353/udp of container api"]],
  ["the masquerade", without(`nat-postrouting-out__${BRIDGE}`, "masquerade"), ["LIVE-08 network shop"]],
  ["the way out of a bridge in its map", outOf("nat-postrouting-out-jumps"), ["LIVE-08 network shop"]],
  [
    "the guard of a container's own address",
    without("raw-PREROUTING", "172.18.0.2"),
    [
      "LIVE-10 port 0.0.0.0:5353/udp of container api",
      "LIVE-10 port 0.0.0.0:8080/tcp of container api",
      "LIVE-10 port 127.0.0.1:8081/tcp of container api",
    ],
  ],
])("with the nftables backend, what is missing: %s", (_what, alter, expected) => {
  expect(engine29(alter).toSorted()).toEqual(expected);
});
