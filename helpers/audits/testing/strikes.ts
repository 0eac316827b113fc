import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { factsOf } from "../../model/captured/facts.ts";
import { subjectText } from "../../model/subject.ts";
import type { PermanentNeighbour } from "../../probes/parse/parse-proc-net-arp.ts";
import type { Table } from "../../snapshot/firewall/model.ts";
import { readIptables } from "../../snapshot/firewall/read-iptables.ts";
import { readNft } from "../../snapshot/firewall/read-nft.ts";
import { audit, cardsOf } from "../judge.ts";
import { filtering, shop } from "./shop.ts";

export type Shop = ReturnType<typeof shop>;

export const WEB = "container web on network bridge";
export const PORT = "port 0.0.0.0:18080/tcp of container web";

export function insideOf(snapshot: Shop, name: string) {
  const found = snapshot.containers.find((one) => one.name === name)?.inside;
  if (found == null) throw new Error(`${name} is none`);
  return found;
}

/** Gives the container web one rule, written as for `iptables`: of the filter table, or of nat (`-t nat -A …`). */
export function ruleInside(snapshot: Shop, line: string, program: "iptables" | "ip6tables" = "iptables"): void {
  const inside = insideOf(snapshot, "web");
  const [, nat] = /^-t nat (.*)$/.exec(line) ?? [];
  const [table, chains] = nat === undefined ? ["filter", ["INPUT", "OUTPUT"]] : ["nat", ["PREROUTING", "OUTPUT"]];
  const text = [`*${table}`, ...chains.map((chain) => `:${chain} ACCEPT [0:0]`), nat ?? line, "COMMIT", ""].join("\n");
  inside.tables = readIptables(text, program) as NonNullable<typeof inside.tables>;
}

/** Gives the container api, on a network of its own, one rule of the table nat before the engine's. */
export function ruleBeforeResolvers(snapshot: Shop, line: string): void {
  const [added] = readIptables(`*nat\n:OUTPUT ACCEPT [0:0]\n${line}\nCOMMIT\n`, "iptables");
  const output = insideOf(snapshot, "api").tables?.[0]?.chains.find(({ name }) => name === "OUTPUT");
  output?.rules.unshift(...((added?.chains[0]?.rules ?? []) as never[]));
}

/** Gives the host a table of nftables with one base chain, which drops what these expressions of one rule match. */
export function nftChain({ host }: Shop, ...chain: Parameters<typeof nftTable>): void {
  host.filters?.tables.push(...(nftTable(...chain) as never[]));
}

/** Gives the container web such a table. */
export function nftInside(snapshot: Shop, ...chain: Parameters<typeof nftTable>): void {
  insideOf(snapshot, "web").tables = nftTable(...chain) as never[];
}

function nftTable(
  family: "bridge" | "netdev" | "inet" | "arp",
  [table, name]: readonly [table: string, chain: string],
  base: Readonly<Record<string, unknown>>,
  match?: Readonly<Record<string, unknown>>,
): Table[] {
  const of = { family, table };
  const nftables = [
    { table: { family, name: table, handle: 1 } },
    { chain: { ...of, name, handle: 1, type: "filter", prio: 0, ...base } },
    ...(match === undefined ? [] : [{ rule: { ...of, chain: name, handle: 2, expr: [{ match }, { drop: null }] } }]),
  ];
  return readNft(JSON.stringify({ nftables }), "");
}

export function nicOf(snapshot: Shop, name: string) {
  const found = insideOf(snapshot, name).addresses.find((link) => link.name === "eth0");
  if (found === undefined) throw new Error(`${name} has no eth0`);
  return found;
}

/** As Engine 28.5 makes them without docker-proxy; the network has the id of the shop's. */
const RULES_WITHOUT_PROXY = readFileSync(
  new URL("../../expectations/captured/28.5.2-userland-proxy-off.iptables-save", import.meta.url),
  "utf8",
).replaceAll(/br-[0-9a-f]{12}/g, "br-fc57f91b6867");

export const withoutProxy = (snapshot: Shop): void => {
  Object.assign(snapshot.facts.configuration, { "userland-proxy": false });
  snapshot.host.proxies = [];
  for (const port of snapshot.host.ports) port.hairpin = true;
  snapshot.host.filters = filtering(RULES_WITHOUT_PROXY) as typeof snapshot.host.filters;
};

export const neighbour = (address: string, mac: string, device: string): PermanentNeighbour => ({
  address,
  mac,
  device,
});

/** The default network with IPv6, and web with an address there, as the engine makes it. */
export function withIpv6(s: Shop): void {
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

export function route6(destination: string, prefix: number, device: string) {
  const flags = { up: true, gateway: false, host: false, reject: device === "*" };
  return { interface: device, destination, prefix, gateway: null, metric: 256, flags };
}

/** A line in the forwarding table of docker0 for web's hardware address. */
export function misled(s: Shop, entry: { readonly port: number; readonly local: boolean }): void {
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
export function unruled(s: Shop, ...rules: readonly string[]): void {
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

/** One way to break the shop: what it is, how, the claims that are breached by it, and the remedy of its one card. */
export type Strike = [string, (snapshot: Shop) => void, string[], RegExp];

/** Each strike breaches just these claims, and is one card with this remedy first. */
export function testStrikes(strikes: readonly Strike[]): void {
  test.each<Strike>([...strikes])("%s", (_what, breaks, expected, remedy) => {
    const snapshot = shop();
    breaks(snapshot);
    const { deviations } = audit(snapshot);
    expect(deviations.map(({ claim, subject }) => `${claim} ${subjectText(subject)}`)).toEqual(expected);
    const cards = cardsOf(deviations, snapshot);
    expect(cards).toHaveLength(1);
    expect(cards[0]?.remedies[0]?.commands.join("\n")).toMatch(remedy);
  });
}
