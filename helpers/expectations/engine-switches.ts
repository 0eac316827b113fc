import type { Facts } from "../engine/facts.ts";

/**
 * Switches of the host's kernel that the engine itself turns on with the first bridge network it makes, and never off
 * again. With a default bridge they are on since dockerd's start; with `"bridge": "none"` a run's own network may be the
 * first (measured on 28.5). Lines as the host's fingerprint has them, those that vanish and those that come.
 */
export function switchedByFirstNetwork(facts: Pick<Facts, "configuration">): readonly string[] {
  const { bridge, "ip-forward": forward } = facts.configuration;
  if (bridge !== "none" || forward === false) return [];
  return ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"].flatMap((name) => [`${name}=0`, `${name}=1`]);
}
