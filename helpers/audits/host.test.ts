import { expect, test } from "vitest";
import { auditHost } from "./host.ts";
import { shop } from "./testing/shop.ts";

/** What is noted of a host with a further network on a device of its own, and these switches. */
function noted(device: string, switches: Readonly<Record<string, string>>): string[] {
  const snapshot = shop();
  const [eth0] = snapshot.host.addresses;
  if (eth0 === undefined) throw new Error("the host has a device");
  const address = { family: 4, address: "192.168.9.1", prefix: 24 } as (typeof eth0.addresses)[number];
  snapshot.host.addresses.push({ ...eth0, name: device, addresses: [address] });
  Object.assign(snapshot.host.sysctls, switches);
  return auditHost(snapshot).notes.map(({ what }) => what);
}

test("a further network whose device does not forward reaches no published port: a note", () => {
  expect(noted("lan.7", { "ipv4/conf/lan.7/forwarding": "0" })).toEqual([
    "The kernel does not forward what comes in by lan.7: net.ipv4.conf.lan/7.forwarding is 0. Machines there reach no published port.",
  ]);
  expect(noted("lan0", { "ipv4/conf/lan0/forwarding": "1" })).toEqual([]);
  expect(noted("lan0", {})).toEqual([]);
});
