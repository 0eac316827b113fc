import type Dockerode from "dockerode";
import { causeOfFullPools } from "../cause/full-pools.ts";
import { dockerErrorOf } from "../engine/docker-error.ts";
import { LABEL, labelsOf, nameOf } from "../engine/run-identity.ts";
import { removeNetwork } from "../engine/sweep.ts";
import { type PoolRoom, type PoolUser, poolRoom } from "../expectations/pool-room.ts";
import { poolsExhausted } from "../expectations/refusals.ts";
import { takeStanding } from "../host/standing.ts";
import { addressPools } from "../model/address-pools.ts";
import { ProbeFailed } from "../model/evidence.ts";
import { costFacts } from "../snapshot/costs.ts";
import { listNetworks } from "../topology/network-record.ts";
import type { RequirementSpec } from "./requirement-spec.ts";
import type { Session } from "./session.ts";
import { NotRun, Violation } from "./verdicts.ts";

/** Every requirement that had to do without says the same, so that they are told together. */
const EXHAUSTED = "the engine's address pools are exhausted: it makes no network without a subnet of its own";
const HELD = "the last subnets of the engine's address pools are in use by test networks: no other has room there";

/**
 * What it means for a requirement that the engine made no network because its address pools are exhausted: documented,
 * and no matter of what the requirement says, unless it speaks of the pools. Where test networks themselves hold what is
 * missing, nobody lacks anything.
 * @returns null where something else was thrown
 */
export async function poolsAnswer(
  thrown: unknown,
  { judgesPools, needs = [] }: Pick<RequirementSpec, "judgesPools" | "needs">,
  session: () => Promise<Session>,
): Promise<Violation | NotRun | null> {
  const answer = refusalIn(thrown);
  if (answer === null || needs.includes("lab")) return null;
  const context = await session();
  const { docker, facts, subnets } = context;
  const [networks, host] = await Promise.all([listNetworks(docker), context.host().catch(() => null)]);
  const standing = host === null ? null : await takeStanding(host).catch(() => null);
  const ofTests = networks.filter(({ Labels }) => Labels?.[LABEL.project] !== undefined);
  const others = networks.filter((network) => !ofTests.includes(network));
  const room = poolRoom(facts, others.map(asPoolUser), standing);
  const all = poolRoom(facts, networks.map(asPoolUser), standing);
  // What a test network held when the engine refused may be free by now: only a refusal with room by our count stays one.
  if (room.free.length > 0 && (all.free.length === 0 || (await givesSubnet(context)))) return new NotRun(HELD);
  if (judgesPools !== true) return new NotRun(EXHAUSTED);
  const pools = addressPools(facts).map(({ base, size }) => `${base} in /${size}`);
  const unused = await unusedNetworks(docker, room);
  const cause = causeOfFullPools({
    pools,
    room,
    unused,
    spare: subnets.choose(16),
    file: facts.claims?.["default-address-pools"]?.origin === "flag" ? null : (facts.configurationFile ?? null),
    costs: await costFacts(docker),
    answer,
  });
  return new Violation("A network without a subnet of its own", {
    expected: "a network with a subnet of the engine's address pools",
    observed: answer,
    causes: [cause],
    subjects: cause.subjects,
  });
}

/** Whether the engine makes a network without a subnet of its own now. */
async function givesSubnet({ docker, runId }: Session): Promise<boolean> {
  const name = nameOf(runId, `pools-again-${process.pid}-${Math.random().toString(36).slice(2, 8)}`);
  try {
    await docker.createNetwork({ Name: name, Driver: "bridge", Labels: labelsOf(runId) });
    return true;
  } catch (error) {
    if (refusalIn(error) === null) throw error;
    return false;
  } finally {
    await removeNetwork(docker, name);
  }
}

/**
 * What the engine, or the docker command, answered when it refused; empty where it did not. A check that expects a
 * container to start has the answer as what it observed.
 */
export function wordsOf(thrown: unknown): string {
  if (thrown instanceof Violation) return thrown.observed;
  return thrown instanceof ProbeFailed ? (thrown.evidence?.stderr ?? "") : (dockerErrorOf(thrown)?.message ?? "");
}

function refusalIn(thrown: unknown): string | null {
  const said = wordsOf(thrown);
  return poolsExhausted(said) ? said.trim() : null;
}

function asPoolUser({ Name, IPAM }: Awaited<ReturnType<typeof listNetworks>>[number]): PoolUser {
  return { name: Name, subnets: (IPAM.Config ?? []).flatMap(({ Subnet }) => (Subnet === undefined ? [] : [Subnet])) };
}

/** Of the pools' holders those networks that no container would miss. */
async function unusedNetworks(docker: Dockerode, { holders }: PoolRoom): Promise<string[]> {
  const containers = await docker.listContainers({ all: true });
  const used = new Set(containers.flatMap(({ NetworkSettings }) => Object.keys(NetworkSettings?.Networks ?? {})));
  const own = ["bridge", "docker_gwbridge", "ingress"];
  return holders.flatMap(({ what, network }) => (network && !used.has(what) && !own.includes(what) ? [what] : []));
}
