import { dockerErrorOf } from "../engine/docker-error.ts";
import type { SubnetChooser } from "./subnets.ts";

/** `network create` answers this when two runs (or two workers) chose places that overlap. */
const OVERLAP = /overlap|conflicts with network/i;
const TRIES = 5;

/**
 * Makes something in a free subnet, and again in another one where the engine says that this one is taken: whoever works
 * beside may have chosen the same place a moment earlier.
 *
 * @param prefix length of the subnet's prefix
 * @param make what is made with the subnet; it removes what it has made by halves before it throws
 * @throws whatever `make` throws for another reason, and the engine's refusal after five subnets
 */
export async function inFreeSubnet<T>(
  subnets: SubnetChooser,
  prefix: number,
  make: (subnet: string) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await make(subnets.choose(prefix));
    } catch (error) {
      if (attempt === TRIES || !OVERLAP.test(dockerErrorOf(error)?.message ?? "")) throw error;
    }
  }
}
