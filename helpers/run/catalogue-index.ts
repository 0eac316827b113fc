import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Demand } from "../model/demand.ts";
import type { CatalogueEntry } from "../model/results.ts";
import { PROJECT_ROOT } from "../project-root.ts";

/** A requirement, and what it takes of the engine. */
export interface IndexedRequirement extends CatalogueEntry, Demand {}

/** Below the project's folder. Written by `npm run documents`; `npm run check` tells when it is not what the suites say. */
export const INDEX_FILE = "suites/catalogue.json";

let cached: readonly IndexedRequirement[] | undefined;

/**
 * Every requirement of the suites, in the order of their ids, as the generated index has them: collecting the suites
 * takes seconds, and a wrong word on the command line is to be told at once. Read once a process.
 */
export function catalogue(): readonly IndexedRequirement[] {
  cached ??= JSON.parse(readFileSync(join(PROJECT_ROOT, INDEX_FILE), "utf8")) as readonly IndexedRequirement[];
  return cached;
}

/** The index's text: an entry a line, so that a change of one requirement is a change of one line. */
export function renderIndex(entries: readonly IndexedRequirement[]): string {
  return `[\n${entries.map((entry) => JSON.stringify(entry)).join(",\n")}\n]\n`;
}
