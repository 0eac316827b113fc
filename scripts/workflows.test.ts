import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { PROJECT_ROOT } from "../helpers/project-root.ts";

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly needs?: string; readonly steps: readonly { readonly run?: string }[] }>
  >;
}

const FOLDER = join(PROJECT_ROOT, ".github/workflows");
const texts = readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), "utf8")] as const);
const commits = new Map<string, string>();

describe.each(texts)("%s", (_, text) => {
  const workflow = parse(text) as Workflow;

  test("uses actions of others by commit, the same everywhere, with the version beside it", () => {
    for (const [, action = "", rest = ""] of text.matchAll(/uses: (?!\.\/)([^@\s]+)(.*)/g)) {
      expect(rest, action).toMatch(/^@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      expect(commits.get(action) ?? rest, action).toBe(rest);
      commits.set(action, rest);
    }
  });

  test("may only read, unless a job says more", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
  });

  test("has lines that bash can read", () => {
    for (const { run } of Object.values(workflow.jobs).flatMap(({ steps }) => steps)) {
      if (run === undefined) continue;
      // What GitHub puts in stands for a word.
      const { status, stderr } = spawnSync("bash", ["-n"], {
        input: run.replaceAll(/\$\{\{.*?\}\}/g, "word"),
        encoding: "utf8",
      });
      expect(status, `${run}\n${stderr}`).toBe(0);
    }
  });

  test("has jobs that wait for jobs that there are", () => {
    for (const { needs } of Object.values(workflow.jobs))
      if (needs !== undefined) expect(Object.keys(workflow.jobs)).toContain(needs);
  });
});
