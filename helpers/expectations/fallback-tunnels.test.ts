import { expect, test } from "vitest";
import { isFallbackTunnel } from "./fallback-tunnels.ts";

test("names the kernel's own tunnels and nothing that Docker or a user makes", () => {
  expect(["tunl0", "sit0", "gretap0", "ip6tnl0"].map(isFallbackTunnel)).toEqual([true, true, true, true]);
  expect(["lo", "eth0", "eth1", "docker0", "tun0", "vetha1b2c3d"].some(isFallbackTunnel)).toBe(false);
});
