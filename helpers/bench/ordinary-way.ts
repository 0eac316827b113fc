import { GenericContainer } from "testcontainers";
import { labelsOf } from "../engine/run-identity.ts";
import type { RequirementResult } from "../model/results.ts";

/** One container's life through testcontainers, and one exec in it, in milliseconds. */
interface OrdinaryWay {
  readonly ms: number;
  readonly requirements: number;
  readonly probes: number;
}

/**
 * The same requirements in the way a suite is ordinarily written: per test one testcontainers container, per probe one
 * exec, one after another. Each exec takes as long as the probe itself took (a denial waits, a look-up does not), so
 * that only the way of asking differs.
 * @param sample at most this many requirements are done for real; the time of the others is in proportion
 */
export async function ordinaryWay(
  image: string,
  runId: string,
  results: readonly RequirementResult[],
  sample: number,
): Promise<OrdinaryWay> {
  const judged = results.filter((result) => result.verdict === "pass" || result.verdict === "fail");
  const step = Math.max(1, Math.floor(judged.length / sample));
  const chosen = judged.filter((_, index) => index % step === 0);
  let probes = 0;
  const started = performance.now();
  for (const result of chosen) {
    const container = await new GenericContainer(image)
      .withCommand(["sleep", "600"])
      .withLabels(labelsOf(runId))
      .withAutoCleanup(false)
      .start();
    for (const probe of result.probes.filter((candidate) => candidate.vantage !== "engine API")) {
      probes++;
      await container.exec(["sleep", String(Math.max(0, probe.ms - 2) / 1000)]);
    }
    await container.stop();
  }
  const measured = performance.now() - started;
  return { ms: (measured / chosen.length) * judged.length, requirements: chosen.length, probes };
}
