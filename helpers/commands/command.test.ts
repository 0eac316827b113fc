import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { EXIT } from "../engine/errors.ts";
import { PROJECT_ROOT } from "../project-root.ts";
import { readWords } from "./command.ts";

const COMMAND = {
  usage: "npm run it -- [--engines 28.5] [--all] [word]…",
  options: { engines: { type: "string" }, all: { type: "boolean" } },
  takesWords: true,
} as const;

test.each([
  [["--engines", "28.5", "dns"], { engines: "28.5", all: false }, ["dns"]],
  [["dns", "--engines=28.5,26.1", "--all", "NAT"], { engines: "28.5,26.1", all: true }, ["dns", "NAT"]],
  [["dns"], { engines: undefined, all: false }, ["dns"]],
  [["--", "--all"], { engines: undefined, all: false }, ["--all"]],
  [["--engines=-1"], { engines: "-1", all: false }, []],
])("%j", (args, values, words) => {
  expect(readWords(COMMAND, args)).toEqual({ values, words });
});

test.each([
  [["--engines"], "--engines needs a value"],
  [["--engines="], "--engines needs a value"],
  [["--engines", "--all"], "--engines needs a value"],
  [["--all=yes"], "--all takes no value"],
  [["--all", "--all"], "--all stands twice"],
  [["--enginse", "28.5"], "unknown option --enginse; did you mean --engines?"],
  [["--watch"], "unknown option --watch"],
  [["-x"], "unknown option -x"],
  [["--constructor"], "unknown option --constructor"],
])("%j is told with the usage, exit code 64", (args, seen) => {
  expect(() => readWords(COMMAND, args)).toThrow(
    expect.objectContaining({ seen, todo: COMMAND.usage, exitCode: EXIT.usage }),
  );
});

test("a command that takes no words refuses them", () => {
  expect(() => readWords({ ...COMMAND, takesWords: false }, ["dns"])).toThrow(
    expect.objectContaining({ seen: "it takes no dns", exitCode: EXIT.usage }),
  );
});

test("help is help whatever else is said", () => {
  for (const args of [["--help"], ["-h"], ["--watch", "--help"], ["dns", "-h"]])
    expect(readWords(COMMAND, args)).toBeNull();
});

/** Each command as npm starts it, with an engine that nobody could reach. */
async function started(
  name: string,
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const program = join(PROJECT_ROOT, "helpers/commands/dnc.ts");
  const env = { ...process.env, DOCKER_HOST: "unix:///nowhere/docker.sock" };
  return await promisify(execFile)(process.execPath, [program, name, ...args], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

test("every npm script that needs the program names one of its commands", async () => {
  const { scripts } = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const names = Object.values(scripts).flatMap(
    (line) => /^node helpers\/commands\/dnc\.ts (\S+)$/.exec(line)?.[1] ?? [],
  );
  const { stdout } = await started("--help", []);
  const told = [...stdout.matchAll(/^([a-z:-]+) {2,}\S/gm)].map(([, name]) => name);
  expect(told.filter((name) => name !== "setup").toSorted()).toEqual(names.toSorted());
});

test("a command that there is not is told, with the one that was meant", async () => {
  const { code, stderr } = await started("wokloads", []);
  expect(code).toBe(EXIT.usage);
  expect(stderr).toContain("there is no command wokloads; did you mean workloads?");
});

// One that reaches an engine and one that doesn't: each is a process of a second.
test.each(["doctor", "test"])("%s knows --help, without an engine", { timeout: 60_000 }, async (name) => {
  const { code, stdout, stderr } = await started(name, ["--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^npm (run|test)/);
  expect(stdout).toContain("Exit codes: 0 ");
});
