/**
 * The integration gate: the project's own code, this machine's engine, then the lab's engines with what only a lab can
 * show. Ends with one line, `N passed, N failed` (unit tests and requirements); exit code 0 only when nothing failed.
 * `.ci/run` starts it once the machine is set up.
 */
import { readFile, rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { $ } from "zx";
import type { Counts } from "../helpers/model/results.ts";

/** Written by `./setup` when it has started an engine: by which means. */
const STARTED_ENGINE = ".cache/started-engine.json";
const ENGINE_ENDS_WITHIN_MS = 30_000;

/** What a phase found. */
interface Sums {
  readonly passed: number;
  readonly failed: number;
}

/** A part of the gate: what is run, and where its figures stand afterwards. */
interface Phase {
  readonly name: string;
  readonly what: string;
  readonly command: string;
  readonly file: string;
  readonly sums: (content: never) => Sums;
}

interface UnitTests {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}
interface HasCounts {
  readonly counts: Counts;
}

const sumsOf = ({ counts }: HasCounts): Sums => ({ passed: counts.pass, failed: counts.fail + counts.error });
const sumsOfAll = (engines: readonly { readonly results: HasCounts }[]): Sums =>
  total(engines.map(({ results }) => sumsOf(results)));

const PHASES: readonly Phase[] = [
  {
    name: "check",
    what: "unit tests",
    command: "npm run check",
    file: "reports/helpers.json",
    sums: ({ numPassedTests, numFailedTests }: UnitTests) => ({ passed: numPassedTests, failed: numFailedTests }),
  },
  {
    name: "test",
    what: "requirements, this host",
    command: "./setup && npm test",
    file: "reports/results.json",
    sums: sumsOf,
  },
  {
    name: "lab",
    what: "requirements, lab",
    command: "npm run test:lab",
    file: "reports/lab/all.json",
    sums: sumsOfAll,
  },
  {
    name: "package",
    what: "the package, installed and run",
    command: "node_modules/.bin/node scripts/try-package.ts",
    file: "reports/package.json",
    sums: (sums: Sums) => sums,
  },
  {
    name: "release",
    what: "a release, rehearsed and refused",
    command: "node_modules/.bin/node scripts/try-release.ts",
    file: "reports/release.json",
    sums: (sums: Sums) => sums,
  },
  {
    name: "action",
    what: "the steps of action.yml, lab",
    command: "node_modules/.bin/node scripts/try-action.ts",
    file: "reports/action.json",
    sums: (sums: Sums) => sums,
  },
  {
    name: "registry",
    what: "images from a registry, lab",
    command: "node_modules/.bin/node scripts/try-registry.ts",
    file: "reports/registry.json",
    sums: (sums: Sums) => sums,
  },
  {
    name: "preflight",
    what: "hosts on which dockerd does not start, lab",
    command: "node_modules/.bin/node scripts/preflight.ts",
    file: "reports/preflight.json",
    sums: (sums: Sums) => sums,
  },
  {
    name: "changing",
    what: "what is changed while it is looked at, lab",
    command: "node_modules/.bin/node scripts/try-changing.ts",
    file: "reports/changing.json",
    sums: (sums: Sums) => sums,
  },
  {
    name: "matrix",
    what: "requirements, every engine",
    command: "npm run matrix -- --only-lab",
    file: "reports/matrix/matrix.json",
    sums: sumsOfAll,
  },
];

function total(all: readonly Sums[]): Sums {
  return all.reduce((sum, { passed, failed }) => ({ passed: sum.passed + passed, failed: sum.failed + failed }), {
    passed: 0,
    failed: 0,
  });
}

/** Runs a phase. A phase that failed without a failed test to show for it counts as one failure. */
async function run({ name, command, file, sums }: Phase): Promise<Sums> {
  console.log(`== ${command}`);
  // A file of an earlier run is no result of this one.
  await rm(file, { force: true });
  const begin = performance.now();
  const { exitCode } = await $({ stdio: ["ignore", "inherit", "inherit"], nothrow: true })`bash -c ${command}`;
  console.log(`== ${name}: exit ${exitCode} after ${Math.round((performance.now() - begin) / 1000)} s\n`);
  const found = await readSums(file, sums);
  const silent = found === null || (exitCode !== 0 && found.failed === 0);
  return { passed: found?.passed ?? 0, failed: silent ? 1 : found.failed };
}

async function readSums(file: string, sums: Phase["sums"]): Promise<Sums | null> {
  try {
    return sums(JSON.parse(await readFile(file, "utf8")) as never);
  } catch {
    return null;
  }
}

/** An engine that setup started is stopped again; one that ran before is left running. */
async function stopEngine(): Promise<void> {
  const started = await readFile(STARTED_ENGINE, "utf8").catch(() => null);
  if (started === null) return;
  const { by } = JSON.parse(started) as { readonly by: string };
  if (by === "systemd") await $({ nothrow: true })`systemctl stop docker.socket docker.service`;
  else await endProcess(Number(await readFile("/var/run/docker.pid", "utf8").catch(() => "0")));
  await rm(STARTED_ENGINE, { force: true });
  console.log(`== engine stopped (it was started by ${by})`);
}

async function endProcess(pid: number): Promise<void> {
  const isThere = (signal: 0 | "SIGTERM") => {
    try {
      return process.kill(pid, signal);
    } catch {
      return false;
    }
  };
  if (pid === 0 || !isThere("SIGTERM")) return;
  for (const deadline = performance.now() + ENGINE_ENDS_WITHIN_MS; performance.now() < deadline && isThere(0); )
    await pause(200);
}

$.verbose = false;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    void stopEngine().finally(() => process.exit(130));
  });

const found: { readonly what: string; readonly sums: Sums }[] = [];
try {
  for (const phase of PHASES) found.push({ what: phase.what, sums: await run(phase) });
} finally {
  await stopEngine();
}
for (const { what, sums } of found) console.log(`${what}: ${sums.passed} passed, ${sums.failed} failed`);
const { passed, failed } = total(found.map(({ sums }) => sums));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
