import type { NetworkConfiguration, NetworkKeyName } from "../model/configuration-facts.ts";
import type { HostFacts } from "../model/facts.ts";
import { keyRecords } from "./keys/index.ts";

/** A value that dockerd takes and that cuts containers off. */
export interface ValueDanger {
  readonly key: NetworkKeyName;
  /** One sentence for the operator. */
  readonly text: string;
}

/**
 * What values do on this host that dockerd has nothing against: a rehearsal tells it before the edit, a run as the
 * cause of what fails after it.
 * @param host null where its addresses are not known
 */
export function valueDangers(
  configuration: NetworkConfiguration,
  host: Pick<HostFacts, "addresses"> | null,
): ValueDanger[] {
  return keyRecords().flatMap(([key, { endangers }]) => {
    const value = configuration[key];
    const text = value === undefined ? null : (endangers?.(value, host) ?? null);
    return text === null ? [] : [{ key, text }];
  });
}
