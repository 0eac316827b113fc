import { expect, test } from "vitest";
import { cidr } from "./cidr.ts";
import { isPublicRange } from "./public-range.ts";

test.each(["172.80.0.0/16", "172.16.0.0/11", "8.8.8.0/24", "0.0.0.0/0", "11.0.0.0/8", "192.167.0.0/16"])(
  "%s is public",
  (range) => {
    expect(isPublicRange(cidr(range))).toBe(true);
  },
);

test.each(["172.31.0.0/16", "10.0.0.0/8", "192.168.4.0/30", "100.127.0.0/16", "240.0.0.0/8"])("%s is not", (range) => {
  expect(isPublicRange(cidr(range))).toBe(false);
});
