import type { TestProject } from "vitest/node";
import "../requirement/provided.ts";
import { shared } from "./state.ts";

/**
 * Before the first suite of a run: engine, facts, lease, the host's state. Declared at the root of the configuration, so
 * that vitest calls it once for all projects. `npm test` has begun to open the run already; a plain `npx vitest run` has
 * not. What goes wrong here ends the process with one message and its exit code.
 * @returns the end of the run: our reporter has cleaned up by then, another reporter (an editor's, `--reporter`) has not
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const opening = shared().opening ?? (await import("./open-run.ts")).openRun();
  project.provide("run", await opening);
  return async () => {
    const { run } = shared();
    const cleaned = await run?.cleanUp();
    if (cleaned?.problem) process.stderr.write(`${cleaned.problem}\n`);
    await run?.connection.close().catch(() => undefined);
  };
}
