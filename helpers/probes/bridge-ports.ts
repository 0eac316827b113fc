import { ProbeFailed, reading, type Vantage } from "../model/evidence.ts";

/** Names of the ports of a bridge, as the bridge itself lists them, sorted. @throws ProbeFailed when there is no such bridge */
export async function bridgePorts(from: Vantage, device: string): Promise<string[]> {
  const evidence = await from.ask(`ls -1 /sys/class/net/${device}/brif`, reading(from, "links", device));
  if (evidence.exitCode !== 0)
    throw new ProbeFailed(
      `the ports of ${device} at ${from.label} can't be listed: ${evidence.stderr.trim()}`,
      evidence,
    );
  return evidence.stdout
    .split("\n")
    .filter((name) => name !== "")
    .toSorted();
}
