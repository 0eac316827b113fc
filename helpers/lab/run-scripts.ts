import { join } from "node:path";
import pLimit from "p-limit";
import { LABEL } from "../engine/run-identity.ts";
import { environmentOf } from "../engine/second-engine.ts";
import type { RequirementResult, Results } from "../model/results.ts";
import { dockerEnvironment } from "../vantage/docker-cli.ts";
import type { LabHost } from "./lab-host.ts";

/** A script may take so long; each of its questions has a deadline of its own. */
const SCRIPT_MS = 300_000;

/** How a script's run compares with what the suites saw. */
export interface ScriptRun {
  readonly id: string;
  readonly exitCode: number | null;
  /** It showed what the suites saw: what had to come where the requirement passed, something else where it failed. */
  readonly agrees: boolean;
  /** Names of what it left on the engine. */
  readonly left: readonly string[];
  /** What it said. */
  readonly said: string;
}

/** Requirements with and without a script. */
interface Scripted {
  readonly runs: readonly ScriptRun[];
  /** Id → why it has none. */
  readonly without: ReadonlyMap<string, string>;
}

/**
 * Runs the scripts of a run that judged this host, as a stranger would: with `sh` and the docker command. Those of one
 * suite file after each other, since they use the same subnets and ports.
 * @param reports the folder of that run
 * @param onRun gets each as it ends
 */
export async function runScripts(
  host: LabHost,
  { requirements }: Results,
  reports: string,
  onRun: (run: ScriptRun) => void,
): Promise<Scripted> {
  const files = Map.groupBy(requirements, ({ file }) => file);
  const atOnce = pLimit(2);
  const runs = await Promise.all(
    [...files.values()].map((results) =>
      atOnce(async () => {
        const done: ScriptRun[] = [];
        for (const result of results) {
          const run = await runScript(host, result, reports);
          if (run === null) continue;
          done.push(run);
          onRun(run);
        }
        return done;
      }),
    ),
  );
  return {
    runs: runs.flat(),
    without: new Map(
      requirements.flatMap(({ id, reproduction }) =>
        reproduction !== undefined && "why" in reproduction ? [[id, reproduction.why] as const] : [],
      ),
    ),
  };
}

async function runScript(host: LabHost, result: RequirementResult, reports: string): Promise<ScriptRun | null> {
  const { id, verdict, reproduction } = result;
  if (reproduction === undefined || !("file" in reproduction)) return null;
  const { execa } = await import("execa");
  const { exitCode, all } = await execa("sh", [join(reports, reproduction.file)], {
    env: { ...dockerEnvironment(), ...environmentOf(host.url), DOCKER_HOST: host.url },
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    all: true,
    timeout: SCRIPT_MS,
  });
  return {
    id,
    exitCode: exitCode ?? null,
    agrees: exitCode === (verdict === "pass" ? 0 : 1),
    left: await leftBy(host, id),
    said: all,
  };
}

/** What is there with the label of a script of this requirement. */
async function leftBy({ docker }: LabHost, id: string): Promise<string[]> {
  const filters = { label: [`${LABEL.project}=true`] };
  const [containers, networks] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
  ]);
  const ours = (labels: Record<string, string> | undefined) =>
    labels?.[LABEL.run]?.startsWith(`reproduce-${id.toLowerCase()}-`) === true;
  return [
    ...containers.filter(({ Labels }) => ours(Labels)).map(({ Names }) => `container ${Names[0]}`),
    ...networks.filter(({ Labels }) => ours(Labels)).map(({ Name }) => `network ${Name}`),
  ];
}
