import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT_ROOT } from "../project-root.ts";
import { countCalls, type Figures, isSameWork, phasesOf, withMeasurement } from "./figures.ts";
import type { EngineCall } from "./recording.ts";

const call = (
  method: string,
  path: string,
  startedAt: number,
  ms: number,
  more: Partial<EngineCall> = {},
): EngineCall => ({
  ...{ method, path, startedAt, ms, body: null, statusCode: 200, createdId: null, streaming: false },
  ...more,
});

const CALLS = [
  call("GET", "/info", 1200, 10),
  call("POST", "/containers/create?", 1300, 90, { createdId: "c0" }),
  call("POST", "/networks/create", 2000, 300, { createdId: "n1" }),
  call("POST", "/containers/create?", 2400, 110, { createdId: "c1" }),
  call("POST", "/containers/c1/attach?", 2500, 9000, { streaming: true }),
  call("GET", "/events?", 1250, 7000),
  call("POST", "/containers/c1/wait?", 2500, 6000),
  call("GET", "/containers/c1/json", 2600, 10),
  call("GET", "/containers/dnc-1-a-b/json", 2600, 20),
  call("DELETE", "/containers/c1?", 8000, 500),
  call("DELETE", "/networks/n1", 8600, 100),
];

test("calls are counted by kind, what they name left out, streams and waits too", () => {
  expect(countCalls(CALLS)).toEqual([
    { kind: "DELETE /containers/…", count: 1, ms: 500 },
    { kind: "POST /networks/create", count: 1, ms: 300 },
    { kind: "POST /containers/create", count: 2, ms: 200 },
    { kind: "DELETE /networks/…", count: 1, ms: 100 },
    { kind: "GET /containers/…/json", count: 2, ms: 30 },
    { kind: "GET /info", count: 1, ms: 10 },
  ]);
});

test("the phases of a run follow each other, and are the whole of it", () => {
  const phases = phasesOf(CALLS, 1000, 9000);
  expect(phases.map(({ ms }) => ms)).toEqual([200, 800, 6700, 300]);
});

test("a run that asked nothing, or made nothing, has only started", () => {
  expect(phasesOf([], 0, 50).map(({ ms }) => ms)).toEqual([50, 0, 0, 0]);
  expect(phasesOf(CALLS.slice(0, 1), 1000, 1500).map(({ ms }) => ms)).toEqual([200, 300, 0, 0]);
});

const figures: Figures = {
  ...{ day: "2026-11-28", version: "0.1.0", machine: "2 CPUs, 8 GB", engine: "28.5.2", requirements: 480, calls: 900 },
  ...{
    runMs: 30_000,
    replayMs: 25_000,
    ordinaryMs: 600_000,
    phases: phasesOf(CALLS, 1000, 9000),
    kinds: countCalls(CALLS),
  },
};

test("a measurement is the newest line of the page, and where its time went", () => {
  const page = readFileSync(join(PROJECT_ROOT, "docs/performance.md"), "utf8");
  const once = withMeasurement(page, figures);
  expect(once).toContain("|---|\n| 2026-11-28 | 0.1.0 | 2 CPUs, 8 GB | 28.5.2 | 480 | 900 | 30.0 s | 1.20 | 20.0 |\n");
  expect(once).toContain("| `POST /containers/create` | 2 | 0.2 s | 100 ms |");
  const twice = withMeasurement(once, { ...figures, day: "2026-11-29" });
  expect(twice.match(/^Measured /gm)).toHaveLength(1);
  expect(twice.match(/0\.1\.0 \| 2 CPUs, 8 GB/g)).toHaveLength(2);
});

test("a replay in which much is answered otherwise is no measure", () => {
  const calls = Array.from({ length: 100 }, () => call("GET", "/info", 0, 1));
  expect(isSameWork(calls.slice(0, 2), calls)).toBe(true);
  expect(isSameWork(calls.slice(0, 3), calls)).toBe(false);
  const page = readFileSync(join(PROJECT_ROOT, "docs/performance.md"), "utf8");
  expect(withMeasurement(page, { ...figures, replayMs: null })).toContain("| 30.0 s | – | 20.0 |");
});

test("a page without a place for it is told", () => {
  expect(() => withMeasurement("# Performance\n", figures)).toThrow("no place");
});
