import { join } from "node:path";
import { execa } from "execa";
import { UserError } from "../engine/errors.ts";
import {
  DISPOSABLE_VARIABLE,
  environmentOf,
  LAB_HOST_VARIABLE,
  LAB_VERSION_VARIABLE,
  SECOND_HOST_VARIABLE,
} from "../engine/second-engine.ts";
import type { LabEngine } from "../lab/engine-versions.ts";
import type { Lab } from "../lab/lab.ts";
import type { Results } from "../report/results.ts";
import { readResults } from "../report/write-results.ts";
import { ROOT } from "./arguments.ts";

/** Runs `npm test` in a process of its own, with this environment. @throws UserError when it leaves no results */
export async function judge(
  words: readonly string[],
  reports: string,
  env: NodeJS.ProcessEnv,
  show: "inherit" | "ignore",
): Promise<Results> {
  const started = Date.now();
  const { exitCode, stderr } = await execa(process.execPath, [join(ROOT, "helpers/commands/test.ts"), ...words], {
    cwd: ROOT,
    env: { ...env, DNC_REPORTS: reports },
    extendEnv: false,
    reject: false,
    stdin: "ignore",
    stdout: show,
    stderr: show === "inherit" ? ["inherit", "pipe"] : "pipe",
  });
  const results = await readResults(join(reports, "results.json"));
  if (results !== null && Date.parse(results.startedAt) >= started) return results;
  throw new UserError({
    tried: `Judging ${env.DOCKER_HOST ?? "the engine"}`,
    seen: `no results (exit code ${exitCode}): ${stderr.trim().split("\n").slice(-3).join(" ")}`,
    todo: `Look into ${reports}.`,
  });
}

/**
 * Judges one of the lab's engines: two hosts of it on the lab's LAN, the second as the first one's neighbour. They are
 * removed afterwards.
 * @param outer `DOCKER_HOST` of the lab's own engine, for suites that start further hosts
 */
export async function judgeInLab(
  lab: Lab,
  engine: LabEngine,
  words: readonly string[],
  reports: string,
  show: "inherit" | "ignore",
  outer: string,
): Promise<Results> {
  const hosts = await lab.start({ [`a-${engine.version}`]: { engine }, [`b-${engine.version}`]: { engine } });
  const [first, second] = Object.values(hosts);
  if (first === undefined || second === undefined) throw new Error("the lab started no hosts");
  try {
    const env = {
      ...environmentOf(first.url),
      [SECOND_HOST_VARIABLE]: second.url,
      [DISPOSABLE_VARIABLE]: "1",
      [LAB_HOST_VARIABLE]: outer,
      [LAB_VERSION_VARIABLE]: engine.version,
    };
    return await judge(words, reports, env, show);
  } finally {
    await Promise.all([first.remove(), second.remove()]);
  }
}
