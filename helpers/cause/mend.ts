import type { Remedy } from "../model/cause.ts";
import type { CostFacts } from "../model/cost-facts.ts";

/** What mends a deviation: something to type, or what costs as much as runs on the host. */
export type Mend = Deed | typeof RESTART_ENGINE;

/** Something to type. */
export interface Deed extends Omit<Remedy, "check"> {
  /** A line of shell that shows that it helped; null where that is to judge again, by whatever command has judged. */
  readonly check: string | null;
}

/** dockerd makes its rules, bridges and addresses anew. */
export const RESTART_ENGINE = { how: "restart the engine" } as const;

/** A line that restarts the engine. */
export const RESTART = "systemctl restart docker";

/** A line that judges again. */
const AGAIN = "npm test";
/** At most so many names in a sentence. */
const NAMED = 5;

/**
 * What to type, and what it costs.
 * @param costs null where the host's containers could not be listed
 * @param check a line that judges again
 */
export function remedyOf(mend: Mend, costs: CostFacts | null, check = AGAIN): Remedy {
  if (!("how" in mend)) return { ...mend, check: mend.check ?? check };
  return {
    what: "have dockerd make its rules, bridges and addresses anew",
    commands: [RESTART],
    cost: costOfRestart(costs),
    check,
    restarts: "engine",
  };
}

function costOfRestart(costs: CostFacts | null): string {
  if (costs === null) return "It stops every running container unless live-restore is on.";
  const { liveRestore, running } = costs;
  if (running.length === 0) return "";
  if (liveRestore) return "No container stops: live-restore is on. Published ports answer again after a second or two.";
  const all =
    running.length === 1
      ? "the one running container"
      : `${running.length === 2 ? "both" : `all ${running.length}`} running containers`;
  const staying = running.filter(({ comesBack }) => !comesBack).map(({ name }) => name);
  const after =
    staying.length === 0
      ? `${running.length === 1 ? "its restart policy starts it" : "their restart policies start them"} again`
      : running.length === 1
        ? `it has no restart policy and stays stopped: ${listed(staying)}`
        : `${staying.length} of them ${staying.length === 1 ? "has" : "have"} no restart policy and stay${staying.length === 1 ? "s" : ""} stopped: ${listed(staying)}`;
  return `It stops ${all}; ${after}. With "live-restore": true in daemon.json and \`systemctl reload docker\` before it, none would stop.`;
}

/** `a, b, … and 4 more` */
export function listed(names: readonly string[], most = NAMED): string {
  return names.length <= most
    ? names.join(", ")
    : `${names.slice(0, most).join(", ")}, … and ${names.length - most} more`;
}
