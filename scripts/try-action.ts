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

/** Runs the action with these inputs. A step that fails ends it. */
async function run(given: Readonly<Record<string, string>>) {
  const inputs = Object.entries(action.inputs).map(([name, input]) => [`inputs.${name}`, given[name] ?? input.default]);
  const values: Record<string, string> = Object.fromEntries(inputs);
  const files = { GITHUB_OUTPUT: join(folder, "output"), GITHUB_STEP_SUMMARY: join(folder, "summary") };
  let [said, exitCode] = ["", 0];
  await writeFile(files.GITHUB_STEP_SUMMARY, "");
  for (const { id, run: line, shell, env = {} } of action.runs.steps) {
    if (shell !== "bash") throw new Error(`no step of this kind: ${shell}`);
    await writeFile(files.GITHUB_OUTPUT, "");
    const filledEnv = Object.entries(env).map(([name, text]) => [name, filled(text, values)]);
    const { DNC_REPORTS: _ours, ...others } = process.env;
    const done = await execa("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", line], {
      cwd: folder,
      extendEnv: false,
      env: {
        ...others,
        ...files,
        ...Object.fromEntries(filledEnv),
        GITHUB_ACTIONS: "true",
        GITHUB_ACTION_PATH: PROJECT_ROOT,
        RUNNER_TEMP: folder,
      },
      reject: false,
      all: true,
      stdin: "ignore",
    });
    said += done.all;
    exitCode = done.exitCode ?? 2;
    for (const [, name = "", value = ""] of (await readFile(files.GITHUB_OUTPUT, "utf8")).matchAll(/^(\w+)=(.*)$/gm))
      values[`steps.${id}.outputs.${name}`] = value;
    if (exitCode !== 0) break;
  }
  const outputs = Object.fromEntries(
    Object.entries(action.outputs).map(([name, { value }]) => [name, filled(value, values)]),
  );
  return { said, exitCode, outputs, summary: await readFile(files.GITHUB_STEP_SUMMARY, "utf8") };
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
  const lost = await run({ engine: "tcp://127.0.0.1:9", suites });
  judge("an engine that does not answer fails", lost.exitCode !== 0, lost.said);
} finally {
  await lab[Symbol.asyncDispose]();
  await connection.close();
  await rm(folder, { recursive: true, force: true });
}
await conclude("action");
