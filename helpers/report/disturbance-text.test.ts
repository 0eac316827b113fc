import { expect, test } from "vitest";
import type { Disturbance, EngineHang } from "../model/disturbance.ts";
import { disturbanceTexts, hangRemedy } from "./disturbance-text.ts";

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

test("an engine that hangs, with what dockerd waits for and what ends that", () => {
  const hang: EngineHang = {
    kind: "engine hangs",
    at: "2026-11-27T12:03:04.120Z",
    method: "POST",
    path: `/containers/${"0123456789ab".padEnd(64, "f")}/start`,
    wait: null,
  };
  const program = { pid: 77, name: "iptables" };
  const lock = (holder: { pid: number; name: string }) => ({ program, lock: { file: "/run/xtables.lock", holder } });
  const request = "POST /containers/0123456789ab/start, asked at 12:03:04 UTC, has no answer";
  expect(disturbanceTexts([hang])).toEqual([`the engine hangs: ${request}`]);
  expect(hangRemedy(hang)).toContain("journalctl -u docker");
  const alone = { ...hang, wait: { program, lock: null } };
  expect(disturbanceTexts([alone])).toEqual([`dockerd waits for its own iptables (process 77): ${request}`]);
  expect(hangRemedy(alone)).toContain("`kill 77`");
  const held = { ...hang, wait: lock({ pid: 4, name: "flock" }) };
  expect(disturbanceTexts([held])).toEqual([
    `dockerd waits for its own iptables (process 77), and that one for /run/xtables.lock, which flock (process 4) holds: ${request}`,
  ]);
  expect(hangRemedy(held)).toBe(
    "`ps -fp 4` shows what flock is. Wait for its end, or end it: `kill 4`. Then judge again",
  );
  expect(disturbanceTexts([{ ...hang, wait: lock({ pid: 4, name: "" }) }])[0]).toContain("a child of process 4");
});
