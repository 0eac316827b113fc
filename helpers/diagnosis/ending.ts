import { decisionOf, type Evaluation, isStop, type Place, type Verdict } from "../snapshot/firewall/index.ts";

/** Where the host's packet filters end what a question sends. */
export interface Stop {
  readonly place: Place;
  /** `divert`: it passes, to another destination than was asked; `misaddress`: with a source that is not this host's. */
  readonly how: Exclude<Verdict, "accept" | "unknown"> | "divert" | "misaddress" | "keep";
  /** Queue that packets are handed to; null for what is dropped or rejected. */
  readonly queue: number | null;
  /** Whether every such packet ends there; else a part, or what the rule asks for can't be told. */
  readonly surely: boolean;
  /** On the way of the question's packets, or on that of the answers. */
  readonly way: "there" | "back";
}

/** The same, whichever way it was on. */
export type Ending = Omit<Stop, "way">;

/** Where an evaluation ends a packet; null where it passes. */
export function stopOf(evaluation: Evaluation | null): Ending | null {
  const ends = evaluation?.ends ?? [];
  const stopping = ends.flatMap((end) => {
    const { verdict, action } = end;
    const place = decisionOf(end);
    return !isStop(verdict) || place === null
      ? []
      : [{ how: verdict, place, queue: action?.kind === "queue" ? action.first : null }];
  });
  // Where all ends stop it, the last one is what it comes to for certain.
  const surely = stopping.length === ends.length;
  const told = surely ? stopping.at(-1) : stopping[0];
  return told === undefined ? null : { ...told, surely };
}
