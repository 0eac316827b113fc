import type { Verdict } from "../../model/results.ts";
import { lastingState } from "../host-changes.ts";
import type { RunRecord } from "./record.ts";

/** A requirement whose verdict comes and goes although nothing that is recorded changed. */
interface Flaky {
  readonly id: string;
  /** Runs in which it failed or could not be measured, of so many under the same circumstances. */
  readonly bad: number;
  readonly of: number;
}

/** So often a verdict has to turn: broken once and mended once is no flicker yet where it stays so. */
const TURNS = 2;

/**
 * What flickers, the most frequent first. Runs count together as long as engine, suite, configuration, facts and host
 * are the same, but for rules of single containers; a failure with a cause that is no guess is no flicker, nor one that something came over from outside.
 * @param history runs of one engine, oldest first
 */
export function flakyOf(history: readonly RunRecord[]): Flaky[] {
  const byCircumstances = Map.groupBy(history, circumstances);
  const found = new Map<string, Flaky>();
  for (const runs of byCircumstances.values())
    for (const [id, turns] of verdictsById(runs)) {
      const changed = turns.filter((bad, index) => index > 0 && bad !== turns[index - 1]).length;
      if (changed < TURNS) continue;
      const known = found.get(id);
      const bad = turns.filter((one) => one).length;
      found.set(id, { id, bad: (known?.bad ?? 0) + bad, of: (known?.of ?? 0) + turns.length });
    }
  return [...found.values()].toSorted((a, b) => b.bad / b.of - a.bad / a.of || a.id.localeCompare(b.id));
}

function circumstances({ engine, suiteVersion, configuration, facts, hostState }: RunRecord): string {
  const host = hostState === undefined ? null : lastingState(hostState);
  return JSON.stringify([engine?.version, suiteVersion, configuration, facts, host]);
}

const JUDGED: readonly Verdict[] = ["pass", "fail", "error"];

/** For each requirement whether it was bad, run by run. */
function verdictsById(runs: readonly RunRecord[]): Map<string, boolean[]> {
  const byId = new Map<string, boolean[]>();
  for (const { requirements, causes } of runs) {
    const explained = new Set(causes.flatMap(({ certainty, explains }) => (certainty === "guessed" ? [] : explains)));
    for (const { id, verdict, disturbed } of requirements) {
      if (!JUDGED.includes(verdict) || explained.has(id) || disturbed === true) continue;
      const turns = byId.get(id) ?? [];
      byId.set(id, turns);
      turns.push(verdict !== "pass");
    }
  }
  return byId;
}
