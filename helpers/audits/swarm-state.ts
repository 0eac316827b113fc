import type { LivingSnapshot } from "../snapshot/living.ts";
import { deviates, type Findings, NOTHING, type Reason } from "./deviation.ts";

/** Why nothing of this node's swarm works: it is locked, or the engine says that it failed; null where it is none, or works. */
export function reasonOfSwarm({ facts }: Pick<LivingSnapshot, "facts">): Reason | null {
  const { swarmState, swarmError } = facts.engine;
  const certainty = "seen";
  if (swarmState === "locked")
    return {
      key: "swarm locked",
      what: "This node's swarm is locked, so that its overlay networks and services don't run: dockerd was started anew and has not got the key.",
      act: "autolock is on, and dockerd or the host was restarted",
      certainty,
      evidence: ["docker info: the swarm is locked"],
      remedies: [
        {
          what: "unlock it, with the key that `docker swarm unlock-key` shows on another manager",
          commands: ["docker swarm unlock"],
          cost: "",
          check: "docker info -f '{{.Swarm.LocalNodeState}}'",
        },
      ],
    };
  if (swarmState !== "error") return null;
  return {
    key: "swarm failed",
    what: `This node's swarm failed, so that its overlay networks and services don't run: ${swarmError.replace(/[\s.]+$/, "")}.`,
    act: null,
    certainty,
    evidence: [`docker info: ${swarmError}`],
    remedies: [],
  };
}

/** Whether the swarm that this host is a node of works here. */
export function auditSwarmState(snapshot: LivingSnapshot): Findings {
  const reason = reasonOfSwarm(snapshot);
  if (reason === null) return NOTHING;
  return deviates({
    claim: "LIVE-19",
    subject: { kind: "host" },
    concerns: [],
    expected: "a swarm that works on this node",
    observed: `docker info: ${snapshot.facts.engine.swarmState}`,
    effect: "No service runs here, and no container on an overlay network can be started.",
    reason,
  });
}
