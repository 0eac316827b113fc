import type { ReportedTable } from "../report/results.ts";

/** The host does not behave as required. Carries expected and observed for the report. */
export class Violation extends Error {
  override readonly name = "Violation";
  readonly expected: string;
  readonly observed: string;
  /** The likely cause where the check itself knows it. */
  readonly likelyCause: string | undefined;
  /** What the check shows with it. */
  readonly table: ReportedTable | undefined;
  constructor(
    what: string,
    parts: { expected: string; observed: string; cause?: string | undefined; table?: ReportedTable | undefined },
  ) {
    super(`${what}: expected ${parts.expected}, observed ${parts.observed}`);
    this.expected = parts.expected;
    this.observed = parts.observed;
    this.likelyCause = parts.cause;
    this.table = parts.table;
  }
}

/** This engine's version or configuration excludes the requirement. */
export class NotApplicable extends Error {
  override readonly name = "NotApplicable";
}

/** Something that the check needs is missing here; the reason says what. */
export class NotRun extends Error {
  override readonly name = "NotRun";
}
