import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { PROJECT_ROOT } from "../project-root.ts";

/** A suite's file as it is written. */
export interface SuiteText {
  /** Below the project's folder. */
  readonly file: string;
  readonly text: string;
}

let cached: readonly SuiteText[] | undefined;

/** The suites' files read as text, not run: what they ask for is known before anything starts. Read once a process. */
export function suiteTexts(): readonly SuiteText[] {
  cached ??= globSync("suites/**/*.test.ts", { cwd: PROJECT_ROOT }).map((file) => ({
    file,
    text: readFileSync(resolve(PROJECT_ROOT, file), "utf8"),
  }));
  return cached;
}

/** The ids of requirements that a piece of a suite's text names, each once. */
export function idsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/"([A-Z]+-\d+[a-z]?)"/g)].map(([, id = ""]) => id))];
}
