import { expect, test } from "vitest";
import { publicRanges } from "./public-ranges.ts";
import { stepOf } from "./sample-situation.ts";

test("ranges of the internet are remarked, each with its key", () => {
  const pools = [
    { base: "10.9.0.0/16", size: 24 },
    { base: "172.80.0.0/16", size: 24 },
  ];
  const found = publicRanges(stepOf({ bip: "172.80.0.1/16", "default-address-pools": pools }));
  expect(found.map(({ kind, keys }) => [kind, ...keys])).toEqual([
    ["note", "bip"],
    ["note", "default-address-pools"],
  ]);
  expect(found[0]?.text).toContain("172.80.0.0/16 belongs to the internet");
});

test("private ones are not, nor what stands there today, nor what is no network", () => {
  expect(publicRanges(stepOf({ bip: "10.9.0.1/24", "fixed-cidr": "x" }))).toEqual([]);
  expect(publicRanges(stepOf({ bip: "172.80.0.1/16" }, { bip: "172.80.0.1/16" }))).toEqual([]);
});
