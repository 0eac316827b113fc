import fc from "fast-check";
import { expect, test } from "vitest";
import { addressToKeep, presentFile } from "./present-file.ts";
import { sampleSituation } from "./sample-situation.ts";

const situation = sampleSituation();

test("docker0's own address is kept where nothing in the file decides", () => {
  expect(addressToKeep(situation, { mtu: 1400 })).toBe("172.17.0.1/16");
  for (const before of [{ bip: "10.9.0.1/24" }, { bridge: "br0" }, { "fixed-cidr": "10.9.0.0/24" }])
    expect(addressToKeep(situation, before)).toBeNull();
});

test("it goes in as bip; everything else stays", () => {
  const file = (text: string) => presentFile({ text, leftOut: [] }, "172.17.0.1/16");
  expect(JSON.parse(file('{"mtu": 1400}'))).toEqual({ mtu: 1400, bip: "172.17.0.1/16" });
  expect(JSON.parse(file(""))).toEqual({ bip: "172.17.0.1/16" });
  expect(JSON.parse(file("\uFEFF{}"))).toEqual({ bip: "172.17.0.1/16" });
});

test("a file that is none is left to dockerd, and without an address every file is", () => {
  expect(presentFile({ text: "{ // x", leftOut: [] }, "172.17.0.1/16")).toBe("{ // x");
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(presentFile({ text, leftOut: [] }, null)).toBe(text);
    }),
  );
});
