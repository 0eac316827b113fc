import { catalogue, type IndexedRequirement } from "./catalogue-index.ts";

/**
 * How many subnets of the engine's address pools the selected requirements hold at once, at most. Each topology is up
 * once, however many requirements start from it. A lab's hosts have pools of their own.
 * @param all the requirements that there are
 */
export function poolDemand(
  isSelected: (id: string) => boolean,
  all: readonly IndexedRequirement[] = catalogue(),
): number {
  const held = all
    .filter(({ id }) => isSelected(id))
    .flatMap(({ file, topologies = {} }) =>
      Object.entries(topologies).map(([name, { fromPools }]) => [`${file} ${name}`, fromPools]),
    );
  return Object.values<number>(Object.fromEntries(held)).reduce((sum, count) => sum + count, 0);
}
