import { isObject } from "../engine/json-body.ts";
import { compactOf } from "../report/compact.ts";
import { cut, oneLine } from "../report/plain-text.ts";
import { parseResults } from "../report/read-results.ts";
import type { CompactResults } from "../report/schema/compact.ts";

/** What is shown of a text that holds no results: often the reason stands there, such as an engine's refusal. */
const SHOWN = 200;

/**
 * One host's results: a `compact.json`, or a whole `results.json`, which is made compact.
 * @returns why it is none, in words that follow "it", where it is none
 */
export async function parseHostResults(text: string): Promise<CompactResults | string> {
  if (text.trim() === "") return "is empty";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return `holds no results, but: ${cut(oneLine(text), SHOWN)}`;
  }
  if (isObject(value) && "compact" in value) {
    const { compact } = await import("../report/schema/compact.ts");
    const { data, error } = compact.safeParse(value);
    if (data !== undefined) return data;
    const [first] = error.issues;
    return `is a damaged compact.json: at ${first?.path.join(".")}, ${first?.message}`;
  }
  const results = await parseResults(text);
  return typeof results === "string" ? `can't be read as results: ${results}` : compactOf(results);
}
