import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { brokenRun, conformantRun, emptyRun } from "../report/sample-results.ts";
import { foldHistory, HISTORY_VARIABLE, historyFolder, NO_HISTORY_VARIABLE } from "./history.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dnc-history-"));
  vi.stubEnv(HISTORY_VARIABLE, folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const before = { ...conformantRun, runId: "before", startedAt: "2026-11-01T00:00:00Z" };

test("a run is kept, and the next one is compared with it", async () => {
  expect((await foldHistory(before)).history?.baseline).toBeNull();
  const { history } = await foldHistory(brokenRun);
  expect(history?.baseline?.runId).toBe("before");
  expect(history?.runs.map(({ runId }) => runId)).toEqual(["before", brokenRun.runId]);
});

test("a folder that can't be written to costs the history, and is told", async () => {
  await writeFile(join(folder, "file"), "");
  vi.stubEnv(HISTORY_VARIABLE, join(folder, "file", "history"));
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const { history, verdict } = await foldHistory(brokenRun);
  expect(verdict).toBe(brokenRun.verdict);
  expect(history?.baseline).toBeNull();
  expect(said.mock.calls.join("")).toContain("could not be added to its engine's history");
});

test("parts of other commands, lab hosts and runs that judged nothing are not kept", async () => {
  for (const variable of [NO_HISTORY_VARIABLE, "DNC_DISPOSABLE_HOST"]) {
    vi.stubEnv(variable, "1");
    expect(await foldHistory(brokenRun)).toEqual(brokenRun);
    vi.stubEnv(variable, undefined);
  }
  expect(await foldHistory(emptyRun)).toEqual(emptyRun);
  expect(await readdir(folder)).toEqual([]);
});

test("histories lie in the reports' folder, where nothing else is said", () => {
  expect(historyFolder({ DNC_REPORTS: "/r" })).toBe("/r/history");
  expect(historyFolder({ DNC_REPORTS: "/r", [HISTORY_VARIABLE]: "/h" })).toBe("/h");
});
