import type { LivingSnapshot } from "../snapshot/living.ts";
import { type Breach, type Findings, NOTHING, notes } from "./deviation.ts";
import { areRulesGone } from "./one-act.ts";

/** Two engines on one network stack (a snap beside a package) take each other's rules, and give out addresses twice. */
export function auditSeveralEngines({ host }: LivingSnapshot): Findings {
  if (host === null || host.engines.length < 2) return NOTHING;
  return notes({
    key: "several engines",
    what: `${host.engines.length} engines run on this host's network: ${host.engines.map((line) => `\`${line}\``).join(", ")}. Each empties the chains of the packet filter that both write when it starts, and where both use one bridge its addresses are given out twice.`,
    todo: "If one of them is not meant (a snap beside a package?): stop it for good, then restart the other. Otherwise give each a bridge and rules of its own.",
    subjects: [{ kind: "host" }],
  });
}

/** Where several engines run, the rules that one of them misses were most likely taken by another's start. */
export function takenByAnother(deviations: readonly Breach[], { host }: LivingSnapshot): readonly Breach[] {
  if (host === null || host.engines.length < 2) return deviations;
  const act = "another engine of this host has started, and emptied these chains";
  return deviations.map((one) => (areRulesGone(one.reason.key) ? { ...one, reason: { ...one.reason, act } } : one));
}
