import { NETWORK_KEYS, type NetworkKey, type NetworkKeyName } from "../configuration/keys.ts";
import { type Cause, causeOfClaim, causeOfEffect } from "../configuration/mismatch.ts";
import { containersOlderThan } from "../engine/older-containers.ts";
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

function withWitnesses(key: NetworkKeyName, { text }: Cause): string {
  const { observedBy }: NetworkKey = NETWORK_KEYS[key];
  return observedBy.length === 0 ? text : `${text} (what devices and packets show: ${observedBy.join(", ")})`;
}
