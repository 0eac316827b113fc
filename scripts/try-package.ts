/**
 * Packs the package, installs it in a folder of its own, and runs it from there against a host of the lab, as somebody
 * who has nothing else. `node scripts/try-package.ts [node binary]…` does that with each of these Nodes, by default
 * with the one that it runs on. Writes `reports/package.json`; exit code 0 only when all of it went well.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { $ } from "zx";
import { connect } from "../helpers/engine/connect.ts";
import { environmentOf } from "../helpers/engine/second-engine.ts";
import { nearestEngine } from "../helpers/lab/engine-versions.ts";
import { Lab } from "../helpers/lab/lab.ts";
import { PROJECT_ROOT } from "../helpers/project-root.ts";
import { installPackage } from "./install-package.ts";
import { conclude, judge } from "./trial.ts";

/** What is typed, and what shows that it was done. */
const TYPED: readonly { readonly words: readonly string[]; readonly says: RegExp }[] = [
  { words: ["--help"], says: /^dnc <command>/ },
  { words: ["--version"], says: /^\d+\.\d+\.\d+$/m },
  { words: ["list"], says: /requirements in \d+ suites/ },
  { words: ["doctor"], says: /This engine can be judged/ },
  { words: ["workloads"], says: /^Conformant/m },
  { words: ["test", "suites/none"], says: /^Conformant|^Partial/m },
  { words: ["fleet", "reports/compact.json"], says: /^1 host: 1 (conformant|partial)/m },
];
const REPORTS = ["results.json", "index.html", "summary.md"];

$.verbose = false;
await $({ cwd: PROJECT_ROOT, stdio: "inherit" })`${process.execPath} scripts/package.ts`;
const folder = await mkdtemp(join(tmpdir(), "try-package-"));
const connection = await connect();
const lab = await Lab.open(connection.docker, console.log);
try {
  console.log(`installed by ${await installPackage(PROJECT_ROOT, folder)}`);
  const { host } = await lab.start({ host: { engine: nearestEngine("99") } });
  const nodes = process.argv.slice(2);
  for (const node of nodes.length === 0 ? [process.execPath] : nodes) {
    const { stdout: version } = await $`${node} --version`;
    const workplace = join(folder, `work-${version.trim()}`);
    await mkdir(workplace);
    const { DNC_REPORTS: _ours, NODE_COMPILE_CACHE: _compiled, ...inherited } = process.env;
    const env = {
      ...inherited,
      ...environmentOf(host.url),
      PATH: `${join(folder, "node_modules/.bin")}:${dirname(resolve(node))}:${process.env.PATH}`,
      XDG_CACHE_HOME: join(folder, "cache"),
      NO_COLOR: "1",
    };
    for (const { words, says } of TYPED) {
      const begin = performance.now();
      const { exitCode, stdout, stderr } = await $({ cwd: workplace, env, nothrow: true, input: "" })`dnc ${words}`;
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      const right = exitCode === 0 && says.test(stdout);
      judge(
        `Node ${version.trim()}: dnc ${words.join(" ")}, ${seconds} s`,
        right,
        `exit ${exitCode}\n${stdout}${stderr}`,
      );
    }
    for (const name of REPORTS)
      judge(
        `Node ${version.trim()}: reports/${name} in the folder where it ran`,
        existsSync(join(workplace, "reports", name)),
      );
  }
} finally {
  await lab[Symbol.asyncDispose]();
  await connection.close();
  await rm(folder, { recursive: true, force: true });
}
await conclude("package");
