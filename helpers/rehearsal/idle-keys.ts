import { type Finding, idle } from "../configuration/finding.ts";
import { defaultOf, isKnownTo, keyRecords, withoutEffect } from "../configuration/keys/index.ts";
import type { NetworkConfiguration } from "../model/configuration-facts.ts";
import type { Facts } from "../model/facts.ts";

/** Keys of the candidate that do nothing: the default's own value, or another key takes their effect away. */
export function idleKeys(after: NetworkConfiguration, { engine }: Pick<Facts, "engine">): Finding[] {
  const beside = { configuration: after, engine };
  const given = keyRecords().filter(([key]) => after[key] !== undefined);
  // A key that another version brought keeps dockerd from starting, which the file's reader says.
  const known = given.filter(([key]) => isKnownTo(key, beside));
  return [
    ...given
      .filter(([key, { statedDiffers }]) => statedDiffers !== true && after[key] === defaultOf(key, beside))
      .map(([key]) => idle([key], `${key} ${JSON.stringify(after[key])} is what holds without the key`)),
    ...known.flatMap(([key]) => {
      const why = withoutEffect(key, beside);
      return why === null ? [] : [idle([key], `${key} does nothing: ${why}`)];
    }),
    ...known.flatMap(([key, record]) => (record.idle?.(beside) ?? []).map((text) => idle([key], text))),
  ];
}
