import { ProbeFailed } from "../model/evidence.ts";
import type { TopologySpec } from "../topology/spec.ts";
import { type Started, Topology } from "../topology/topology.ts";
import { lookFor } from "./diagnosed-cause.ts";
import type { Session } from "./session.ts";
import { Violation } from "./verdicts.ts";

/**
 * Brings containers up for the length of `body` only: for stages that watch the host before, while and after they run.
 * @param name part of the containers' names; unique in its file
 */
export async function briefly<const N extends string, const C extends string, T>(
  session: Session,
  name: string,
  spec: TopologySpec<N, C>,
  body: (started: Started<N, C>) => Promise<T>,
): Promise<T> {
  const topology = new Topology(name, spec);
  try {
    return await body(await topology.start(session));
  } catch (error) {
    if (error instanceof Violation || error instanceof ProbeFailed) await lookFor(error, session);
    throw error;
  } finally {
    await topology.remove(session);
  }
}
