import { expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import { runFacts } from "./run-facts.ts";

const standing = {
  routes: [
    { destination: "10.8.0.0/24", device: "tun0", onLink: true, table: "main" },
    { destination: "203.0.113.7/32", device: "up0", onLink: false, table: "220" },
  ],
  forwardPolicy: "DROP",
  iptables: "v1.8.9 (nf_tables)",
  mtus: { docker0: 1500 },
};

test("what an operator wants to see change, by name", () => {
  expect(runFacts(factsOf("28.5.2"), standing)).toMatchObject({
    "default bridge": "docker0",
    "default bridge subnet": "172.17.0.0/16",
    "default bridge gateway": "172.17.0.1",
    "MTU of the bridge device": "1500",
    "host nameservers": "192.0.2.53",
    "host search domains": "none",
    "host FORWARD policy": "DROP",
    "host routes": "10.8.0.0/24 dev tun0, 203.0.113.7/32 dev up0 table 220",
  });
});

test("configured pools stand for the built-in ones", () => {
  const facts = factsOf("28.5.2", { "default-address-pools": [{ base: "10.9.0.0/16", size: 24 }] });
  expect(runFacts(facts, null)["address pools"]).toBe("10.9.0.0/16 in /24");
});

test("a host that could not be looked at has no facts of its own", () => {
  const names = Object.keys(runFacts(factsOf("28.5.2", {}, null), null));
  expect(names.filter((name) => name.startsWith("host ") || name.includes("device"))).toEqual([]);
});

test("without a default bridge only that is said of it", () => {
  const facts = runFacts({ ...factsOf("28.5.2", { bridge: "none" }), defaultBridge: null }, standing);
  expect(Object.entries(facts).filter(([name]) => name.startsWith("default bridge"))).toEqual([
    ["default bridge", "none"],
  ]);
});
