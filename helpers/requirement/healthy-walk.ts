import { reachRequestOf } from "../diagnosis/index.ts";
import { explainReach, type Walk } from "../trace/index.ts";
import type { Recorded } from "../vantage/recorder.ts";
import type { Session } from "./session.ts";

/** For one packet: whoever asks for an explanation waits for it. */
const DEADLINE_MS = 10_000;

/**
 * The way of a packet of the first question that was answered as it had to be; nothing where there is none, or where it
 * can't be followed. While the containers are up.
 */
export async function walkOf(
  probes: readonly Recorded[],
  session: () => Promise<Session>,
): Promise<{ readonly walk?: Walk }> {
  const requests = probes.flatMap(({ evidence: { question, outcome }, expected }) => {
    if (question?.kind !== "reach" || outcome !== "replied" || expected?.outcomes.includes("replied") !== true)
      return [];
    return reachRequestOf(question) ?? [];
  });
  const [request] = requests;
  if (request === undefined) return {};
  try {
    const context = await session();
    const { walk } = await explainReach(context.docker, await context.host(), { ...request, deadline: DEADLINE_MS });
    return { walk };
  } catch {
    return {};
  }
}
