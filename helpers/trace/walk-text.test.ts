import { expect, test } from "vitest";
import type { Walk } from "../model/walk.ts";
import { walkLines } from "./walk-text.ts";

const at = { where: { kind: "host" }, direction: "received", length: 0, ms: 0 } as const;
const WALK: Walk = {
  ...{ from: "client", to: "10.0.0.2", protocol: "tcp", port: 80, size: null, outcome: "timed out" },
  ...{ arrived: false, burst: null, back: null, relay: null, followed: "concluded", translations: [], unread: [] },
  there: { hops: [{ ...at, device: "docker0" }], end: { kind: "stopped", by: "It is off.", here: false } },
};

test("a concluded way has devices, what ends it, and no sizes or times that nobody saw", () => {
  expect(walkLines(WALK)).toEqual([
    "    Not seen: concluded from the rules, routes and links of the host.",
    "   1  received docker0          on the host",
    "      the packet ends on this way: It is off.",
  ]);
});

test("a packet that could not be followed has no way", () => {
  const [line, ...others] = walkLines({ ...WALK, there: { hops: [], end: { kind: "vanished" } } });
  expect(line).toContain("could not be followed");
  expect(others).toEqual([]);
});

test("one that was followed has sizes and times", () => {
  const seen = { ...at, device: "docker0", length: 84, ms: 0.01 };
  const walk: Walk = { ...WALK, followed: "events", there: { hops: [seen], end: { kind: "vanished" } } };
  expect(walkLines(walk)).toEqual([
    "   1  received docker0          on the host                  84 bytes  +0.010 ms",
    "      the packet is seen no further",
  ]);
});
