import { expect, test } from "vitest";
import type { HostSituation } from "../configuration/step.ts";
import type { NetworkConfiguration, NetworkKeyName } from "../model/configuration-facts.ts";
import { effectsOfRefusal, effectsOnHost, type RehearsedBridge } from "./effects-on-host.ts";
import { sampleSituation, stepOf } from "./sample-situation.ts";

function told(
  after: NetworkConfiguration,
  before: NetworkConfiguration = {},
  parts: Partial<HostSituation> = {},
  rehearsed: RehearsedBridge | null = null,
): string {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])] as NetworkKeyName[];
  return effectsOnHost(sampleSituation(parts), stepOf(after, before), keys, rehearsed)
    .map(({ kind, text }) => `${kind}: ${text}`)
    .join("\n");
}

test("the restart: who stops, who does not come back", () => {
  const text = told({ bip: "10.200.0.1/24" });
  expect(text).toContain("stops 3 running containers: compose project shop (2), web");
  expect(text).toContain("without a restart policy, so they stay stopped: web");
  expect(text).toContain("on-failure): shop-cache-1");
  expect(text).toContain("a reload (SIGHUP) takes none of bip over");
});

test("bip moves the default bridge and nothing else", () => {
  const text = told({ bip: "10.200.0.1/24" });
  expect(text).toContain("moves from 172.17.0.0/16 to 10.200.0.0/24: new addresses for 2 containers on it (web, old)");
  expect(text).toContain("the default bridge only, unchanged for 1 user-defined network: shop_default (shop)");
});

test("without bip docker0 keeps what it has; with pools it is made again", () => {
  expect(told({}, { bip: "172.17.0.1/16" })).toContain("docker0 keeps the address that it has (172.17.0.1)");
  const pools = { "default-address-pools": [{ base: "10.201.0.0/16", size: 24 }] };
  expect(told(pools)).toContain("moves from 172.17.0.0/16 to 10.201.0.0/24");
  expect(told(pools, {}, {}, { subnet: "10.201.7.0/24", gateway: "10.201.7.1" })).toContain("to 10.201.7.0/24");
  expect(told(pools)).toContain("new networks only; until it is made again nothing changes for 1 network");
});

test("live-restore that is on freezes the default bridge: a danger", () => {
  const text = told({ bip: "10.200.0.1/24" }, {}, { liveRestore: true });
  expect(text).toMatch(/danger: live-restore keeps the default bridge as it is .*: bip would have no effect/);
  expect(text).not.toContain("the restart stops");
  expect(told({ dns: ["192.0.2.53"] }, {}, { liveRestore: true })).not.toContain("danger");
});

test("live-restore that comes with the file counts from the next restart on", () => {
  expect(told({ "live-restore": true, bip: "10.200.0.1/24" })).toContain("counts from the next restart on");
  expect(told({ "live-restore": true })).toBe(
    "change: a reload is enough (SIGHUP, systemctl reload docker): no container stops, nothing else changes",
  );
});

test("ports without an address move to ip", () => {
  expect(told({ ip: "127.0.0.1" })).toContain("to 127.0.0.1 when their containers start again: web 8080:80/tcp");
});

test("a refused file leaves the host without dockerd", () => {
  const [effect] = effectsOfRefusal(sampleSituation());
  expect(effect?.text).toContain("and neither would 3 running containers (compose project shop (2), web)");
  expect(effectsOfRefusal(sampleSituation({ liveRestore: true }))[0]?.text).toContain("live-restore leaves");
  expect(effectsOfRefusal(sampleSituation({ containers: [] }))).toHaveLength(1);
});

test("no changed key, no effect", () => {
  expect(told({})).toBe("");
});
