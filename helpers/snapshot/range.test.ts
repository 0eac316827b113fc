import { expect, test } from "vitest";
import { covers } from "./range.ts";

test.each([
  ["10.9.0.0/16", "10.9.255.255", true],
  ["10.9.0.0/16", "10.10.0.0", false],
  ["10.9.0.1", "10.9.0.1", true],
  ["fd00::/64", "fd00::7", true],
  ["fd00::/64", "10.9.0.1", false],
  ["no range", "10.9.0.1", false],
  ["10.9.0.0/16", undefined, false],
])("%s holds %s: %s", (range, address, held) => {
  expect(covers(range, address)).toBe(held);
});
