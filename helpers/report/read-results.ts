import { readFile } from "node:fs/promises";
import { isObject } from "../engine/json-body.ts";
import { type Results, SCHEMA_VERSION } from "../model/results.ts";

/** The `results.json` in `file`; null when it is missing or {@link parseResults} refuses it. */
export async function readResults(file: string): Promise<Results | null> {
  try {
    const parsed = parseResults(await readFile(file, "utf8"));
    return typeof parsed === "string" ? null : parsed;
  } catch {
    // The comparison with an earlier run is an extra: a damaged file costs it, never the report.
    return null;
  }
}

/** The text of a `results.json` as results, or one sentence why it is none. */
export function parseResults(text: string): Results | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `it is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (!isObject(value) || !("schemaVersion" in value)) return "it is JSON, but not the results of a run";
  if (value.schemaVersion !== SCHEMA_VERSION)
    return `its schema version is ${JSON.stringify(value.schemaVersion)}, this project reads ${SCHEMA_VERSION}`;
  if (!isResults(value)) return "it lacks parts that the results of a run have: it is damaged";
  // Earlier runs lack what was not recorded then.
  return {
    ...value,
    cards: value.cards ?? [],
    notes: value.notes ?? [],
    disturbances: value.disturbances ?? [],
    onlyInLab: value.onlyInLab ?? 0,
  };
}

/** What results have that earlier runs of this schema version lack. */
type Later = "cards" | "notes" | "disturbances" | "onlyInLab";

// Only what a comparison reads; the whole shape is docs/results.schema.json.
function isResults(value: object): value is Omit<Results, Later> & Partial<Pick<Results, Later>> {
  if (!isObject(value)) return false;
  const { engine, selection, requirements, startedAt, facts, configuration, notes, disturbances } = value;
  return (
    (engine === null || (isObject(engine) && typeof engine.id === "string" && typeof engine.version === "string")) &&
    typeof startedAt === "string" &&
    Array.isArray(selection) &&
    (facts === undefined || isObject(facts)) &&
    (notes === undefined || Array.isArray(notes)) &&
    (disturbances === undefined || Array.isArray(disturbances)) &&
    (configuration === null || isObject(configuration)) &&
    Array.isArray(requirements) &&
    requirements.every(isResult)
  );
}

function isResult(entry: unknown): boolean {
  return (
    isObject(entry) &&
    typeof entry.id === "string" &&
    typeof entry.verdict === "string" &&
    typeof entry.reason === "string" &&
    typeof entry.suite === "string" &&
    typeof entry.appliesTo === "string" &&
    Array.isArray(entry.tags) &&
    Array.isArray(entry.probes)
  );
}
