import fc from "fast-check";
import { expect, test } from "vitest";
import { formatIpv4 } from "./ipv4.ts";
import { eui64LinkLocal, isLocallyAdministeredUnicast, macFromAddress } from "./mac.ts";

test("an address gives the MAC of engines before 28.0", () => {
  expect(macFromAddress("172.17.0.2")).toBe("02:42:ac:11:00:02");
  expect(macFromAddress("10.154.50.2")).toBe("02:42:0a:9a:32:02");
  fc.assert(fc.property(fc.nat(0xffffffff).map(formatIpv4), (ip) => isLocallyAdministeredUnicast(macFromAddress(ip))));
});

test("a generated MAC is local and unicast", () => {
  expect(isLocallyAdministeredUnicast("5e:83:da:91:4a:60")).toBe(true);
  expect(isLocallyAdministeredUnicast("00:0c:29:64:2a:59")).toBe(false);
  expect(isLocallyAdministeredUnicast("33:33:00:00:00:01")).toBe(false);
  expect(() => isLocallyAdministeredUnicast("5e83.da91.4a60")).toThrow(RangeError);
});

test.each([
  ["a6:b3:2f:16:12:46", "fe80::a4b3:2fff:fe16:1246"],
  ["7a:1b:8e:91:41:79", "fe80::781b:8eff:fe91:4179"],
  ["02:42:ac:11:00:02", "fe80::42:acff:fe11:2"],
])("%s gives the link-local address %s", (mac, address) => {
  expect(eui64LinkLocal(mac)).toBe(address);
});
