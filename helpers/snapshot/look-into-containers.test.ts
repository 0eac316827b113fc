import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { FoundContainer } from "./foreign-containers.ts";
import { readInsides } from "./look-into-containers.ts";

interface Captured {
  readonly pids: readonly (readonly [name: string, pid: number, resolvConf: string, hosts: string])[];
  readonly interfaces: string;
  readonly tables: string;
  readonly files: string;
}

const CAPTURED = JSON.parse(readFileSync(new URL("captured/insides-20.10.json", import.meta.url), "utf8")) as Captured;

const NOTHING_TOLD = new Map();

const FOUND = CAPTURED.pids.map(
  ([name, pid, resolvConfPath, hostsPath]) =>
    ({ container: { name, pid }, resolvConfPath, hostsPath }) as FoundContainer,
);

const [web = 0, lonely = 0] = CAPTURED.pids.map(([, pid]) => pid);

test("what the scripts print of two containers", () => {
  const insides = readInsides(FOUND, { ...CAPTURED, told: NOTHING_TOLD });
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
  expect(told?.hostsFile).toContain("172.20.0.2");
  expect(insides.get(lonely)).toMatchObject({
    tables: null,
    neighbours: [{ address: "172.17.0.1", mac: "02:00:00:00:00:99", device: "eth0" }],
  });
});

test("its kernel's values, and its policy rules", () => {
  // As a host of the lab prints it (Engine 28.5).
  const shown =
    "== rules\n0:\tfrom all lookup local\n32767:\tfrom all lookup default\n== sysctls\nipv4/conf/all/arp_ignore:8\nipv4/ip_default_ttl:64\n== end";
  const interfaces = CAPTURED.interfaces.replaceAll("== end", shown);
  const insides = readInsides(FOUND, { ...CAPTURED, interfaces, told: NOTHING_TOLD });
  expect(insides.get(web)).toMatchObject({
    sysctls: { "ipv4/conf/all/arp_ignore": "8", "ipv4/ip_default_ttl": "64" },
    unasked: ["main"],
    unasked6: [],
  });
});

test("a container that was cut short, or whose namespace has no name, is left out", () => {
  const cut = CAPTURED.interfaces.slice(0, CAPTURED.interfaces.lastIndexOf("== end"));
  expect([...readInsides(FOUND, { ...CAPTURED, interfaces: cut, told: NOTHING_TOLD }).keys()]).toEqual([web]);
  const nameless = CAPTURED.interfaces.replace(/^.*27512\/ns\/net.*$/m, "");
  expect([...readInsides(FOUND, { ...CAPTURED, interfaces: nameless, told: NOTHING_TOLD }).keys()]).toEqual([lonely]);
  expect(readInsides(FOUND, { interfaces: "", tables: "", files: "", told: NOTHING_TOLD }).size).toBe(0);
});
