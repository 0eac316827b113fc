import { expect, test } from "vitest";
import { CAPTURE_HOST } from "../model/captured/facts.ts";
import { valueDangers } from "./value-dangers.ts";

const keys = (...given: Parameters<typeof valueDangers>) => valueDangers(...given).map(({ key }) => key);

test("a nameserver on the loopback and an address that the host has not", () => {
  expect(keys({ dns: ["192.0.2.53", "127.0.0.53"] }, CAPTURE_HOST)).toEqual(["dns"]);
  expect(keys({ dns: ["::1"], ip: "198.51.100.7" }, CAPTURE_HOST)).toEqual(["ip", "dns"]);
});

test("what works is none", () => {
  for (const ip of ["", "0.0.0.0", "::", "192.0.2.10"])
    expect(keys({ ip, dns: ["192.0.2.53"] }, CAPTURE_HOST)).toEqual([]);
  expect(keys({}, null)).toEqual([]);
});

test("where the host's addresses are not known, none is said to be missing", () => {
  expect(keys({ ip: "198.51.100.7" }, null)).toEqual([]);
});
