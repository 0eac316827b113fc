import { expect, test } from "vitest";
import type { Disturbance } from "../model/disturbance.ts";
import { disturbanceTexts } from "./disturbance-text.ts";

const removed = (name: string, at: string, pruned = false): Disturbance => ({
  kind: "removed by others",
  at: `2026-11-27T${at}.120Z`,
  what: name.endsWith("net") ? "network" : "container",
  id: "",
  name,
  pruned,
});

test("what somebody removed is one sentence, however much it was", () => {
  expect(disturbanceTexts([removed("dnc-a", "12:03:04")])).toEqual([
    "container dnc-a was removed by somebody else at 12:03:04 UTC",
  ]);
  const names = ["dnc-a", "dnc-net", "dnc-c", "dnc-d", "dnc-e"];
  expect(disturbanceTexts(names.map((name, index) => removed(name, `12:03:0${index}`, index > 2)))).toEqual([
    "container dnc-a, network dnc-net, container dnc-c and 2 more were removed by somebody else from 12:03:00 UTC to 12:03:04 UTC (docker … prune --filter label!=docker-network-conformance spares a run)",
  ]);
});

test("an engine that went away, and a signal", () => {
  const at = "2026-11-27T12:03:04.120Z";
  expect(
    disturbanceTexts([
      { kind: "engine went away", at, back: null },
      { kind: "engine went away", at, back: "2026-11-27T12:03:09.000Z" },
      { kind: "interrupted", by: "SIGTERM" },
    ]),
  ).toEqual([
    "the engine went away at 12:03:04 UTC and was not seen again",
    "the engine went away at 12:03:04 UTC and was there again at 12:03:09 UTC",
    "interrupted by SIGTERM",
  ]);
  expect(disturbanceTexts([])).toEqual([]);
});
