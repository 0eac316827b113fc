import { execa } from "execa";
import { recordedEndpoint } from "../engine/call-proxy.ts";
import { type Evidence, ProbeFailed } from "../probes/evidence.ts";
import { record } from "./recorder.ts";

/** The name of this vantage point in evidence. */
export const DOCKER_CLI = "docker CLI";

/** Silence of the CLI after which it is ended; it waits for nothing but the engine. */
const TIMEOUT_MS = 60_000;

/**
 * Runs the docker command of the machine that runs the tests, against the engine under test (the run's start has put
 * its address into the environment). Never shared with another asker: most commands have an effect.
 * @param args the words after `docker`, unquoted
 * @returns what it printed and its exit code; a non-zero one is the answer, not an error
 * @throws ProbeFailed when it does not end: an overloaded engine has said nothing about what it was asked
 */
export async function dockerCli(...args: readonly string[]): Promise<Evidence> {
  const recorded = await recordedEndpoint();
  const started = performance.now();
  const result = await execa("docker", args, {
    reject: false,
    stdin: "ignore",
    timeout: TIMEOUT_MS,
    stripFinalNewline: false,
    env: { DOCKER_CLI_HINTS: "false", ...(recorded === undefined ? {} : { DOCKER_HOST: recorded }) },
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
