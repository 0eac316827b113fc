import { randomUUID } from "node:crypto";
import { appendFileSync, statSync } from "node:fs";
import { messageOf } from "../engine/docker-error.ts";
import {
  annotationLine,
  annotationsOf,
  type NamedRun,
  summaryWithin,
  type Trouble,
} from "../report/exports/actions.ts";

/** Set by GitHub Actions. */
const ACTIONS = "GITHUB_ACTIONS";
const SUMMARY = "GITHUB_STEP_SUMMARY";

let stopped: string | undefined;

/** Where standard output is one JSON document, no line may stand beside it. */
function stream(): NodeJS.WriteStream {
  return process.argv.includes("--json") ? process.stderr : process.stdout;
}

/** Whether this process is a step of GitHub Actions, and no other command of ours speaks for the step. */
function isStep(env: NodeJS.ProcessEnv = process.env): boolean {
  return env[ACTIONS] === "true";
}

/** An environment for a run whose command speaks for the step itself. */
export function withoutStep(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { [ACTIONS]: _actions, [SUMMARY]: _summary, ...others } = env;
  return others;
}

/**
 * In a step of GitHub Actions every line that begins with `::` is a command to the runner, wherever it comes from. What
 * hosts say is printed by the commands of this project: from here on no line is one, until this process ends.
 */
export function stopWorkflowCommands(): void {
  if (!isStep() || stopped !== undefined) return;
  const token = randomUUID();
  stopped = token;
  stream().write(`::stop-commands::${token}\n`);
  process.on("exit", () => stream().write(`::${token}::\n`));
}

/** In a step of GitHub Actions: annotations, one for each cause, and the summary of the step. Elsewhere nothing. */
export function tellStep(runs: readonly NamedRun[], markdown: string, troubles: readonly Trouble[] = []): void {
  if (!isStep()) return;
  const lines = annotationsOf(runs, troubles).map((annotation) => `${annotationLine(annotation)}\n`);
  const [resume, stop] = stopped === undefined ? ["", ""] : [`::${stopped}::\n`, `::stop-commands::${stopped}\n`];
  stream().write(`${resume}${lines.join("")}${stop}`);
  const file = process.env[SUMMARY] ?? "";
  if (file === "") return;
  try {
    const held = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    appendFileSync(file, summaryWithin(markdown, held));
  } catch (error) {
    // The reports lie in their folder all the same.
    process.stderr.write(`The summary of this step could not be written: ${messageOf(error)}\n`);
  }
}
