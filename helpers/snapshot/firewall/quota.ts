/** Bytes of the smallest packet that there is, and of one that every network carries. */
const SMALLEST = 28;
const WHOLE = 1500;

/**
 * What the match of a quota does until it is set back: it matches while something is left of it, and never again from the
 * first packet on that is larger than that.
 * @param used bytes of what it was asked about and matched
 * @param over the match is turned round
 * @returns nothing while the next packet's length decides
 */
export function quotaNow(bytes: number, used: number, over: boolean): { readonly now?: "matches" | "ends" } {
  const left = bytes - used;
  if (left < SMALLEST) return { now: over ? "matches" : "ends" };
  return left < WHOLE ? {} : { now: over ? "ends" : "matches" };
}
