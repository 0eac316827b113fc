import { expect, test } from "vitest";
import { keysSince } from "./keys-since.ts";
import type { RunRecord } from "./record.ts";

const run = (day: number, configuration: RunRecord["configuration"]) => ({
  startedAt: `2026-11-0${day}`,
  configuration,
});

test("a key is so since the first run that saw it so without a break", () => {
  const runs = [run(1, { mtu: 1400 }), run(2, {}), run(3, { mtu: 1400 }), run(4, { mtu: 1400 })];
  expect(keysSince(runs)).toEqual({ mtu: { seenSince: "2026-11-03", otherwiseAt: "2026-11-02" } });
});

test("a key that was taken away is unset since then", () => {
  expect(keysSince([run(1, { mtu: 1400 }), run(2, {})])).toEqual({
    mtu: { seenSince: "2026-11-02", otherwiseAt: "2026-11-01" },
  });
});

test("what was always so is so since the first run that is known", () => {
  expect(keysSince([run(1, { dns: ["192.0.2.1"] }), run(2, { dns: ["192.0.2.1"] })])).toEqual({
    dns: { seenSince: "2026-11-01", otherwiseAt: null },
  });
});

test("a run that could not read the configuration says nothing, and of itself nothing is said", () => {
  expect(keysSince([run(1, { mtu: 1 }), run(2, null), run(3, { mtu: 1 })]).mtu?.seenSince).toBe("2026-11-01");
  expect(keysSince([run(1, { mtu: 1 }), run(2, null)])).toEqual({});
  expect(keysSince([])).toEqual({});
});
