import type { Facts } from "../model/facts.ts";
import { type LivingSnapshot, runs, sharesNetwork } from "../snapshot/living.ts";
import { asksLoopback } from "../snapshot/look-into-containers.ts";
import { attachmentsOf, bridgesOf } from "./bridges.ts";
import type { ClaimId } from "./claims.ts";
import { publishedPorts } from "./published.ts";
import { reasonOfSwarm } from "./swarm-state.ts";

/** Claims about rules that the engine makes: of these nothing is judged where it was told to make none. */
const OF_ITS_RULES: readonly ClaimId[] = ["LIVE-08", "LIVE-10", "LIVE-11", "LIVE-12"];

/** Why a claim is asked of nothing on an engine with this configuration; null where it is asked. */
export function whyUnasked(claim: ClaimId, { configuration }: Pick<Facts, "configuration">): string | null {
  return OF_ITS_RULES.includes(claim) && configuration.iptables === false
    ? "the engine makes no rules here (`iptables`: false)"
    : null;
}

/** How many things each claim was asked of; 0 where nothing of the kind is here, and nothing was judged. */
export function subjectsOfClaims(snapshot: LivingSnapshot): Record<ClaimId, number> {
  const running = snapshot.containers.filter(runs);
  const attachments = attachmentsOf(snapshot);
  const used = new Set(attachments.map(({ bridge }) => bridge.name)).size;
  const ports = publishedPorts(snapshot).length;
  const parents = new Set(
    snapshot.networks.filter(({ Driver }) => Driver === "macvlan" || Driver === "ipvlan").map(({ Id }) => Id),
  );
  const endpoints = running.flatMap((container) => container.endpoints.filter(() => !sharesNetwork(container)));
  const counts: Record<ClaimId, number> = {
    "LIVE-01": endpoints.length,
    "LIVE-02": attachments.length,
    "LIVE-03": endpoints.length,
    "LIVE-04": running.filter(({ networkMode }) => networkMode.startsWith("container:")).length,
    "LIVE-05": bridgesOf(snapshot).length,
    "LIVE-06": used,
    "LIVE-07": used,
    "LIVE-08": used,
    "LIVE-09": used,
    // Its own address is closed for each published port as well.
    "LIVE-10": used + ports,
    "LIVE-11": ports,
    "LIVE-12": ports,
    "LIVE-13": ports,
    "LIVE-14": running.filter(({ inside }) => inside !== null && asksLoopback(inside)).length,
    "LIVE-15": attachments.length,
    "LIVE-16": 1,
    "LIVE-17": snapshot.containers.length,
    "LIVE-18": endpoints.filter(({ networkId }) => parents.has(networkId)).length,
    "LIVE-19": snapshot.overlays.length + (reasonOfSwarm(snapshot) === null ? 0 : 1),
    "LIVE-20": running.filter(({ inside, ownStack }) => inside !== null && !ownStack).length,
  };
  for (const claim of OF_ITS_RULES) if (whyUnasked(claim, snapshot.facts) !== null) counts[claim] = 0;
  return counts;
}
