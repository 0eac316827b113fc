/** One command asked at one vantage point, exactly as it ran: the raw material of every verdict. */
export interface Evidence {
  /** Where the question was asked, in words: `container dnc-…-client`, `host`, `engine API`. */
  readonly vantage: string;
  /** The command line, or the API call (`GET /networks/bridge`). */
  readonly command: string;
  /** Exit code; null when the command was killed by its deadline or is an API call without one. */
  readonly exitCode: number | null;
  /** True when the deadline ended the command. */
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** Wall-clock milliseconds as the asker saw them. */
  readonly ms: number;
}

export interface AskOptions {
  /** Deadline in whole seconds (BusyBox `timeout` knows no fractions); the command is killed after it. Default 10. */
  readonly seconds?: number;
}

/** A place to probe from: a container's network namespace, or the engine's host. */
export interface Vantage {
  readonly label: string;
  /** Runs one line of shell there. Never rejects because the command failed: that is what the evidence says. */
  ask(command: string, options?: AskOptions): Promise<Evidence>;
}

/** The question itself could not be answered (tool missing, output unreadable): an `error`, never a pass or a fail. */
export class ProbeFailed extends Error {
  override readonly name = "ProbeFailed";
  readonly evidence: Evidence | undefined;
  constructor(message: string, evidence?: Evidence) {
    super(message);
    this.evidence = evidence;
  }
}
