import { expect, test } from "vitest";
import { cidr } from "./cidr.ts";
import { holdsPublicAddresses } from "./public-ranges.ts";

test.each([
  ["172.80.0.0/16", true],
  ["172.32.0.0/16", true],
  ["172.31.0.0/16", false],
  ["172.16.0.0/11", true],
  ["11.0.0.0/8", true],
  ["10.0.0.0/8", false],
  ["192.169.0.0/24", true],
  ["192.168.0.0/16", false],
  ["100.128.0.0/24", true],
  ["100.127.255.0/24", false],
  ["8.8.8.8/32", true],
  ["0.0.0.0/0", true],
  ["198.19.0.0/16", false],
  ["240.0.0.0/24", false],
])("%s: %s", (range, expected) => {
  expect(holdsPublicAddresses(cidr(range))).toBe(expected);
});
