import { expect, test } from "vitest";
import type { Facts } from "../model/facts.ts";
import type { ParentInterface } from "../probes/parent-interface.ts";
import { macvlanImpossible, macvlanParent, unfitMacvlanParent } from "./macvlan-parent.ts";

const PLAIN: ParentInterface = {
  name: "enp1s0",
  exists: true,
  hardwareType: 1,
  wireless: false,
  master: null,
  kind: null,
  machine: "Dell Inc. PowerEdge R640",
};

test("a plain Ethernet interface of a machine of one's own is fit", () => {
  expect(unfitMacvlanParent(PLAIN)).toBeNull();
});

test("so is a bridge", () => {
  expect(unfitMacvlanParent({ ...PLAIN, name: "br0", kind: "bridge" })).toBeNull();
});

test.each<[string, Partial<ParentInterface>, RegExp]>([
  ["missing", { exists: false, hardwareType: null }, /no such interface/],
  ["wireless", { wireless: true, kind: "wlan" }, /wireless/],
  ["a tunnel", { hardwareType: 65534 }, /no Ethernet/],
  ["a bridge port", { master: "br0" }, /port of br0/],
  ["a VLAN", { kind: "vlan" }, /vlan interface/],
  ["a macvlan", { kind: "macvlan" }, /macvlan interface/],
  ["of EC2", { machine: "Amazon EC2 t3.micro" }, /Amazon EC2/],
  ["of Azure", { machine: "Microsoft Corporation Virtual Machine 7783-7084-3265-9085-8269-3286-77" }, /Microsoft/],
  ["of Oracle", { machine: "QEMU Standard PC (i440FX + PIIX, 1996) OracleCloud.com" }, /OracleCloud/],
])("an interface that is %s is not", (_, change, words) => {
  const why = unfitMacvlanParent({ ...PLAIN, ...change });
  expect(why).toMatch(words);
  expect(why).toContain("DNC_MACVLAN_PARENT");
});

test("the user's choice comes before the interface of the default route", () => {
  const facts = { host: { uplink: { interface: "eth0", address: "192.0.2.2", gateway: "192.0.2.1" } } } as Facts;
  expect(macvlanParent(facts, { DNC_MACVLAN_PARENT: " lan1 " })).toBe("lan1");
  expect(macvlanParent(facts, { DNC_MACVLAN_PARENT: "" })).toBe("eth0");
  expect(macvlanParent(facts, {})).toBe("eth0");
  expect(macvlanParent({ host: null } as Facts, {})).toBeNull();
});

// The first as Engine 20.10.24 said it; the others as moby writes them (libnetwork/drivers/macvlan).
test.each([
  ["network dm-0c5ba35760ac is already using parent interface eth0", true],
  ["failed to create the macvlan port: operation not supported", true],
  ["failed to create the macvlan port: device or resource busy", true],
  ["Pool overlaps with other one on this address space", false],
  ["Address already in use", false],
])("%s: impossible here: %s", (message, impossible) => {
  expect(macvlanImpossible(message) !== null).toBe(impossible);
});
