import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { isKeepWanted } from "../model/selection.ts";
import { CODE, PROJECT_ROOT } from "../project-root.ts";
import { ConformanceReporter } from "./reporter.ts";

/** What both projects of suites share. */
const judging = {
  // Requirements of one file run side by side: their denials time out together, their topologies come up together.
  sequence: { concurrent: true },
  maxConcurrency: 1000,
  // Threads of one process, reused from file to file: dockerode and testcontainers are loaded once per worker, and a
  // terminal's Ctrl-C reaches only the process that cleans up.
  pool: "threads" as const,
  isolate: false,
  // Removing a topology from a busy engine takes its time; one that is kept stands until somebody presses a key.
  hookTimeout: isKeepWanted() ? 0 : 120_000,
  // A failed check is a finding, not a flake: nothing is ever tried again.
  retry: 0,
};

/** Where the project may not be written to (a read-only mount, another user's) vitest keeps no transformed modules. */
function keepsModules(): boolean {
  try {
    accessSync(join(PROJECT_ROOT, "node_modules"), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Vitest's configuration of the suites: requirements that judge the engine that DOCKER_HOST, the docker context or the default socket names.
 * The tests of the helpers have one of their own, `helpers/vitest.config.ts`.
 */
export default defineConfig({
  test: {
    fsModuleCache: keepsModules(),
    reporters: [new ConformanceReporter()],
    // At the root: once for all projects, which are given what it provides.
    globalSetup: [`helpers/run/global-setup${CODE}`],
    passWithNoTests: true,
    projects: [
      {
        test: {
          ...judging,
          name: "quiet",
          include: [`suites/**/*.quiet.test${CODE}`],
          // First and alone: these look at the default bridge while nothing of ours is on it.
          sequence: { ...judging.sequence, groupOrder: 0 },
          maxWorkers: 1,
        },
      },
      {
        test: {
          ...judging,
          name: "suites",
          include: [`suites/**/*.test${CODE}`],
          exclude: [`suites/**/*.{quiet,lab,changing}.test${CODE}`],
          sequence: { ...judging.sequence, groupOrder: 1 },
          maxWorkers: 4,
        },
      },
      {
        test: {
          ...judging,
          name: "lab",
          include: [`suites/**/*.lab.test${CODE}`],
          // These start hosts of their own, whole engines each, and leave the host under test alone.
          sequence: { ...judging.sequence, groupOrder: 2 },
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...judging,
          name: "changing",
          include: [`suites/**/*.changing.test${CODE}`],
          // Last and alone: these change the hosts under test, which only a lab allows.
          sequence: { ...judging.sequence, groupOrder: 3 },
          maxWorkers: 1,
        },
      },
    ],
  },
});
