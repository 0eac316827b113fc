import { expect, test } from "vitest";
import { isLoopback, isUnspecified, sameAddress, unmapped } from "./address.ts";

test("one address in two notations is the same; one of the other family is not", () => {
  expect(sameAddress("fe00::0", "fe00::")).toBe(true);
  expect(sameAddress("10.0.0.1", "10.0.0.2")).toBe(false);
  expect(sameAddress("127.0.0.1", "::1")).toBe(false);
});

test("loopback and unspecified addresses of both families are known", () => {
  expect(["127.0.0.53", "::1", "10.0.0.1", "fe80::1"].map(isLoopback)).toEqual([true, true, false, false]);
  expect(["0.0.0.0", "::", "127.0.0.1"].map(isUnspecified)).toEqual([true, true, false]);
});

test("an IPv4 address in IPv6's notation is taken out of it, everything else stays", () => {
  expect(unmapped("::ffff:10.154.50.77")).toBe("10.154.50.77");
  for (const text of ["10.154.50.77", "2001:db8::1", "::ffff:0:0", "", "::ffff:10.1.2"])
    expect(unmapped(text)).toBe(text);
});
