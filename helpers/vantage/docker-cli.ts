import { labelsOf } from "../engine/run-identity.ts";
import { type Evidence, ProbeFailed } from "../model/evidence.ts";
import { record } from "./recorder.ts";

/** The name of this vantage point in evidence. */
export const DOCKER_CLI = "docker CLI";

/** Silence of the CLI after which it is ended; it waits for nothing but the engine. */
const TIMEOUT_MS = 60_000;

/** What the docker command needs of this process's environment; the run's start has put the engine and a home there. */
const PASSED = ["PATH", "HOME", "TMPDIR", "DOCKER_CONFIG", "DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"];

/**
 * The whole environment of the docker command: named variables only. Dozens of others change what it prints, asks or
 * sends (content trust, a default platform, an API version, proxies, a language), and there are more with each version.
 */
export function dockerEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const passed = PASSED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return { ...Object.fromEntries(passed), LC_ALL: "C.UTF-8", DOCKER_CLI_HINTS: "false" };
}

/** Options by which the docker command gives a network the labels of a run. */
export function labelOptions(runId: string): string[] {
  return Object.entries(labelsOf(runId)).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
}

/** Options for every container that the docker command makes for a run: its labels, and no capability. */
export function ownContainer(runId: string): string[] {
  return [...labelOptions(runId), "--cap-drop=ALL"];
}

/**
 * Runs the docker command of the machine that runs the tests, against the engine under test (the run's start has put
 * its address into the environment). Never shared with another asker: most commands have an effect.
 * @param args the words after `docker`, unquoted
 * @returns what it printed and its exit code; a non-zero one is the answer, not an error
 * @throws ProbeFailed when it does not end: an overloaded engine has said nothing about what it was asked
 */
export async function dockerCli(...args: readonly string[]): Promise<Evidence> {
  const { execa } = await import("execa");
  const started = performance.now();
  const result = await execa("docker", args, {
    reject: false,
    stdin: "ignore",
    timeout: TIMEOUT_MS,
    stripFinalNewline: false,
    env: dockerEnvironment(),
    extendEnv: false,
  });
  const evidence: Evidence = {
    vantage: DOCKER_CLI,
    place: { kind: "docker command", name: "" },
    command: ["docker", ...args].join(" "),
    exitCode: result.exitCode ?? null,
    timedOut: result.timedOut,
    stdout: result.stdout,
    stderr: result.exitCode === undefined && result.stderr === "" ? (result.shortMessage ?? "") : result.stderr,
    ms: Math.round(performance.now() - started),
  };
  if (evidence.timedOut)
    throw new ProbeFailed(`\`${evidence.command}\` did not end within ${TIMEOUT_MS / 1000} s`, evidence);
  record(evidence);
  return evidence;
}

/** Like {@link dockerCli}, for a step that has to succeed. Returns its stdout without the final newline. @throws ProbeFailed */
export async function dockerCliAnswer(...args: readonly string[]): Promise<string> {
  const evidence = await dockerCli(...args);
  if (evidence.exitCode !== 0) throw new ProbeFailed(`\`${evidence.command}\`: ${evidence.stderr.trim()}`, evidence);
  return evidence.stdout.replace(/\n$/, "");
}
