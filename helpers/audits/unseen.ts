import { usesNftables } from "../expectations/firewall.ts";
import { type LivingSnapshot, runs, sharesNetwork } from "../snapshot/living.ts";
import { CLAIM_IDS, type ClaimId } from "./claims.ts";

/** What could not be looked at, so that claims about it are neither true nor false. */
export interface Unseen {
  readonly claims: readonly ClaimId[];
  /** `the network namespace of container shop-web could not be read` */
  readonly why: string;
  /** Names of containers: while the engine changes one of them, nothing is concluded. */
  readonly concerns: readonly string[];
}

/** Claims about a container's own end. */
const INSIDE: readonly ClaimId[] = ["LIVE-01", "LIVE-02", "LIVE-03", "LIVE-04", "LIVE-14", "LIVE-20"];

/** Claims about what the packet filter does. */
const FILTERED: readonly ClaimId[] = ["LIVE-07", "LIVE-08", "LIVE-09", "LIVE-10", "LIVE-11", "LIVE-12", "LIVE-16"];

/** What this look does not have and the claims are about. */
export function unseenOf({ host, containers, facts }: LivingSnapshot): Unseen[] {
  if (host === null)
    // That a container does not run because of its network is the engine's own word.
    return [
      { claims: CLAIM_IDS.filter((id) => id !== "LIVE-17"), why: "the host could not be looked at", concerns: [] },
    ];
  const makesRules = facts.configuration.iptables !== false;
  const program = usesNftables(facts) ? "nftables" : "iptables";
  const unread =
    host.filters?.unread.filter((what) => what.startsWith(program) || what.startsWith("the packet filter")) ?? [];
  return [
    ...(makesRules && (host.filters === null || unread.length > 0)
      ? [{ claims: FILTERED, why: `the packet filter could not be read (${unread.join("; ")})`, concerns: [] }]
      : []),
    ...containers
      .filter(
        (one) =>
          runs(one) &&
          one.inside === null &&
          !one.ownStack &&
          one.networkMode !== "host" &&
          !(sharesNetwork(one) && one.pid === 0),
      )
      .map(({ name }) => ({
        claims: INSIDE,
        why: `the network namespace of container ${name} could not be read`,
        concerns: [name],
      })),
  ];
}
