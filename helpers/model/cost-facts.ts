/** A container that runs on the host and is not of this run. */
export interface RunningContainer {
  readonly name: string;
  /** Whether its restart policy, or an orchestrator, starts it again once dockerd is back. */
  readonly comesBack: boolean;
}

/** What a remedy's cost depends on. */
export interface CostFacts {
  readonly liveRestore: boolean;
  readonly running: readonly RunningContainer[];
}
