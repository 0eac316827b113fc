import type { TestProject } from "vitest/node";
import "./provided.ts";
import { shared } from "./state.ts";

/**
 * Before the first suite of a run: engine, facts, lease, the host's state. Declared at the root of the configuration, so
 * that vitest calls it once for all projects. `npm test` has begun to open the run already; a plain `npx vitest run` has
 * not. What goes wrong here ends the process with one message and its exit code.
 */
export default async function setup(project: TestProject): Promise<void> {
  const opening = shared().opening ?? (await import("./open-run.ts")).openRun();
  project.provide("run", await opening);
}
