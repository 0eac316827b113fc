import { has } from "../expectations/version-switches.ts";
import { session } from "./session.ts";
import { engineTime } from "./undisturbed.ts";

/** Added to the window looked back at: the engine tells of a network a moment after it has made its rules. */
const MARGIN_SECONDS = 2;

/**
 * Whether an answer that should not have come may have slipped through the engine's own gap: before 28, every creation
 * or removal of a network, anybody's, takes the jump to the isolation chains away for a moment. Such a measurement says
 * nothing about the state of the host and is taken anew; on an engine without the gap, or with no network created or
 * removed meanwhile, the answer counts.
 * @param elapsedMs how long ago the question was asked
 */
export async function fellIntoIsolationGap(elapsedMs: number): Promise<boolean> {
  const context = await session();
  if (has(context.facts, "isolation-without-gap")) return false;
  const until = await engineTime(context);
  const stream = await context.docker.getEvents({
    since: until - elapsedMs / 1000 - MARGIN_SECONDS,
    until,
    filters: { type: ["network"], event: ["create", "destroy"] },
  });
  let text = "";
  for await (const chunk of stream) text += chunk.toString();
  return text.trim() !== "";
}
