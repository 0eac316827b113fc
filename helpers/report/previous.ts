import { countOf, oneLine } from "./plain-text.ts";
import type { RequirementResult, Results, Verdict } from "./results.ts";
import { moment } from "./summary-lines.ts";

export interface Changes {
  /** When the earlier run started, ISO 8601. */
  readonly since: string;
  /** Requirements of both runs whose verdict differs. */
  readonly changed: readonly { readonly id: string; readonly before: Verdict; readonly after: Verdict }[];
  /** Ids that only this run has; empty when either run was given a selection, since absence then says nothing. */
  readonly added: readonly string[];
  /** Ids that only the earlier run has; empty as above. */
  readonly removed: readonly string[];
  /** What is different about the engine and its host, as the first thing to look at. */
  readonly conditions: readonly { readonly what: string; readonly before: string; readonly after: string }[];
}

/**
 * What a run changed against an earlier one of the same engine.
 * Null without an earlier run, or when either engine is unknown or they are not the same engine (by its id, which
 * survives upgrades): two engines' results differ for reasons that are not changes.
 */
export function changesSince(previous: Results | null, current: Results): Changes | null {
  if (previous === null || previous.engine === null || current.engine === null) return null;
  if (previous.engine.id !== current.engine.id) return null;

  const partial = previous.selection.length > 0 || current.selection.length > 0;
  const before = new Map(previous.requirements.map((result) => [result.id, result.verdict]));
  const now = new Set(current.requirements.map((result) => result.id));
  const leftOut = (a: Verdict, b: Verdict) => partial && (a === "not run" || b === "not run");

  return {
    since: previous.startedAt,
    changed: current.requirements.flatMap(({ id, verdict: after }) => {
      const earlier = before.get(id);
      if (earlier === undefined || earlier === after || leftOut(earlier, after)) return [];
      return [{ id, before: earlier, after }];
    }),
    added: partial ? [] : idsWithout(current.requirements, new Set(before.keys())),
    removed: partial ? [] : idsWithout(previous.requirements, now),
    conditions: changedConditions(conditionsOf(previous), conditionsOf(current)),
  };
}

function idsWithout(requirements: readonly RequirementResult[], known: ReadonlySet<string>): string[] {
  return requirements.map((result) => result.id).filter((id) => !known.has(id));
}

function conditionsOf({ engine, configuration }: Results): Map<string, string> {
  const conditions = new Map<string, string>();
  if (engine !== null) {
    conditions.set("Engine", engine.version);
    conditions.set("kernel", engine.kernel);
    conditions.set("firewall", engine.firewallBackend);
  }
  for (const [key, value] of Object.entries(configuration ?? {})) conditions.set(key, JSON.stringify(value) ?? "");
  return conditions;
}

function changedConditions(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Changes["conditions"] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((what) => ({ what, before: before.get(what) ?? "not set", after: after.get(what) ?? "not set" }))
    .filter((condition) => condition.before !== condition.after);
}

const MAX_IDS = 6;

/** One short line: `since the last run (2026-11-20 23:40 UTC): UDN-07 now fails; PORT-03 recovered`. */
export function formatChanges(changes: Changes): string {
  const bad = (verdict: Verdict) => verdict === "fail" || verdict === "error";
  const to = (wanted: (change: Changes["changed"][number]) => boolean) =>
    changes.changed.filter(wanted).map((change) => change.id);
  const failing = to((change) => change.after === "fail");
  const unmeasured = to((change) => change.after === "error");
  const recovered = to((change) => bad(change.before) && change.after === "pass");
  const otherwise = changes.changed.length - failing.length - unmeasured.length - recovered.length;

  const parts = [
    ...changes.conditions.slice(0, 3).map(({ what, before, after }) => `${what} ${before} → ${after}`),
    changes.conditions.length > 3 ? `${changes.conditions.length - 3} more settings changed` : "",
    named(failing, failing.length === 1 ? "now fails" : "now fail"),
    named(unmeasured, "could not be measured any more"),
    named(recovered, "recovered"),
    otherwise > 0 ? `${countOf(otherwise, "other change")} of verdict` : "",
    changes.added.length > 0 ? `${changes.added.length} new` : "",
    changes.removed.length > 0 ? `${changes.removed.length} gone` : "",
  ].filter((part) => part !== "");
  return oneLine(
    `since the last run (${moment(changes.since)}): ${parts.length === 0 ? "no change" : parts.join("; ")}`,
  );
}

function named(ids: readonly string[], what: string): string {
  if (ids.length === 0) return "";
  const more = ids.length > MAX_IDS ? ` and ${ids.length - MAX_IDS} more` : "";
  return `${ids.slice(0, MAX_IDS).join(", ")}${more} ${what}`;
}
