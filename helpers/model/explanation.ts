import type { Card, Cause } from "./cause.ts";
import type { Way } from "./way.ts";

/** What is known of why a requirement failed. */
export interface Explanation {
  /** Best fitting first. */
  readonly causes: readonly (Cause | Card)[];
  /** The failed questions, without the names of the run's own containers. */
  readonly ways: readonly Way[];
  /** What could not be read, so that a cause may lie there. */
  readonly unread: readonly string[];
  /** What a packet that was sent again has shown beside causes: that it arrives now. Missing for nothing. */
  readonly remark?: string;
}

/** The causes of one failure as one text, for whoever reads a single requirement. */
export function causesText(causes: readonly Cause[]): string {
  return causes.map(({ certainty, what }) => (certainty === "guessed" ? `a guess: ${what}` : what)).join(" — Also: ");
}
