import type { TestProject } from "vitest/node";
import { openRun } from "./open-run.ts";
import "./provided.ts";

/**
 * Before the first suite of a run: engine, facts, lease, the host's state. Declared at the root of the configuration, so
 * that vitest calls it once for all projects. What goes wrong here ends the process with one message and its exit code.
 */
export default async function setup(project: TestProject): Promise<void> {
  project.provide("run", await openRun());
}
