import type { Outcome } from "./outcome.ts";
import type { AskedQuestion, Place, ReadThing } from "./question.ts";

/** One command asked at one vantage point, exactly as it ran: the raw material of every verdict. */
export interface Evidence {
  /** Where the question was asked, in words: `container dnc-…-client`, `host`, `engine API`. */
  readonly vantage: string;
  /** The same as data; missing where the asker does not say it. */
  readonly place?: Place;
  /** What was asked, as data; missing where the asker does not say it. */
  readonly question?: AskedQuestion;
  /** What came of a question about reach or a name. */
  readonly outcome?: Outcome;
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
  /** What is asked, as data, for the evidence. */
  readonly question?: AskedQuestion;
  /** What came of it, for the evidence of a question about reach or a name. */
  readonly outcome?: (evidence: Evidence) => Outcome;
}

/** A place to probe from: a container's network namespace, or the engine's host. */
export interface Vantage {
  readonly label: string;
  /** The same as data. */
  readonly place?: Place;
  /** Runs one line of shell there. Never rejects because the command failed: that is what the evidence says. */
  ask(command: string, options?: AskOptions): Promise<Evidence>;
}

/** The options of a command that reads something: what it reads stands in its evidence as data. */
export function reading(from: Vantage, what: ReadThing, of: string | null = null): AskOptions {
  return from.place === undefined ? {} : { question: { kind: "read", from: from.place, what, of } };
}

/** The question itself could not be answered (tool missing, output unreadable): an `error`, never a pass or a fail. */
export class ProbeFailed extends Error {
  override readonly name: string = "ProbeFailed";
  readonly evidence: Evidence | undefined;
  constructor(message: string, evidence?: Evidence) {
    super(message);
    this.evidence = evidence;
  }
}

/** The positive control of a denial went unanswered: what must be open is shut, and the denial proves nothing. */
export class ControlFailed extends ProbeFailed {
  override readonly name = "ControlFailed";
  readonly question: AskedQuestion | undefined;
  constructor(message: string, question: AskedQuestion | undefined) {
    super(message);
    this.question = question;
  }
}
