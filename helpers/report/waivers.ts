import { readFile } from "node:fs/promises";
import { nearMiss } from "../configuration/near-miss.ts";
import { EXIT, UserError } from "../engine/errors.ts";
import type { RequirementResult } from "./results.ts";

/** An accepted deviation of one host, with its reason and its end. */
export interface Waiver {
  readonly id: string;
  readonly reason: string;
  /** Who accepted it. */
  readonly by: string;
  /** Last day on which it holds, `2027-01-31`. */
  readonly until: string;
}

/** Results with waivers applied, and what is to be said about the waivers themselves. */
export interface Waived {
  readonly requirements: readonly RequirementResult[];
  /** Waivers that ran out, are no longer needed, or name no requirement: never forgotten silently. */
  readonly notes: readonly string[];
}

/**
 * Reads a waiver file: a JSON array of {@link Waiver}. No file, no waivers.
 * @param ids every requirement there is; undefined = any id will do
 * @throws UserError (exit code 64) when it is not what it should be; an unread waiver would turn a known deviation red
 */
export async function readWaivers(file: string, ids?: ReadonlySet<string>): Promise<Waiver[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw wrong(file, error instanceof Error ? error.message : String(error));
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw wrong(file, `it is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!Array.isArray(parsed)) throw wrong(file, "it is not an array");
  const waivers = parsed.map((entry: unknown, index) => asWaiver(entry, index, file));
  const unknown = waivers.find(({ id }) => ids !== undefined && !ids.has(id));
  if (unknown === undefined || ids === undefined) return waivers;
  const near = nearMiss(unknown.id, ids);
  throw wrong(file, `there is no requirement ${unknown.id}${near === null ? "" : `; did you mean ${near}?`}`);
}

function asWaiver(entry: unknown, index: number, file: string): Waiver {
  const record = typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>) : {};
  const text = (key: string): string => {
    const value = record[key];
    if (typeof value !== "string" || value.trim() === "") throw wrong(file, `entry ${index + 1} has no ${key}`);
    return value;
  };
  const waiver = { id: text("id"), reason: text("reason"), by: text("by"), until: text("until") };
  if (!/^\d{4}-\d\d-\d\d$/.test(waiver.until) || Number.isNaN(Date.parse(waiver.until))) {
    throw wrong(
      file,
      `entry ${index + 1} (${waiver.id}) has ${JSON.stringify(waiver.until)} as its last day, which is no date like 2027-01-31`,
    );
  }
  return waiver;
}

/**
 * Turns failures that somebody accepted into `waived`. Only `fail` can be waived: an `error` says that nothing is known.
 * @param today `2026-11-21`
 */
export function applyWaivers(
  requirements: readonly RequirementResult[],
  waivers: readonly Waiver[],
  today: string,
): Waived {
  const notes: string[] = [];
  const judged = new Map(requirements.map((result) => [result.id, result]));
  const valid = new Map<string, Waiver>();
  for (const waiver of waivers) {
    const result = judged.get(waiver.id);
    if (waiver.until < today) notes.push(`the waiver of ${waiver.id} ran out on ${waiver.until} (${waiver.reason})`);
    else if (result?.verdict === "pass") notes.push(`the waiver of ${waiver.id} is no longer needed: it passes`);
    else valid.set(waiver.id, waiver);
  }
  return {
    notes,
    requirements: requirements.map((result) => {
      const waiver = valid.get(result.id);
      if (waiver === undefined || result.verdict !== "fail") return result;
      return {
        ...result,
        verdict: "waived",
        reason: `accepted by ${waiver.by} until ${waiver.until}: ${waiver.reason} (it failed: ${result.reason})`,
      };
    }),
  };
}

function wrong(file: string, seen: string): UserError {
  return new UserError({
    tried: `Reading the waivers in ${file}`,
    seen,
    todo: 'An entry looks like {"id": "UDN-26", "reason": "…", "by": "…", "until": "2027-01-31"}',
    exitCode: EXIT.usage,
  });
}
