import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { callsHostProgram, FRONT_PROGRAMS_COMMAND, readFrontPrograms } from "./front-programs.ts";

const run = promisify(execFile);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "front-"));
});
afterAll(async () => await rm(folder, { recursive: true }));

/** What is said of the programs on this machine with a folder in front of its PATH. */
async function said() {
  const { stdout } = await run("/bin/sh", ["-c", FRONT_PROGRAMS_COMMAND], {
    env: { PATH: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin` },
  });
  return readFrontPrograms(stdout).filter(({ path }) => path.startsWith(folder));
}

test("nothing stands in front", async () => {
  expect(await said()).toEqual([]);
});

test("a script, what it does, and what stands behind it", async () => {
  const path = join(folder, "sh");
  await writeFile(path, '#!/bin/sh\nX=1\nexec /bin/sh "$@"\n');
  await chmod(path, 0o755);
  const [front, ...more] = await said();
  expect(more).toEqual([]);
  expect(front).toMatchObject({ name: "sh", path, setuid: false, script: 'X=1;exec /bin/sh "$@";' });
  expect(front?.behind).toMatch(/^\/.*\/sh$/);
});

test("a command of the host's own programs, and one of the view's", () => {
  const own = "PATH=/usr/sbin nsenter -t 12 -m -n -- /bin/sh -c 'ip netns add red; sysctl -w a=1'";
  expect(callsHostProgram(own, "ip")).toBe(true);
  expect(callsHostProgram(own, "sysctl")).toBe(true);
  expect(callsHostProgram(own, "sh")).toBe(false);
  expect(callsHostProgram("ip addr", "ip")).toBe(false);
});
