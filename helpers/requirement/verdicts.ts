import type { Cause } from "../model/cause.ts";
import type { AskedQuestion, Direction, ReadThing } from "../model/question.ts";
import type { ReportedTable } from "../model/results.ts";
import type { Deployed, Subject } from "../model/subject.ts";

/** What a check knows of its own violation. */
export interface ViolationParts {
  readonly expected: string;
  readonly observed: string;
  readonly cause?: string | undefined;
  readonly table?: ReportedTable | undefined;
  /** `differs` when left out. */
  readonly direction?: Direction;
  /** Those that were answered otherwise than they had to be; empty when left out. */
  readonly questions?: readonly (AskedQuestion | undefined)[];
  /** The one thing that shows it, whatever else the check has read. */
  readonly read?: ReadThing;
  /** Of a check that stands on a look at the host which explains it: nothing is to be looked for any more. */
  readonly causes?: readonly Cause[];
  /** What the engine said when it did not do what was asked, where that alone is what is wrong. */
  readonly refusal?: string | undefined;
  /** What of the operator's it is about: a waiver may name it. */
  readonly about?: readonly Deployed[];
  /** What it is about, beyond what the questions name. */
  readonly subjects?: readonly Subject[];
}

/** The host does not behave as required. Carries expected and observed for the report, and as data what was asked. */
export class Violation extends Error {
  override readonly name = "Violation";
  readonly expected: string;
  readonly observed: string;
  /** The likely cause where the check itself knows it. */
  readonly likelyCause: string | undefined;
  /** The check stands on a look at the host that explains it: nothing is to be looked for any more. */
  readonly causes: readonly Cause[];
  /** What the check shows with it. */
  readonly table: ReportedTable | undefined;
  readonly direction: Direction;
  readonly questions: readonly AskedQuestion[];
  readonly subjects: readonly Subject[];
  readonly read: ReadThing | undefined;
  readonly about: readonly Deployed[];
  readonly refusal: string | null;
  constructor(what: string, parts: ViolationParts) {
    super(`${what}: expected ${parts.expected}, observed ${parts.observed}`);
    this.expected = parts.expected;
    this.observed = parts.observed;
    this.likelyCause = parts.cause;
    this.table = parts.table;
    this.direction = parts.direction ?? "differs";
    this.questions = (parts.questions ?? []).filter((question) => question !== undefined);
    this.subjects = parts.subjects ?? [];
    this.read = parts.read;
    this.about = parts.about ?? [];
    this.causes = parts.causes ?? [];
    this.refusal = parts.refusal ?? null;
  }
}

/** This engine's version or configuration excludes the requirement, or the host can't show it as it is. */
export class NotApplicable extends Error {
  override readonly name = "NotApplicable";
}

/** No run on one working host can show it: it is no part of such a run. */
export class OnlyInLab extends Error {
  override readonly name = "OnlyInLab";
}

/** The host could show it, and something kept it from being seen: the reason says what, and the run is partial. */
export class NotRun extends Error {
  override readonly name = "NotRun";
}
