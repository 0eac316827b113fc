import type { TestProject } from "vitest/node";
import { openRun } from "./open-run.ts";
import { runState } from "./state.ts";
import "./provided.ts";

/**
 * Before the first suite of a run: engine, facts, lease, the host's state. Vitest calls this once per project; the run
 * is opened once. What goes wrong here ends the process with one message and its exit code.
 */
export default async function setup(project: TestProject): Promise<void> {
  const provided = await openRun(project.vitest);
  project.provide("run", provided);
  if (runState() === undefined) throw new Error("the run could not be opened");
}
