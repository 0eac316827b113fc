/** What happened to a run from outside, whatever the engine's networking does. */
export type Disturbance =
  /** A signal ended it; what had not been judged by then never was. */
  | { readonly kind: "interrupted"; readonly by: string }
  /** The engine went away; `back` is null where it was not seen again. Times are ISO 8601, of the machine that runs the suite. */
  | { readonly kind: "engine went away"; readonly at: string; readonly back: string | null }
  | EngineHang
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

/** The engine left a request without an answer, though it did not go away. */
export interface EngineHang {
  readonly kind: "engine hangs";
  /** When it was asked, ISO 8601. */
  readonly at: string;
  readonly method: string;
  /** Without the API's version: `/networks/create`. */
  readonly path: string;
  /** Null where nothing shows what it waits for. */
  readonly wait: EngineWait | null;
}

/** What an engine that does nothing waits for. */
export interface EngineWait {
  /** A program that dockerd has started. */
  readonly program: { readonly pid: number; readonly name: string };
  /** The file lock that the program waits for; null where it waits for none. */
  readonly lock: {
    /** Null where it was not found. */
    readonly file: string | null;
    /** The name is empty where the process is not there any more: a child of it has the lock then. */
    readonly holder: { readonly pid: number; readonly name: string };
  } | null;
}

/** Whether the engine was lost to the run: nothing that it did not do from then on says how its networks work. */
export function losesEngine({ kind }: Disturbance): boolean {
  return kind === "engine went away" || kind === "engine hangs";
}

/** Whether a signal ended the run. */
export function interruptionOf(disturbances: readonly Disturbance[]): (Disturbance & { kind: "interrupted" }) | null {
  return disturbances.find((one) => one.kind === "interrupted") ?? null;
}
