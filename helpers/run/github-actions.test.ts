import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PROJECT_ROOT } from "../project-root.ts";
import { brokenRun } from "../report/sample-results.ts";
import { tellStep, withoutStep } from "./github-actions.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dnc-step-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

test("what a host says is no command to the runner", { timeout: 30_000 }, async () => {
  const file = join(folder, "results.json");
  await writeFile(file, JSON.stringify({ ...brokenRun, summary: "::add-mask::x" }));
  const program = join(PROJECT_ROOT, "helpers/commands/dnc.ts");
  const env = { GITHUB_ACTIONS: "true" };
  const { stdout } = await execa(process.execPath, [program, "status", file, "--max-age", "99999d"], {
    env,
    reject: false,
  });
  const lines = stdout.split("\n");
  const token = /^::stop-commands::([0-9a-f-]{36})$/.exec(lines[0] ?? "")?.[1];
  expect(token).toBeDefined();
  expect(lines.at(-1)).toBe(`::${token}::`);
});

test("a step gets annotations, and its summary after what stands there", async () => {
  const file = join(folder, "summary.md");
  await writeFile(file, "before\n");
  vi.stubEnv("GITHUB_ACTIONS", "true");
  vi.stubEnv("GITHUB_STEP_SUMMARY", file);
  const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  tellStep([{ name: "", results: brokenRun }], "## run\n");
  expect(written.mock.calls.join("")).toMatch(/^::error title=/);
  expect(await readFile(file, "utf8")).toBe("before\n## run\n");
});

test("elsewhere, and in a run whose command speaks for the step, nothing is said", () => {
  const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  vi.stubEnv("GITHUB_ACTIONS", undefined);
  tellStep([{ name: "", results: brokenRun }], "");
  expect(written).not.toHaveBeenCalled();
  expect(withoutStep({ GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: "/s", PATH: "/bin" })).toEqual({ PATH: "/bin" });
});
