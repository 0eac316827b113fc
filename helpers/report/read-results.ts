import { readFile } from "node:fs/promises";
import { isObject } from "../engine/json-body.ts";
import { type Results, SCHEMA_VERSION } from "../model/results.ts";

/**
 * Earlier runs of this schema version lack what was not recorded then. Loaded with its library when something is read:
 * most commands only may.
 */
async function readable() {
  const { results } = await import("./schema/results.ts");
  return results.extend({
    cards: results.shape.cards.default([]),
    notes: results.shape.notes.default([]),
    disturbances: results.shape.disturbances.default([]),
    onlyInLab: results.shape.onlyInLab.default(0),
  });
}
let reader: ReturnType<typeof readable> | undefined;

/** The `results.json` in `file`; null when it is missing or {@link parseResults} refuses it. */
export async function readResults(file: string): Promise<Results | null> {
  try {
    const parsed = await parseResults(await readFile(file, "utf8"));
    return typeof parsed === "string" ? null : parsed;
  } catch {
    // The comparison with an earlier run is an extra: a damaged file costs it, never the report.
    return null;
  }
}

/** The text of a `results.json` as results, or one sentence why it is none. */
export async function parseResults(text: string): Promise<Results | string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `it is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (!isObject(value) || !("schemaVersion" in value)) return "it is JSON, but not the results of a run";
  if (value.schemaVersion !== SCHEMA_VERSION)
    return `its schema version is ${JSON.stringify(value.schemaVersion)}, this project reads ${SCHEMA_VERSION}`;
  reader ??= readable();
  const { data, error } = (await reader).safeParse(value);
  if (data !== undefined) return data;
  const [first] = error.issues;
  return `it is damaged: ${first === undefined ? "" : `at ${first.path.join(".")}, ${first.message}`}`;
}
