import { ControlFailed, ProbeFailed } from "../model/evidence.ts";
import type { Outcome } from "../model/outcome.ts";
import type { AskedQuestion, Direction } from "../model/question.ts";
import type { Question, Reached } from "../probes/reach.ts";
import { asControl, expectOf } from "../vantage/recorder.ts";
import { IsolationGaps } from "./isolation-gap.ts";
import { Violation } from "./verdicts.ts";

/** How long an allowed path may take on a busy engine; an answer ends the wait at once, so only failures cost it. */
const ALLOWED_SECONDS = 10;
/**
 * How long silence must last before a path counts as closed; longer when the control is slow, or when the denial should
 * have shown itself otherwise. Not below two seconds: a TCP connect to a REJECT rule on the same machine may take one
 * to fail (its first ICMP error is lost while connect() holds the socket), and would pass for a DROP.
 */
const DENIED_SECONDS = [2, 5, 12] as const;
/** How long a denial is waited for, and whether it is asked once more. */
class Patience {
  #step = 0;
  /** What came through the gaps of an engine before 28 is asked anew. */
  readonly gaps = new IsolationGaps();

  /** Whole seconds of silence that count as `timed out`. */
  get seconds(): number {
    return DENIED_SECONDS[this.#step] ?? DENIED_SECONDS[0];
  }

  /** Whether there is a longer wait left; the next question has it. */
  grows(): boolean {
    if (this.#step === DENIED_SECONDS.length - 1) return false;
    this.#step++;
    return true;
  }
}

/** Asserts that the question is answered; returns the answer. */
export async function mustReach(question: Question, cause?: string): Promise<Reached> {
  const reached = await answered(question, ALLOWED_SECONDS, ["replied"]);
  mustHaveReached(question, reached, cause);
  return reached;
}

/** Asserts that a question was answered, by what came of it at another moment. */
export function mustHaveReached(question: Question, reached: Reached, cause?: string): void {
  if (reached.outcome === "replied") return;
  throw new Violation(question.text, {
    expected: "a reply",
    observed: describe(reached),
    cause,
    direction: "blocked",
    questions: [question.asked],
  });
}

interface Denial {
  /** How it must fail: what tells a firewall's drop from a missing route or a dead peer. */
  readonly as: Outcome | readonly Outcome[];
  /** The same probe over an allowed path: proves, at the same moment, that the peer lives and the probe works. */
  readonly control: Question;
  readonly cause?: string;
}

/**
 * Asserts that the question fails, in the way named, while the positive control is answered. Silence proves something
 * only against the time that an answer takes: the control must have been at least three times as quick as the wait for
 * the denial, else both are asked again with more patience. An answer that may have come through the engine's own gap
 * ({@link IsolationGaps}) is no measurement, and stays in the evidence.
 */
export async function mustNotReach(question: Question, denial: Denial): Promise<Reached> {
  const wanted = [denial.as].flat();
  for (const patience = new Patience(); ; ) {
    const started = performance.now();
    const [denied, control] = await Promise.all([
      answered(question, patience.seconds, wanted),
      asControl(() => answered(denial.control, ALLOWED_SECONDS, ["replied"])),
    ]);
    // An answer that should not have come needs no control: it came.
    if (control.outcome !== "replied" && denied.outcome !== "replied") {
      throw new ControlFailed(
        `the positive control failed, so the denial proves nothing: ${denial.control.text}: ${describe(control)}`,
        denial.control.asked,
      );
    }
    const tooSoon = control.evidence.ms * 3 > patience.seconds * 1000 || !wanted.includes("timed out");
    if (denied.outcome === "timed out" && tooSoon && patience.grows()) continue;
    if (wanted.includes(denied.outcome)) return denied;
    if (denied.outcome === "replied" && (await patience.gaps.forgive(performance.now() - started))) continue;
    throw new Violation(question.text, {
      expected: wanted.join(" or "),
      observed: describe(denied),
      cause: denial.cause,
      direction: denied.outcome === "replied" ? "leaked" : "differs",
      questions: [question.asked],
    });
  }
}

async function answered(question: Question, seconds: number, outcomes: readonly Outcome[]): Promise<Reached> {
  const reached = await question.ask(seconds);
  expectOf(reached.evidence, { outcomes });
  if (reached.outcome === "probe failed")
    throw new ProbeFailed(`${question.text}: ${reached.detail}`, reached.evidence);
  return reached;
}

function describe(reached: Reached): string {
  return reached.outcome === "replied" ? `a reply (${reached.detail})` : `${reached.outcome} (${reached.detail})`;
}

/** One line of a reachability table: who asks, and what must come of it per target. */
interface TableRow {
  readonly question: Question;
  readonly expected: Outcome;
}

/**
 * Judges a whole table of paths at once and names every wrong cell. Rows that must fail are controlled by the rows that
 * must be answered: a table without any is refused. Patience and the engine's gap as in {@link mustNotReach}.
 */
export async function mustMatchTable(rows: readonly TableRow[], cause?: string): Promise<void> {
  const wrong = (await askTable(rows)).filter(({ expected, reached }) => reached.outcome !== expected);
  if (wrong.length === 0) return;
  throw new Violation(`${wrong.length} of ${rows.length} paths`, {
    expected: wrong.map(({ expected, reached }) => `${reached.question}: ${expected}`).join("; "),
    observed: wrong.map(({ reached }) => `${reached.question}: ${describe(reached)}`).join("; "),
    cause,
    direction: directionOf(wrong),
    questions: wrong.map(({ asked }) => asked),
  });
}

/** Which way a table is wrong; where it is both ways, the shut paths count: a host that lets nothing through is the news. */
function directionOf(wrong: readonly AskedRow[]): Direction {
  if (wrong.some(({ expected }) => expected === "replied")) return "blocked";
  return wrong.some(({ reached }) => reached.outcome === "replied") ? "leaked" : "differs";
}

/** A line of a table with what came of it. */
export interface AskedRow {
  readonly expected: Outcome;
  readonly reached: Reached;
  readonly asked: AskedQuestion | undefined;
}

/** Asks a whole table of paths side by side, in the order given; see {@link mustMatchTable}. */
export async function askTable(rows: readonly TableRow[]): Promise<readonly AskedRow[]> {
  if (!rows.some((row) => row.expected === "replied"))
    throw new ProbeFailed("a reachability table needs at least one path that must be open");
  for (const patience = new Patience(); ; ) {
    const started = performance.now();
    const cells = await Promise.all(
      rows.map(async ({ question, expected }) => ({
        expected,
        asked: question.asked,
        reached: await answered(question, expected === "replied" ? ALLOWED_SECONDS : patience.seconds, [expected]),
      })),
    );
    const slowest = Math.max(...cells.filter(isOpen).map(({ reached }) => reached.evidence.ms));
    const silent = cells.some((cell) => !isOpen(cell) && cell.reached.outcome === "timed out");
    if (silent && slowest * 3 > patience.seconds * 1000 && patience.grows()) continue;
    const wrong = cells.filter(({ expected, reached }) => reached.outcome !== expected);
    const leaks = wrong.length > 0 && wrong.every(({ reached }) => reached.outcome === "replied");
    if (!leaks || !(await patience.gaps.forgive(performance.now() - started))) return cells;
  }
}

function isOpen({ expected }: { readonly expected: Outcome }): boolean {
  return expected === "replied";
}
