import { expect, test } from "vitest";
import { readIptables } from "../snapshot/firewall/read-iptables.ts";
import { exposureOf } from "./exposure.ts";
import { audit } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";

/**
 * A host on which the container api publishes at an address of a second interface, eth1 (198.51.100.7/24).
 * @param rule of the chain FORWARD, before all others
 */
function twoUplinks(rule?: string) {
  const snapshot = shop();
  const { host } = snapshot;
  const rename = (text: string): string => text.replaceAll("192.0.2.10", "198.51.100.7");
  const eth0 = host.links.find(({ name }) => name === "eth0");
  const at0 = host.addresses.find(({ name }) => name === "eth0");
  if (eth0 === undefined || at0 === undefined) throw new Error("the shop has an uplink");
  host.links.push({ ...eth0, name: "eth1", index: 77 });
  const [first] = at0.addresses;
  host.addresses.push({
    ...at0,
    name: "eth1",
    index: 77,
    addresses: [{ ...first, address: "198.51.100.7", prefix: 24 }] as typeof at0.addresses,
  });
  const text = rename(RULES).replace("-A FORWARD ", `${rule === undefined ? "" : `${rule}\n`}-A FORWARD `);
  host.filters = { ...filtering(text), tables: readIptables(text, "iptables") } as typeof host.filters;
  for (const proxy of host.proxies) proxy.hostIp = rename(proxy.hostIp);
  for (const socket of host.sockets) socket.local = { ...socket.local, address: rename(socket.local.address) };
  const api = snapshot.containers.find(({ name }) => name === "api");
  for (const port of api?.ports ?? []) port.hostAddress = rename(port.hostAddress);
  for (const binding of api?.bindings ?? []) binding.hostAddress = rename(binding.hostAddress);
  return snapshot;
}

const found = (rule?: string) => audit(twoUplinks(rule)).deviations.map(({ claim, effect }) => `${claim} ${effect}`);

test("a port at the address of a second interface is asked for there", () => {
  expect(found()).toEqual([]);
  expect(found("-A FORWARD -i eth1 -p tcp -m tcp --dport 80 -j DROP")).toEqual([
    expect.stringMatching(/^LIVE-12 .*19091\/tcp of container api/),
  ]);
  // Nobody asks for it by the other one. The other container's port is asked for there.
  expect(found("-A FORWARD -s 198.51.100.0/24 -i eth0 -j DROP")).toEqual([]);
});

test("who reaches it is told of the same sender", () => {
  const told = exposureOf(twoUplinks("-A FORWARD -i eth1 -p tcp -m tcp --dport 80 -j DROP"));
  const standings = told.map(({ port, from }) => [port, from.otherMachines?.standing]);
  expect(Object.fromEntries(standings)).toMatchObject({ "198.51.100.7:19091/tcp": "blocked" });
});

/** What is noted of ports that are published everywhere. */
const noted = (rule?: string) =>
  audit(twoUplinks(rule))
    .notes.filter(({ key }) => key.startsWith("at "))
    .map(({ key, subjects }) => [key, subjects]);

test("of a port that is published everywhere it is noted where a rule keeps machines at a further interface out", () => {
  expect(noted()).toEqual([]);
  const rule = "-A FORWARD -i eth1 -d 172.17.0.0/16 -j DROP";
  expect(noted(rule)).toEqual([
    [`at eth1 iptables -t filter ${rule}`, [expect.objectContaining({ container: "web" })]],
  ]);
  // Who is at the first one is judged by others, and what chooses senders lets others in.
  expect(noted("-A FORWARD -i eth0 -j DROP")).toEqual([]);
  expect(noted("-A FORWARD ! -s 203.0.113.0/24 -i eth1 -j DROP")).toEqual([]);
});
