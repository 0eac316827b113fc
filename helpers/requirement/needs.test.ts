import { expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import type { Facts } from "../model/facts.ts";
import { type Missing, missingNeed, type Need } from "./needs.ts";

const ordinary = factsOf("28.5.2");
const unseen: Facts = { ...ordinary, host: null, hostViewMissing: "permission denied" };

test.each<[Need, Facts, Missing["kind"] | undefined]>([
  ["host view", ordinary, undefined],
  ["host view", unseen, "left out"],
  ["host view", { ...unseen, engine: { ...unseen.engine, networksDetached: true } }, "impossible"],
  ["dockerd's process", factsOf("28.5.2", {}, { dockerdPid: null }), "left out"],
  ["host iptables", factsOf("28.5.2", { iptables: false }, null), "impossible"],
  [
    "host iptables",
    factsOf("28.5.2", {}, { tools: { iptablesSave: false, iproute2: true, ipNetns: true } }),
    "left out",
  ],
  ["ipv6", factsOf("28.5.2", {}, { ipv6Enabled: false }), "impossible"],
  ["default bridge", { ...ordinary, defaultBridge: null }, "impossible"],
  ["second host", ordinary, "only in a lab"],
  ["disposable host", ordinary, "only in a lab"],
  ["disposable host", { ...ordinary, disposable: true }, undefined],
  ["lab", ordinary, "only in a lab"],
  ["packet capture", ordinary, "left out"],
])("%s on a host: %#", async (need, facts, kind) => {
  expect((await missingNeed([need], facts))?.kind).toBe(kind);
});

test("what only a lab shows is not left out by a host that also lacks something", async () => {
  expect((await missingNeed(["packet capture", "ipv6", "second host"], unseen))?.kind).toBe("only in a lab");
  expect((await missingNeed(["packet capture", "default bridge"], { ...unseen, defaultBridge: null }))?.kind).toBe(
    "impossible",
  );
  expect(await missingNeed([], ordinary)).toBeNull();
});
