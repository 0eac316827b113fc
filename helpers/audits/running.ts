import { word } from "../model/shell-words.ts";
import type { LivingContainer, LivingSnapshot } from "../snapshot/living.ts";
import { deviates, type Findings, NOTHING, notes, type Reason, together } from "./deviation.ts";
import { reasonOfSwarm } from "./swarm-state.ts";
import { whyNotStarted } from "./why-not-started.ts";

/** What engines say of a container's overlay network while their swarm does not work. */
const WITHOUT_SWARM = /invalid cluster node|swarm|attaching to network/i;

/** Containers that don't run because of their network. */
export function auditRunning(snapshot: LivingSnapshot): Findings {
  return together(snapshot.containers.map((container) => auditOne(snapshot, container)));
}

function auditOne(snapshot: LivingSnapshot, container: LivingContainer): Findings {
  const { name, status, error, restartPolicy, everRan, isTask } = container;
  if (status === "running" || status === "paused" || status === "removing") return NOTHING;
  // Swarm keeps what failed, and starts another one in its place.
  if (isTask || error === "") return NOTHING;
  const { what, first, cost, successor } = whyNotStarted(snapshot, container);
  // One that never ran and is not to be started again is the rest of an attempt.
  if (!everRan && restartPolicy === "no")
    return notes({
      key: `never-started ${name}`,
      what: `Container ${name} never ran: ${what}`,
      todo: `Start it when that is put right, or remove it: \`docker rm ${word(name)}\`.`,
      subjects: [{ kind: "container", name }],
    });
  if (successor !== null && restartPolicy === "no")
    return notes({
      key: `replaced ${name}`,
      what: `Container ${name} could not be started: ${what}`,
      todo: `If ${successor} took its place, remove it: \`docker rm ${word(name)}\`.`,
      subjects: [{ kind: "container", name }],
    });
  const start = `docker start ${word(name)}`;
  return deviates({
    claim: "LIVE-17",
    subject: { kind: "container", name },
    concerns: [name],
    expected: "a container that runs",
    observed: `${status}: ${error}`,
    effect: `${name} does not run.`,
    reason: ofSwarm(snapshot, container) ?? {
      key: `not-running ${name}`,
      what: `Container ${name} does not run: ${what}`,
      act: null,
      certainty: "seen",
      evidence: [error],
      remedies:
        first === null
          ? []
          : [
              {
                what: first.length === 0 ? "start it again" : "take away what is in the way, and start it again",
                commands: first.some((line) => line.includes(start)) ? first : [...first, start],
                cost,
                check: `docker inspect -f '{{.State.Status}} {{.State.Error}}' ${word(name)}`,
              },
            ],
    },
  });
}

/** Its swarm's fault, where the engine says so; mended, the container has still to be started. */
function ofSwarm(snapshot: LivingSnapshot, { name, error }: LivingContainer): Reason | null {
  const reason = WITHOUT_SWARM.test(error) ? reasonOfSwarm(snapshot) : null;
  if (reason === null) return null;
  const start = `docker start ${word(name)}`;
  return {
    ...reason,
    remedies: reason.remedies.map((one) => ("commands" in one ? { ...one, commands: [...one.commands, start] } : one)),
  };
}
