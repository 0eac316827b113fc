import { expect, test } from "vitest";
import { switchedByFirstNetwork } from "./engine-switches.ts";

test("without a default bridge the first network switches forwarding on", () => {
  expect(switchedByFirstNetwork({ configuration: { bridge: "none" } })).toContain("net/ipv4/ip_forward=1");
});

test("with one it was on before, and `ip-forward: false` keeps the engine from it", () => {
  for (const configuration of [{}, { bridge: "br0" }, { bridge: "none", "ip-forward": false }])
    expect(switchedByFirstNetwork({ configuration })).toEqual([]);
});
