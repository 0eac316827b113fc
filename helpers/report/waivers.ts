import { readFile } from "node:fs/promises";
import { matchesGlob } from "node:path";
import { nearMiss } from "../configuration/near-miss.ts";
import { EXIT, UserError } from "../engine/errors.ts";
import type { RequirementResult } from "../model/results.ts";
import type { Deployed, Subject } from "../model/subject.ts";

/** An accepted deviation of one host, with its reason and its end. */
export interface Waiver {
  readonly id: string;
  readonly reason: string;
  /** Who accepted it. */
  readonly by: string;
  /** Last day on which it holds, `2027-01-31`. */
  readonly until: string;
  /**
   * Of a requirement about what runs on the host already: what it holds for, each `container`, `network` or `project` (of
   * Compose, or a Swarm stack) and a name, with `*` for any part of it. All of it where left out.
   */
  readonly of?: readonly string[];
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
    throw wrong(
      file,
      error instanceof Error ? error.message : String(error),
      `Let user ${process.getuid?.() ?? ""} read it and enter its folder, or name another file: DNC_WAIVERS`,
    );
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
  if (record.of === undefined) return dated(waiver, index, file);
  if (!waiver.id.startsWith("LIVE-"))
    throw wrong(file, `entry ${index + 1} (${waiver.id}) has "of", which only waivers of LIVE-… may have`);
  const of: unknown[] = Array.isArray(record.of) ? record.of : [];
  const named = of.filter(
    (one): one is string => typeof one === "string" && /^(container|network|project) \S+$/.test(one),
  );
  if (of.length === 0 || named.length < of.length)
    throw wrong(
      file,
      `entry ${index + 1} (${waiver.id}) has ${JSON.stringify(record.of)} as "of", which is no list like ["container shop-*", "network shop", "project shop"]`,
    );
  return dated({ ...waiver, of: named }, index, file);
}

function dated(waiver: Waiver, index: number, file: string): Waiver {
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
  const valid: Waiver[] = [];
  for (const waiver of waivers) {
    const result = judged.get(waiver.id);
    if (waiver.until < today) notes.push(`the waiver of ${waiver.id} ran out on ${waiver.until} (${waiver.reason})`);
    else if (result?.verdict === "pass") notes.push(`the waiver of ${waiver.id} is no longer needed: it passes`);
    else if (result?.verdict === "fail" && !(result.about ?? [NOBODY]).some((one) => covers(waiver, one)))
      notes.push(`the waiver of ${waiver.id} for ${(waiver.of ?? []).join(", ")} is not needed: it fails for others`);
    else valid.push(waiver);
  }
  return {
    notes,
    requirements: requirements.map((result) => {
      const mine = valid.filter(({ id }) => id === result.id);
      const waived = (result.about ?? [NOBODY]).every((one) => mine.some((waiver) => covers(waiver, one)));
      if (mine.length === 0 || result.verdict !== "fail" || !waived) return result;
      return {
        ...result,
        verdict: "waived",
        reason: `accepted by ${mine.map(({ by, until, reason }) => `${by} until ${until}: ${reason}`).join("; ")} (it failed: ${result.reason})`,
      };
    }),
  };
}

/** What a failure is about that names nothing of the operator's: only a waiver of all of it holds. */
const NOBODY: Deployed = { subject: { kind: "host" }, project: null };

function covers({ of }: Waiver, { subject, project }: Deployed): boolean {
  if (of === undefined) return true;
  const names: Readonly<Record<string, string | null>> = {
    container: containerOf(subject),
    network: networkOf(subject),
    project,
  };
  return of.some((entry) => {
    const [kind = "", pattern = ""] = entry.split(" ");
    const name = names[kind] ?? null;
    return name !== null && matchesGlob(name, pattern);
  });
}

function containerOf(subject: Subject): string | null {
  if (subject.kind === "container") return subject.name;
  return subject.kind === "endpoint" || subject.kind === "published port" ? subject.container : null;
}

function networkOf(subject: Subject): string | null {
  if (subject.kind === "network") return subject.name;
  return subject.kind === "endpoint" ? subject.network : null;
}

const LOOKS_LIKE = 'An entry looks like {"id": "UDN-26", "reason": "…", "by": "…", "until": "2027-01-31"}';

function wrong(file: string, seen: string, todo = LOOKS_LIKE): UserError {
  return new UserError({
    tried: `Reading the waivers in ${file}`,
    seen,
    todo,
    exitCode: EXIT.usage,
  });
}
