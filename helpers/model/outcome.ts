/**
 * What a reachability probe saw.
 * - `replied`: an answer came back (any HTTP status counts, any ICMP echo reply).
 * - `refused`: a TCP reset or ICMP port-unreachable: the host is there, nobody listens, or a REJECT rule.
 * - `timed out`: silence until the deadline: what a DROP rule looks like.
 * - `unreachable`: an error at once or after ARP failed: no route, nobody owns the address, or an OUTPUT rule of the
 *   prober's own lets nothing out.
 * - `name not found`: the name did not resolve; nothing was sent.
 * - `probe failed`: the probe itself could not run; proves nothing.
 */
export type Outcome = "replied" | "refused" | "timed out" | "unreachable" | "name not found" | "probe failed";

/** What has to come of a question. */
export interface Expected {
  /** Each of these is right. */
  readonly outcomes: readonly Outcome[];
  /** Pieces that the answer has to hold, in this order. Missing where any answer does. */
  readonly answer?: readonly string[];
}

/**
 * Whether what came is what had to come.
 * @param outcome undefined for a question that has none, where the answer alone counts
 */
export function meets({ outcomes, answer = [] }: Expected, outcome: Outcome | undefined, said: string): boolean {
  return (outcome === undefined || outcomes.includes(outcome)) && holdsInOrder(said, answer);
}

function holdsInOrder(text: string, pieces: readonly string[]): boolean {
  let from = 0;
  for (const piece of pieces) {
    const at = text.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return true;
}

/** `unreachable` told apart: the local routing table had no route, or the next hop did not answer ARP. */
export type UnreachableKind = "no route" | "host unreachable" | "other";

const OUTCOMES: ReadonlySet<unknown> = new Set<Outcome>([
  "replied",
  "refused",
  "timed out",
  "unreachable",
  "name not found",
  "probe failed",
]);

/** Whether something is an {@link Outcome}. */
export function isOutcome(value: unknown): value is Outcome {
  return OUTCOMES.has(value);
}
