import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nearestEngine } from "../lab/engine-versions.ts";
import { PROJECT_ROOT } from "../project-root.ts";

/** The requirements of `npm test -- --quick`, and what they see. */
export interface QuickSet {
  /** Ids of the requirements. */
  readonly ids: readonly string[];
  /** For each engine of the lab. */
  readonly engines: Readonly<Record<string, QuickShare>>;
}

/** How many of the known faults that strike one host as a whole redden a requirement of the quick set. */
export interface QuickShare {
  readonly faults: number;
  readonly caught: number;
}

/** Below the project's folder. Written by `npm run documents`; `npm run check` tells when it is not what the faults say. */
export const QUICK_FILE = "suites/quick.json";

/** The quick set, as the generated file has it. */
export function readQuickSet(): QuickSet {
  return JSON.parse(readFileSync(join(PROJECT_ROOT, QUICK_FILE), "utf8")) as QuickSet;
}

/** The file's text: an id a line. */
export function renderQuickSet(set: QuickSet): string {
  return `${JSON.stringify(set, null, 2)}\n`;
}

/** What the quick set sees on an engine, by the lab's engine that comes nearest to it. @param version as the engine tells it */
export function quickShare(version: string): QuickShare | null {
  return readQuickSet().engines[nearestEngine(version).version] ?? null;
}
