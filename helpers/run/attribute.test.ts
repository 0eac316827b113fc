import { describe, expect, test } from "vitest";
import type { Disturbance } from "../model/disturbance.ts";
import type { RequirementResult } from "../model/results.ts";
import { engineVanished, nameNotFound } from "../report/sample-results.ts";
import { attributed } from "./attribute.ts";

const AT = "2026-11-27T12:03:04.000Z";
const THEN = Date.parse(AT);
const ID = "0123456789abcdef0123";
const removed: Disturbance = {
  kind: "removed by others",
  at: AT,
  what: "container",
  id: ID,
  name: "dnc-r1-web",
  pruned: false,
};
const away: Disturbance = { kind: "engine went away", at: AT, back: null };

const judge = (result: RequirementResult, disturbance: Disturbance, endedAt = THEN + 10, uses: string[] = []) =>
  attributed({ result, endedAt, uses }, [disturbance]);

describe("somebody removed something", () => {
  test("what dealt with it is no failure, and says what happened in one sentence", () => {
    for (const uses of [[ID], [ID.slice(0, 12)], ["dnc-r1-web"]]) {
      const result = judge(nameNotFound, removed, THEN, uses);
      expect(result).toMatchObject({
        verdict: "error",
        disturbed: true,
        reason: "container dnc-r1-web was removed by somebody else at 12:03:04 UTC",
      });
      expect(result.observed).toBeUndefined();
    }
  });

  test("so is what names it, by name or id", () => {
    for (const reason of [`No such container: ${ID}`, "no container dnc-r1-web here", `br-${ID.slice(0, 12)} is gone`])
      expect(judge({ ...engineVanished, reason }, removed).disturbed).toBe(true);
    expect(judge({ ...engineVanished, reason: "dnc-r1-web-2 is gone" }, removed).disturbed).toBeUndefined();
  });

  test("a failure of something else stands, and so does one before it", () => {
    expect(judge(nameNotFound, removed, THEN + 60_000, ["dnc-r1-other", "0123"])).toBe(nameNotFound);
    expect(judge(nameNotFound, removed, THEN - 60_000, [ID])).toBe(nameNotFound);
  });

  test("the look at the host goes with its container", () => {
    const result = { ...nameNotFound, probes: nameNotFound.probes.map((probe) => ({ ...probe, vantage: "host" })) };
    expect(judge(result, { ...removed, name: "dnc-r1-host-12-ab" }).disturbed).toBe(true);
    expect(judge(result, { ...removed, name: "dnc-r1-hostess" }).disturbed).toBeUndefined();
  });
});

describe("the engine went away", () => {
  test("nothing after it is a failure; what was seen before it stands", () => {
    expect(judge(nameNotFound, away).reason).toBe("the engine went away at 12:03:04 UTC and was not seen again");
    expect(judge(engineVanished, away).disturbed).toBe(true);
    expect(judge(nameNotFound, away, THEN - 60_000)).toBe(nameNotFound);
  });
});

test("a pass stays a pass, and a signal explains no failure", () => {
  const passed: RequirementResult = { ...nameNotFound, verdict: "pass", reason: "" };
  expect(judge(passed, away, THEN, [ID])).toBe(passed);
  expect(judge(nameNotFound, { kind: "interrupted", by: "SIGINT" })).toBe(nameNotFound);
});

test("nothing after a request that the engine left without an answer is a failure", () => {
  const hang: Disturbance = { kind: "engine hangs", at: AT, method: "POST", path: "/networks/create", wait: null };
  expect(judge(nameNotFound, hang)).toMatchObject({
    verdict: "error",
    disturbed: true,
    reason: "the engine hangs: POST /networks/create, asked at 12:03:04 UTC, has no answer",
  });
  expect(judge(nameNotFound, hang, THEN - 60_000)).toBe(nameNotFound);
});
