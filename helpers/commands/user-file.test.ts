import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readUserFile } from "./user-file.ts";

const WANTED = { atMost: 100_000, todo: "Give another one." };

test("a file that a user names is read as it is", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dnc-user-file-"));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  const file = join(folder, "daemon.json");
  await writeFile(file, "\uFEFF{}\r\n");
  expect((await readUserFile(file, WANTED)).toString()).toBe("\uFEFF{}\r\n");
});

test.each([
  ["what has no end is not read to it", "/dev/zero", "more than 98 KiB"],
  ["a folder is none", "/", "it is a folder"],
  ["a wrong name is said", "/nonexistent/daemon.json", "there is no such file"],
])("%s", async (_name, path, seen) => {
  await expect(readUserFile(path, WANTED)).rejects.toMatchObject({
    tried: `Reading ${path}`,
    seen: expect.stringContaining(seen),
    todo: WANTED.todo,
    exitCode: 64,
  });
});
