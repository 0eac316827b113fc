import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Results } from "../model/results.ts";
import { PROJECT_ROOT } from "../project-root.ts";
import { recordOf } from "../report/history/record.ts";
import { keepRun } from "../report/history/store.ts";
import { conformantRun, emptyRun } from "../report/sample-results.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dnc-diff-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const diff = async (last: Results, ...words: readonly string[]) => {
  await writeFile(join(folder, "results.json"), JSON.stringify(last));
  return await execa(process.execPath, [join(PROJECT_ROOT, "helpers/commands/dnc.ts"), "diff", ...words], {
    env: { DNC_REPORTS: folder },
    all: true,
    reject: false,
  });
};

/** A whole run of an engine on the host `web-8`. */
const onWeb8 = (id: string, startedAt: string): Results => ({
  ...conformantRun,
  startedAt,
  runId: startedAt,
  engine: { ...(conformantRun.engine ?? expect.fail("it has an engine")), id, hostname: "web-8" },
});
const keep = async (run: Results) => await keepRun(join(folder, "history"), recordOf(run) ?? expect.fail());

test("a run that judged nothing is compared with none", { timeout: 60_000 }, async () => {
  const { exitCode, all } = await diff(emptyRun);
  expect(exitCode).toBe(2);
  expect(all).toContain("that run judged nothing: ");
});

test("another host is another engine, and the newest of its name", { timeout: 60_000 }, async () => {
  await keep(onWeb8("B", "2026-11-03T00:00:00Z"));
  await keep(onWeb8("A", "2026-11-02T00:00:00Z"));
  const other = await diff(conformantRun, "--host", "web-8");
  expect(other.all).toContain("before     2026-11-03 00:00 UTC");
  const own = await diff(onWeb8("B", "2026-11-03T00:00:00Z"), "--host", "web-8");
  expect(own.all).toContain("before     2026-11-02 00:00 UTC");
});
