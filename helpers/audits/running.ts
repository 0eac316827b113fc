import { isLoopback, isUnspecified, sameAddress } from "../model/address.ts";
import { word } from "../model/shell-words.ts";
import type { LivingContainer, LivingSnapshot } from "../snapshot/living.ts";
import { deviates, type Findings, NOTHING, notes, type Reason, together } from "./deviation.ts";
import { reasonOfSwarm } from "./swarm-state.ts";

/**
 * The host port in what engines say when they can't have it: `Bind for 0.0.0.0:80 failed`, `listen tcp4 0.0.0.0:80: bind`,
 * and since 28 `failed to bind host port for 0.0.0.0:80:172.18.0.2:80/tcp`, or `… port 0.0.0.0:80/tcp`.
 */
const PORT_TAKEN =
  /(?:bind for |bind host port (?:for )?|listen (?:tcp|udp)[46]? )(?:\[[^\]]*\]|\S*?):(\d+)(?=[:/\s]|$)/i;

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
  const { what, first, cost, successor } = explained(snapshot, container);
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
      remedies: [
        {
          what: first.length === 0 ? "start it again" : "see what is in the way, take it away, and start it again",
          commands: [...first, `docker start ${word(name)}`],
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

/** What the engine said, in a person's words, how the thing in the way is found, and the container that has its port. */
function explained(
  { containers, host }: LivingSnapshot,
  { error, bindings, id, name }: LivingContainer,
): {
  readonly what: string;
  readonly first: readonly string[];
  readonly cost: string;
  readonly successor: string | null;
} {
  const told = (what: string, first: readonly string[] = [], cost = "", successor: string | null = null) => ({
    what,
    first,
    cost,
    successor,
  });
  const port = PORT_TAKEN.exec(error)?.[1] ?? "";
  const taken = /port is already allocated|address already in use/i.test(error);
  if (taken && port !== "") {
    const holder = containers.find(
      (other) => other.id !== id && other.ports.some(({ hostPort }) => hostPort === Number(port)),
    );
    if (holder !== undefined)
      return told(
        `its host port ${port} is taken by container ${holder.name}.`,
        [`docker stop ${word(holder.name)}`],
        `${holder.name} ends.`,
        holder.name,
      );
    const left = host?.proxies.find(({ hostPort }) => hostPort === Number(port));
    if (left !== undefined)
      return told(`a docker-proxy that was left behind holds its host port ${port}.`, [
        `pkill -f -- '-host-port ${port} '`,
      ]);
    const listens = host?.sockets.some(({ local }) => local.port === Number(port)) === true;
    return listens
      ? told(
          `another program of this host listens on its host port ${port}.`,
          [
            `ss -ltnup 'sport = :${port}'`,
            `kill $(ss -Hltnup 'sport = :${port}' | grep -o 'pid=[0-9]*' | cut -d = -f 2 | sort -u)`,
          ],
          "The program that the first line shows ends. One that systemd keeps has to be stopped with systemctl.",
        )
      : told(`its host port ${port} was taken when it was started, and is free now.`);
  }
  const unassignable = /cannot assign requested address/i.test(error);
  const here = (address: string): boolean =>
    isLoopback(address) ||
    host?.addresses.some(({ addresses }) => addresses.some((one) => sameAddress(one.address, address))) === true;
  const asked = bindings.map(({ hostAddress }) => hostAddress).filter((one) => one !== "" && !isUnspecified(one));
  const addresses = [...new Set(asked.filter((one) => !here(one)))];
  if (unassignable && addresses.length === 0)
    return told(
      `this host did not have ${asked.join(" and ") || "an address that it publishes on"} yet when it was started, and has it now.`,
    );
  if (unassignable)
    return told(`it publishes a port on ${addresses.join(" and ")}, which this host does not have.`, ["ip addr"]);
  const full = /no available IPv[46] addresses on this network's address pools: (\S+)/.exec(error)?.[1];
  if (full !== undefined)
    return told(`network ${full} had no free address for it.`, [`docker network inspect ${word(full)}`]);
  const network = /network (\S+) not found/i.exec(error)?.[1];
  if (network !== undefined)
    return told(
      `network ${network.length > 12 ? network.slice(0, 12) : network} that it was created with does not exist any more; it has to be created anew (\`docker compose up -d --force-recreate\`), for ${name} keeps the old one's id.`,
    );
  return told(`${error.replace(/\s+/g, " ").replace(/[\s.]+$/, "")}.`);
}
