import { type Disturbance, losesEngine } from "../model/disturbance.ts";
import type { RequirementResult } from "../model/results.ts";
import { disturbanceTexts } from "../report/disturbance-text.ts";

/** A requirement as it was judged, with what tells whether something came over it from outside. */
export interface Check {
  readonly result: RequirementResult;
  /** When it was through, ms since the epoch. */
  readonly endedAt: number;
  /** Ids and names of the containers and networks that it dealt with. */
  readonly uses: readonly string[];
}

/** How much later than its effect an event of the engine may be seen, ms. */
const LATE_MS = 2000;

/**
 * A requirement that something from outside came over: what others do to a run's objects, or an engine that goes away,
 * is never a failure of what is required. A pass stays one: it was seen.
 * @returns the result as it is, or as an error whose reason says what happened to the run
 */
export function attributed({ result, endedAt, uses }: Check, disturbances: readonly Disturbance[]): RequirementResult {
  if (result.verdict !== "fail" && result.verdict !== "error") return result;
  const hit = disturbances.filter((one) => {
    if (one.kind === "interrupted" || Date.parse(one.at) > endedAt + LATE_MS) return false;
    return one.kind !== "removed by others" || dealsWith(result, uses, one);
  });
  if (hit.length === 0) return result;
  const { expected: _e, observed: _o, likelyCause: _l, table: _t, explanation: _x, reproduction: _r, ...rest } = result;
  // One sentence for all that the same thing came over, so that they are told together.
  const of = hit.find(losesEngine)?.kind ?? "removed by others";
  const [reason = ""] = disturbanceTexts(disturbances.filter(({ kind }) => kind === of));
  return { ...rest, verdict: "error", reason, disturbed: true };
}

function dealsWith(
  result: RequirementResult,
  uses: readonly string[],
  { id, name }: Disturbance & { kind: "removed by others" },
): boolean {
  if (uses.some((one) => one === name || (one.length >= 12 && id.startsWith(one)))) return true;
  // The container that looks at the host is nobody's by name.
  const looks = /-(host-|lease$|capture-)/.test(name);
  if (looks && (result.needs.includes("host view") || result.probes.some(({ vantage }) => vantage === "host")))
    return true;
  const named = new RegExp(`(?<![\\w-])${escaped(name)}(?![\\w-])`);
  const short = id.slice(0, 12);
  const said = [
    result.reason,
    result.observed ?? "",
    ...result.probes.flatMap(({ stdout, stderr }) => [stdout, stderr]),
  ];
  return said.some((text) => named.test(text) || (short !== "" && text.includes(short)));
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
