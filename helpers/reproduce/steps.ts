import { type Expected, meets, type Outcome } from "../model/outcome.ts";
import type { Deed, Recorded } from "../vantage/recorder.ts";

/** A question with what had to come of it, and where a script can ask it. */
export interface Observation {
  readonly kind: "ask";
  readonly role: Recorded["role"];
  /** The container's name on the engine; null: the host. */
  readonly container: string | null;
  readonly command: string;
  readonly expected: Expected;
  /** A port that the question names. */
  readonly port: number | null;
  /** An address or a name that the question goes to. */
  readonly to: string;
  /** What came of it, where the asker said so. */
  readonly observed: Outcome | undefined;
  /** Whether what came of it is what had to. */
  readonly agrees: boolean;
}

/** What is done between the questions. */
export type Step =
  | Observation
  | { readonly kind: "act"; readonly container: string; readonly command: string }
  | { readonly kind: "deed"; readonly deed: Deed };

/** No script of plain commands can show it; the message says why. */
export class CannotReproduce extends Error {
  override readonly name = "CannotReproduce";
}

/** Said of captures, listeners and whatever else a check starts on the host. */
const ON_HOST = "what the check does on the host itself, beside asking";

/** What a check did, as the steps of a script, and what had to be left out of it. */
interface Steps {
  readonly steps: readonly Step[];
  /** In words, each once. */
  readonly leftOut: readonly string[];
  /** Something was done on the host itself, which no script does. */
  readonly onHost: boolean;
}

/**
 * The steps up to the last question whose answer had to be this or that.
 * @throws CannotReproduce
 */
export function stepsOf(probes: readonly Recorded[], deeds: readonly Deed[]): Steps {
  const steps: Step[] = [];
  const leftOut = new Set<string>();
  const waiting = [...deeds];
  for (const [index, recorded] of probes.entries()) {
    while (waiting[0] !== undefined && waiting[0].after <= index) {
      const deed = waiting.shift();
      if (deed !== undefined) steps.push({ kind: "deed", deed });
    }
    const step = stepOf(recorded);
    if (typeof step === "string") leftOut.add(step);
    else if (step !== null) put(steps, step);
  }
  const last = steps.findLastIndex(({ kind }) => kind === "ask");
  if (last < 0)
    throw new CannotReproduce(
      [...leftOut].join("; ") || "it asks nothing about reach: what it reads is shown by its evidence",
    );
  return { steps: steps.slice(0, last + 1), leftOut: [...leftOut], onHost: leftOut.has(ON_HOST) };
}

/** Null for what no script shows; a text says why something can't be shown. */
function stepOf({ evidence, role, expected, act }: Recorded): Step | string | null {
  const { place, question, command, outcome } = evidence;
  if (act === true) {
    if (place?.kind === "container") return { kind: "act", container: place.name, command };
    return place?.kind === "host" ? ON_HOST : null;
  }
  if (expected === undefined) return null;
  if (place?.kind === "other machine") return "it asks from a second machine";
  if (question === undefined)
    return "it asks from a place that was built by hand, or reads the answer by rules of its own";
  if (question.kind === "read" || (place?.kind !== "container" && place?.kind !== "host")) return null;
  const output = `${evidence.stdout}\n${evidence.stderr}`;
  return {
    kind: "ask",
    role,
    container: place.kind === "host" ? null : place.name,
    command,
    expected,
    port: question.kind === "reach" ? question.port : null,
    to: question.kind === "reach" ? question.to : question.name,
    observed: outcome,
    agrees: meets(expected, outcome, output),
  };
}

/** A question that was asked again with more patience, nothing having been done meanwhile, is asked once. */
function put(steps: Step[], step: Step): void {
  if (step.kind === "ask") {
    const since = steps.findLastIndex(({ kind }) => kind !== "ask") + 1;
    const again = steps.findIndex((one, index) => index >= since && one.kind === "ask" && sameQuestion(one, step));
    if (again >= 0) steps.splice(again, 1);
  }
  steps.push(step);
}

function sameQuestion(one: Observation, other: Observation): boolean {
  const program = (command: string) => command.split(" ", 1)[0];
  return (
    one.container === other.container &&
    one.to === other.to &&
    one.port === other.port &&
    one.role === other.role &&
    program(one.command) === program(other.command) &&
    JSON.stringify(one.expected) === JSON.stringify(other.expected)
  );
}
