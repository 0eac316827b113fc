import type { Inspected } from "../model/engine-answers.ts";
import { pick } from "./foreign-containers.ts";
import type { ContainerState } from "./snapshot.ts";

/**
 * One of the run's own containers. Whatever capabilities a topology gives it: what deviates in its network nobody meant.
 * @param inspected what the engine says of it
 */
export function stateOf(
  inspected: Inspected,
  { asked, inside }: Pick<ContainerState, "asked" | "inside">,
): ContainerState {
  return { ...pick(inspected).container, administersNetwork: false, inspected, asked, inside };
}
