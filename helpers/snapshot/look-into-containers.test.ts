import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { FoundContainer } from "./foreign-containers.ts";
import { readInsides } from "./look-into-containers.ts";

interface Captured {
  readonly pids: readonly (readonly [name: string, pid: number, resolvConf: string, hosts: string])[];
  readonly interfaces: string;
  readonly tables: string;
  readonly files: string;
  readonly rules: string;
}

const CAPTURED = JSON.parse(readFileSync(new URL("captured/insides-20.10.json", import.meta.url), "utf8")) as Captured;

const FOUND = CAPTURED.pids.map(
  ([name, pid, resolvConfPath, hostsPath]) =>
    ({ container: { name, pid }, resolvConfPath, hostsPath }) as FoundContainer,
);

const [web = 0, lonely = 0] = CAPTURED.pids.map(([, pid]) => pid);

test("what the scripts print of two containers", () => {
  const insides = readInsides(FOUND, { ...CAPTURED, isNftables: false });
  expect([...insides.keys()]).toEqual([web, lonely]);
  expect(insides.get(web)).toMatchObject({
    namespaces: { net: "net:[4026548835]" },
    defaults: [{ family: 4, gateway: "172.20.0.1", interface: "eth0" }],
    mainRoutes: [{ prefix: 0 }, { destination: "172.20.0.0", prefix: 16, gateway: null, interface: "eth0" }],
    neighbours: [],
    resolvConf: "nameserver 127.0.0.11\noptions ndots:0\n",
  });
  const told = insides.get(web);
  expect(told?.sockets.map(({ protocol, local }) => `${protocol} ${local.address}`)).toContain("udp 127.0.0.11");
  expect(told?.tables?.map(({ name }) => name)).toEqual(["nat"]);
  const with6 = readInsides(FOUND, {
    ...CAPTURED,
    rules: `${CAPTURED.rules}=== 6 ${web}\n*filter\n:INPUT DROP [0:0]\nCOMMIT\n== end\n`,
    isNftables: false,
  });
  expect(with6.get(web)?.tables?.map(({ program, name }) => `${program} ${name}`)).toEqual([
    "iptables nat",
    "ip6tables filter",
  ]);
  expect(told?.hostsFile).toContain("172.20.0.2");
  expect(insides.get(lonely)).toMatchObject({
    tables: [],
    neighbours: [{ address: "172.17.0.1", mac: "02:00:00:00:00:99", device: "eth0" }],
  });
});

test("who answers no ARP inside, by device", () => {
  // As a host of the lab prints it (Engine 28.5).
  const shown = "== arp_ignore\nall 8\ndefault 0\neth0 0\nlo 0\n== end";
  const interfaces = CAPTURED.interfaces.replaceAll("== end", shown);
  const insides = readInsides(FOUND, { ...CAPTURED, interfaces, isNftables: false });
  expect(insides.get(web)?.arpIgnore).toEqual({ all: 8, default: 0, eth0: 0, lo: 0 });
});

test("a container that was cut short, or whose namespace has no name, is left out", () => {
  const cut = CAPTURED.interfaces.slice(0, CAPTURED.interfaces.lastIndexOf("== end"));
  expect([...readInsides(FOUND, { ...CAPTURED, interfaces: cut, isNftables: false }).keys()]).toEqual([web]);
  const nameless = CAPTURED.interfaces.replace(/^.*27512\/ns\/net.*$/m, "");
  expect([...readInsides(FOUND, { ...CAPTURED, interfaces: nameless, isNftables: false }).keys()]).toEqual([lonely]);
  expect(readInsides(FOUND, { interfaces: "", tables: "", files: "", rules: "", isNftables: false }).size).toBe(0);
});
