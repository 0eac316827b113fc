import { type Diagnosis, diagnose } from "../diagnosis/index.ts";
import type { OutcomeMeta } from "../run/task-meta.ts";
import type { Recorded } from "../vantage/recorder.ts";
import type { RequirementSpec } from "./requirement-spec.ts";
import type { Session } from "./session.ts";

type Judged = Omit<OutcomeMeta, "probes" | "notes">;

/** Whether a look at the host may tell why: after a failure, or when a positive control failed. Hosts of the lab are others. */
export function isDiagnosable({ verdict, reason }: Judged, { needs = [] }: RequirementSpec): boolean {
  if (needs.includes("lab")) return false;
  return verdict === "fail" || (verdict === "error" && reason.includes("positive control failed"));
}

/** Looks at the host as it is now. @returns null when it could not be looked at */
export async function diagnosed(
  outcome: Judged,
  { must }: RequirementSpec,
  probes: readonly Recorded[],
  session: () => Promise<Session>,
): Promise<Diagnosis | null> {
  const { reason, expected = "", observed = "" } = outcome;
  return await diagnose(
    { must, reason, expected, observed, probes: probes.map(({ evidence }) => evidence) },
    async () => {
      const context = await session();
      const host = await context.host().catch(() => null);
      return { docker: context.docker, runId: context.runId, facts: context.facts, host };
    },
  );
}

/**
 * The likely cause in its final words: what the configuration explains, then what was found on the host; only without
 * both the guess that stands beside the requirement, with the honest word that looking found nothing.
 */
export function mergedCause(
  guess: string | undefined,
  configuration: string | null,
  diagnosis: Diagnosis | null,
): string | undefined {
  const concrete = [configuration, diagnosis?.cause ?? null].filter((cause) => cause !== null);
  if (concrete.length > 0) return concrete.join("; ");
  if (guess === undefined || diagnosis?.complete !== true) return guess;
  return `${guess} (a guess: the host's rules, links, routes and ports were looked at, and none deviates from what the engine says)`;
}
