import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { serve } from "../engine/testing/engine-proxy.ts";
import { PROJECT_ROOT } from "../project-root.ts";

const PLANTED = "pl4nted-s3cret";
const ESC = String.fromCharCode(27);

/** All that a command leaves: what it printed, and the files of its reports. */
async function outputsOf(command: string, words: readonly string[], env: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), "dnc-outputs-"));
  try {
    const { exitCode, all } = await execa(
      process.execPath,
      [join(PROJECT_ROOT, "helpers/commands/dnc.ts"), command, ...words],
      { env: { ...env, DNC_REPORTS: folder }, all: true, reject: false },
    );
    const files = await readdir(folder);
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    return { exitCode, printed: all ?? "", files, everything: [all, ...texts].join("\n") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("a password in an address reaches no output", { timeout: 60_000 }, async () => {
  const env = { DOCKER_HOST: `tcp://ops:${PLANTED}@127.0.0.1:2375`, HTTP_PROXY: `http://ops:${PLANTED}@127.0.0.1:9` };
  const { exitCode, files, printed, everything } = await outputsOf("test", ["NONE-01"], env);
  expect(exitCode).toBe(64);
  expect(printed).toContain("tcp://…@127.0.0.1:2375");
  expect(files).toContain("results.json");
  expect(everything).not.toContain(PLANTED);
});

test("what a hostile server says reaches no terminal as it is", { timeout: 60_000 }, async () => {
  const words = `${ESC}[2J${ESC}]0;owned${String.fromCharCode(7)}Authorization: Bearer ${PLANTED}`;
  await using server = await serve(
    createServer((_request, response) => {
      response.statusCode = 403;
      response.end(JSON.stringify({ message: words }));
    }),
    { host: "127.0.0.1" },
  );
  const { exitCode, printed, everything } = await outputsOf("test", ["NONE-01"], {
    DOCKER_HOST: `tcp://127.0.0.1:${server.port}`,
  });
  expect(exitCode).toBe(2);
  expect(printed).toContain("HTTP 403");
  expect(everything).not.toContain(ESC);
  expect(everything).not.toContain(PLANTED);
});
