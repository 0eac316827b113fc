import { join } from "node:path";
import { UserError } from "../engine/errors.ts";
import { onInterruption, unlessInterrupted } from "../engine/interruption.ts";
import { DISPOSABLE_VARIABLE, environmentOf, labVariables, SECOND_HOST_VARIABLE } from "../engine/second-engine.ts";
import type { LabEngine } from "../lab/engine-versions.ts";
import type { Lab } from "../lab/lab.ts";
import type { Results } from "../model/results.ts";
import { CODE, PROJECT_ROOT } from "../project-root.ts";
import { readResults } from "../report/read-results.ts";
import { withoutStep } from "./github-actions.ts";
import { NO_HISTORY_VARIABLE } from "./history.ts";

/** Runs `npm test` in a process of its own, with this environment. @throws UserError when it leaves no results */
export async function judge(
  words: readonly string[],
  reports: string,
  env: NodeJS.ProcessEnv,
  show: "inherit" | "ignore",
): Promise<Results> {
  const { execa } = await import("execa");
  await unlessInterrupted();
  const started = Date.now();
  const run = execa(process.execPath, [join(PROJECT_ROOT, `helpers/commands/dnc${CODE}`), "test", ...words], {
    cwd: PROJECT_ROOT,
    env: { ...withoutStep(env), [NO_HISTORY_VARIABLE]: "1", DNC_REPORTS: reports },
    extendEnv: false,
    reject: false,
    stdin: "ignore",
    stdout: show,
    stderr: show === "inherit" ? ["inherit", "pipe"] : "pipe",
  });
  // A run cleans up after itself, on whatever engine it is; a terminal's Ctrl-C has reached it as well.
  const guard = onInterruption(async () => {
    run.kill("SIGINT");
    await run;
  });
  const { exitCode, stderr } = await run;
  guard[Symbol.dispose]();
  await unlessInterrupted();
  const results = await readResults(join(reports, "results.json"));
  if (results !== null && Date.parse(results.startedAt) >= started) return results;
  throw new UserError({
    tried: `Judging ${env.DOCKER_HOST ?? "the engine"}`,
    seen: `no results (exit code ${exitCode}): ${stderr.trim().split("\n").slice(-3).join(" ")}`,
    todo: `Look into ${reports}.`,
  });
}

/** Two hosts of one version on the lab's LAN, the second as the first one's neighbour. */
interface LabPair extends AsyncDisposable {
  /** Under which every command of this project judges the first, with all that the lab has. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Starts a pair of hosts.
 * @param outer `DOCKER_HOST` of the lab's own engine, for suites that start further hosts; null: they are not run
 */
export async function startPair(lab: Lab, engine: LabEngine, outer: string | null): Promise<LabPair> {
  const { version } = engine;
  const hosts = await lab.start({ [`a-${version}`]: { engine }, [`b-${version}`]: { engine } });
  const [first, second] = Object.values(hosts);
  if (first === undefined || second === undefined) throw new Error("the lab started no hosts");
  return {
    env: {
      DOCKER_HOST: first.url,
      [SECOND_HOST_VARIABLE]: second.url,
      [DISPOSABLE_VARIABLE]: "1",
      ...(outer === null ? {} : labVariables(outer, version)),
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([first.remove(), second.remove()]);
    },
  };
}

/** Judges one of the lab's engines on a pair of hosts, which are removed afterwards. */
export async function judgeInLab(
  lab: Lab,
  engine: LabEngine,
  words: readonly string[],
  reports: string,
  show: "inherit" | "ignore",
  outer: string | null,
): Promise<Results> {
  await using pair = await startPair(lab, engine, outer);
  const env = { ...environmentOf(pair.env.DOCKER_HOST ?? ""), ...pair.env };
  return await judge(words, reports, env, show);
}
