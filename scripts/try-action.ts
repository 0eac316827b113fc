/**
 * Runs the steps of action.yml as GitHub's runner does (composite: inputs put in, bash with its flags, its environment
 * files), against a host of the lab that is well and then broken. Writes `reports/action.json`; exit code 0 only when
 * outputs, summary, annotations and exit codes are what action.yml says.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import { connect } from "../helpers/engine/connect.ts";
import { nearestEngine } from "../helpers/lab/engine-versions.ts";
import { Lab } from "../helpers/lab/lab.ts";
import { PROJECT_ROOT } from "../helpers/project-root.ts";
import { conclude, judge } from "./trial.ts";

interface Step {
  readonly id?: string;
  readonly run: string;
  readonly shell: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

const action = parse(await readFile(join(PROJECT_ROOT, "action.yml"), "utf8")) as Action;
const folder = await mkdtemp(join(tmpdir(), "try-action-"));
/** Puts values in for `${{ name }}`; one that there is not is empty, as on GitHub. */
const filled = (text: string, values: Readonly<Record<string, string>>) =>
  text.replace(/\$\{\{\s*([\w.-]+)\s*\}\}/g, (_, name: string) => values[name] ?? "");

/** What a step may write to, besides what it says. */
const STEP = { GITHUB_OUTPUT: join(folder, "output"), GITHUB_STEP_SUMMARY: join(folder, "summary") };

/** Runs one step as the runner does. @param env beside this process's own */
async function runLine(line: string, cwd: string, env: Readonly<Record<string, string>>) {
  const { DNC_REPORTS: _ours, ...others } = process.env;
  const { all, exitCode = 2 } = await execa("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", line], {
    cwd,
    extendEnv: false,
    env: { ...others, ...STEP, ...env, GITHUB_ACTIONS: "true", RUNNER_TEMP: folder },
    reject: false,
    all: true,
    stdin: "ignore",
  });
  return { said: all, exitCode };
}

/** A step of a workflow that is one command of ours, such as those of nightly.yml. */
async function runCommand(line: string) {
  await writeFile(STEP.GITHUB_STEP_SUMMARY, "");
  const done = await runLine(line, PROJECT_ROOT, { DNC_REPORTS: join(folder, "reports") });
  return { ...done, summary: await readFile(STEP.GITHUB_STEP_SUMMARY, "utf8") };
}

const ANNOTATED = /^::(error|warning) /m;
const countOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;

/** Runs the action with these inputs. A step that fails ends it. */
async function run(given: Readonly<Record<string, string>>) {
  const inputs = Object.entries(action.inputs).map(([name, input]) => [`inputs.${name}`, given[name] ?? input.default]);
  const values: Record<string, string> = Object.fromEntries(inputs);
  let [said, exitCode] = ["", 0];
  await writeFile(STEP.GITHUB_STEP_SUMMARY, "");
  for (const { id, run: line, shell, env = {} } of action.runs.steps) {
    if (shell !== "bash") throw new Error(`no step of this kind: ${shell}`);
    await writeFile(STEP.GITHUB_OUTPUT, "");
    const filledEnv = Object.entries(env).map(([name, text]) => [name, filled(text, values)]);
    const done = await runLine(line, folder, { ...Object.fromEntries(filledEnv), GITHUB_ACTION_PATH: PROJECT_ROOT });
    said += done.said;
    exitCode = done.exitCode;
    for (const [, name = "", value = ""] of (await readFile(STEP.GITHUB_OUTPUT, "utf8")).matchAll(/^(\w+)=(.*)$/gm))
      values[`steps.${id}.outputs.${name}`] = value;
    if (exitCode !== 0) break;
  }
  const outputs = Object.fromEntries(
    Object.entries(action.outputs).map(([name, { value }]) => [name, filled(value, values)]),
  );
  return { said, exitCode, outputs, summary: await readFile(STEP.GITHUB_STEP_SUMMARY, "utf8") };
}

const connection = await connect();
const lab = await Lab.open(connection.docker, console.log);
try {
  const { host } = await lab.start({ host: { engine: nearestEngine("99") } });
  const engine = host.url;
  const suites = "NAT-05 NONE-01";
  const well = await run({ engine, suites });
  judge("a host that is well: exit 0", well.exitCode === 0, well.said);
  judge("the verdict", /^(conformant|partial)$/.test(well.outputs.verdict ?? ""), well.outputs);
  judge("the counts", JSON.parse(well.outputs.counts || "{}").pass > 0, well.outputs);
  const results = join(well.outputs.report ?? "", "results.json");
  judge("the report", (await readFile(results, "utf8").catch(() => "")).includes('"runId"'), well.outputs);
  judge("the summary of the step", well.summary.includes("NAT-05") || well.summary.includes("onformant"), well.summary);
  const baseline = join(folder, "baseline.json");
  await cp(results, baseline);

  await host.must("iptables -t nat -F POSTROUTING");
  const broken = await run({ engine, suites, baseline });
  judge("a broken one: exit 1", broken.exitCode === 1, broken.said);
  judge("its verdict", broken.outputs.verdict === "not conformant", broken.outputs);
  judge("an annotation for its cause", /^::error title=/m.test(broken.said), broken.said);
  judge("what changed since the baseline, in the summary", /NAT-05[\s\S]*NAT-05/.test(broken.summary), broken.summary);
  const failures = await run({ engine, suites: "NAT-05 BRIDGE-52" });
  judge(
    "one annotation for two failures of one cause",
    JSON.parse(failures.outputs.counts || "{}").fail === 2 && countOf(failures.said, /^::(error|warning) /gm) === 1,
    failures.said,
  );
  // Not by the name that is taken where none is given: the next run is to do without.
  const waivers = join(folder, "accepted.json");
  const waiver = { id: "NAT-05", reason: "tried", by: "gate", until: "2099-01-01" };
  await writeFile(waivers, JSON.stringify([waiver]));
  const waived = await run({ engine, suites, waivers });
  judge("a waiver", waived.exitCode === 0 && JSON.parse(waived.outputs.counts || "{}").waived === 1, waived.said);
  const tolerated = await run({ engine, suites, "fail-on": "never" });
  judge(
    "fail-on never: exit 0, and the verdict all the same",
    tolerated.exitCode === 0 && tolerated.outputs.verdict === "not conformant",
    tolerated.said,
  );
  judge("a word that there is not: exit 64", (await run({ engine, suites: "nonsense" })).exitCode === 64, "");
  judge("fail-on that there is not: exit 64", (await run({ engine, "fail-on": "sometimes" })).exitCode === 64, "");

  // Other commands of nightly.yml, each a step: what they judge is judged by processes that are to say nothing themselves.
  const pair = await runCommand("npm run test:lab -- --engines 28.5 PORT-22");
  judge("test:lab: exit 0, nothing annotated", pair.exitCode === 0 && !ANNOTATED.test(pair.said), pair.said);
  judge("its summary is there, once", countOf(pair.summary, /^# Docker 28\.5$/gm) === 1, pair.summary);
  const matrix = await runCommand("npm run matrix -- --only-lab --engines 28.5 NAT-05 NONE-01");
  judge("matrix: exit 0, nothing annotated", matrix.exitCode === 0 && !ANNOTATED.test(matrix.said), matrix.said);
  judge("its summary is the table, once", countOf(matrix.summary, /^# /gm) === 1, matrix.summary);
  const configs = await runCommand("npm run matrix -- --configs --engines 28.5 --only bip,icc-off NONE");
  judge("--configs: exit 0, nothing annotated", configs.exitCode === 0 && !ANNOTATED.test(configs.said), configs.said);
  judge("its summary is the table, once", countOf(configs.summary, /^# /gm) === 1, configs.summary);
  judge(
    "its page is there",
    (await readFile(join(folder, "reports/configs/index.html"), "utf8")).includes("icc-off"),
    "",
  );

  const lost = await run({ engine: "tcp://127.0.0.1:9", suites });
  judge("an engine that does not answer fails", lost.exitCode !== 0, lost.said);
} finally {
  await lab[Symbol.asyncDispose]();
  await connection.close();
  await rm(folder, { recursive: true, force: true });
}
await conclude("action");
