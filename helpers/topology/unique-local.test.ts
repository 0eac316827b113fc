import { expect, test } from "vitest";
import { isIpv6, parseIpv6 } from "../model/ipv6.ts";
import { uniqueLocalSubnet } from "./unique-local.ts";

test("a /64 below fd00::/8 whose last 80 bits are zero, another one each time", () => {
  const subnets = Array.from({ length: 100 }, () => uniqueLocalSubnet());
  for (const subnet of subnets) {
    const [address = "", prefix] = subnet.split("/");
    expect(prefix).toBe("64");
    expect(isIpv6(address)).toBe(true);
    expect(parseIpv6(address) >> 120n).toBe(0xfdn);
    expect(parseIpv6(address) & ((1n << 80n) - 1n)).toBe(0n);
  }
  expect(new Set(subnets).size).toBe(100);
});
