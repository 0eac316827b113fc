import { isNetworkKey, NETWORK_KEYS, type NetworkKey } from "../configuration/keys.ts";
import { type Cause, causeOfClaim, causeOfEffect, mismatches } from "../configuration/mismatch.ts";
import { valueDangers } from "../configuration/value-dangers.ts";
import { containersOlderThan } from "../engine/older-containers.ts";
import type { NetworkKeyName } from "../model/configuration-facts.ts";
import type { Facts } from "../model/facts.ts";
import type { Session } from "./session.ts";

type Asked = Pick<Session, "docker" | "facts">;

/** Why the engine has another value of a key than file and flags ask for, and which requirements say what that does. */
export async function whyClaimFails(key: NetworkKeyName, { docker, facts }: Asked): Promise<string> {
  const olderContainers = await containersOlderThan(docker, facts.host?.dockerdStartedAt);
  return withWitnesses(key, causeOfClaim(key, facts, { olderContainers }));
}

/** Why packets, files or devices show another value of a key than is asked for. */
export async function whyEffectFails(
  key: NetworkKeyName,
  { docker, facts }: Asked,
  rulesMissing = false,
): Promise<string> {
  const olderContainers = await containersOlderThan(docker, facts.host?.dockerdStartedAt);
  return causeOfEffect(key, facts, { olderContainers, rulesMissing }).text;
}

/**
 * Why a requirement that judges a networking key has failed, where the configuration explains it better than the
 * requirement itself can: dockerd was not restarted, live-restore kept the bridge, the kernel does not enforce.
 * @returns null where it explains nothing
 */
export async function causeFromConfiguration(id: string, { docker, facts }: Asked): Promise<string | null> {
  const keys = witnessedBy(id);
  const differing = mismatches(facts).find(({ key }) => keys.includes(key))?.key;
  const key = differing ?? keys.find((candidate) => facts.claims?.[candidate] !== undefined);
  if (key === undefined) return null;
  const olderContainers = await containersOlderThan(docker, facts.host?.dockerdStartedAt);
  const { kind, text } = (differing === undefined ? causeOfEffect : causeOfClaim)(key, facts, { olderContainers });
  return kind === "unknown" || kind === "changed behind dockerd's back" ? null : text;
}

/**
 * The value of a key for which the engine refuses a container.
 * @param said the engine's own words
 */
export function causeOfRefusal(
  said: string,
  { configuration, host }: Pick<Facts, "configuration" | "host">,
): string | null {
  if (!/cannot assign requested address/i.test(said)) return null;
  return valueDangers(configuration, host).find(({ key }) => key === "ip")?.text ?? null;
}

function witnessedBy(id: string): NetworkKeyName[] {
  return Object.keys(NETWORK_KEYS)
    .filter(isNetworkKey)
    .filter((key) => {
      const { observedBy }: NetworkKey = NETWORK_KEYS[key];
      return observedBy.includes(id);
    });
}

function withWitnesses(key: NetworkKeyName, { text }: Cause): string {
  const { observedBy }: NetworkKey = NETWORK_KEYS[key];
  return observedBy.length === 0 ? text : `${text} (what devices and packets show: ${observedBy.join(", ")})`;
}
