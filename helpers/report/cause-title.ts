import type { Card } from "../model/cause.ts";

/** What a card says, and whether it is a guess: no output tells one as a cause. */
export function causeTitle({ what, certainty }: Pick<Card, "what" | "certainty">): string {
  return certainty === "guessed" ? `A guess: ${what}` : what;
}
