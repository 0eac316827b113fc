import { danger, type Finding } from "../configuration/finding.ts";
import { keyRecords } from "../configuration/keys/index.ts";
import { differs, type HostSituation, type Step } from "../configuration/step.ts";
import { valueDangers } from "../configuration/value-dangers.ts";

/**
 * What the candidate cuts off or opens, as far as it is not so today already: what stays as it is needs no warning
 * before this edit.
 */
export function dangers(situation: HostSituation, step: Step): Finding[] {
  return [
    ...keyRecords().flatMap(([, record]) => record.dangers?.(step, situation) ?? []),
    ...valueDangers(step.after, situation.facts.host)
      .filter(({ key }) => differs(step, key))
      .map(({ key, text }) => danger([key], text)),
  ];
}
