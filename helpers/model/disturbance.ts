/** What happened to a run from outside, whatever the engine's networking does. */
export type Disturbance =
  /** A signal ended it; what had not been judged by then never was. */
  | { readonly kind: "interrupted"; readonly by: string }
  /** The engine went away; `back` is null where it was not seen again. Times are ISO 8601, of the machine that runs the suite. */
  | { readonly kind: "engine went away"; readonly at: string; readonly back: string | null }
  /** Somebody else removed something that the run had made. */
  | {
      readonly kind: "removed by others";
      readonly at: string;
      readonly what: "container" | "network";
      readonly id: string;
      readonly name: string;
      /** Through one of the engine's prune commands. */
      readonly pruned: boolean;
    };

/** Whether a signal ended the run. */
export function interruptionOf(disturbances: readonly Disturbance[]): (Disturbance & { kind: "interrupted" }) | null {
  return disturbances.find((one) => one.kind === "interrupted") ?? null;
}
