import { type PoolRoom, ROOM_IN_POOLS } from "../expectations/pool-room.ts";
import type { Card, Remedy } from "../model/cause.ts";
import type { CostFacts } from "../model/cost-facts.ts";
import { words } from "../model/shell-words.ts";
import { listed, RESTART, remedyOf } from "./mend.ts";

/** What tells why the engine has no subnet left to give. */
export interface FullPools {
  /** The engine's pools, `10.201.0.0/22 in /24`. */
  readonly pools: readonly string[];
  readonly room: PoolRoom;
  /** Networks that hold a subnet of the pools and that no container refers to, running or stopped; never the engine's own. */
  readonly unused: readonly string[];
  /** A range for one more pool, of which nothing on this host has an address. */
  readonly spare: string;
  /** The file to name a further pool in; null where it is not known, or a flag names the pools: both together keep dockerd from starting. */
  readonly file: { readonly path: string; readonly present: boolean } | null;
  /** Null where the host's containers could not be listed. */
  readonly costs: CostFacts | null;
  /** What the engine answered, word by word. */
  readonly answer: string;
}

/** Holders named on a card. */
const NAMED = 12;
const CHECK = "docker network create room-in-the-pools && docker network rm room-in-the-pools";

/** No network without a subnet of its own can be made: who holds the pools' subnets, and what makes room. Pure. */
export function causeOfFullPools({ pools, room, unused, spare, file, costs, answer }: FullPools): Card {
  const { total, free, holders } = room;
  const count = total === 1 ? "1 subnet" : `${total} subnets`;
  const held = holders.map(({ what }) => what);
  const networks = holders.filter(({ network }) => network).map(({ what }) => what);
  return {
    key: ROOM_IN_POOLS,
    what:
      free.length === 0
        ? `The address pools are exhausted: ${pools.join(", ")} ${pools.length === 1 ? "has" : "have"} ${count}, taken by ${listed(held, NAMED)}.`
        : `The engine gives no subnet of its address pools, although ${free.length} of ${count} meet no network and no route of this host (${pools.join(", ")}).`,
    act: null,
    certainty: free.length === 0 ? "seen" : "concluded",
    subjects: [{ kind: "host" }, ...networks.map((name) => ({ kind: "network" as const, name }))],
    effect: "No network without a subnet of its own can be made: docker network create, docker compose up.",
    explains: [],
    evidence: [`the engine's answer: ${answer}`],
    remedies: [
      ...(unused.length === 0 ? [] : [removal(unused)]),
      ...(file === null ? [] : [morePools(spare, file, costs)]),
    ],
  };
}

function removal(unused: readonly string[]): Remedy {
  return {
    what: `remove ${unused.length === 1 ? "the network" : "networks"} that no container is on, running or stopped`,
    commands: [`docker network rm ${words(unused)}`],
    cost: "Whoever names a removed network later has to make it again; docker compose up does that by itself.",
    check: CHECK,
  };
}

function morePools(spare: string, { path, present }: NonNullable<FullPools["file"]>, costs: CostFacts | null): Remedy {
  const { cost } = remedyOf({ how: "restart the engine" }, costs);
  const pool = `[{"base":"${spare}","size":24}]`;
  return {
    what: "give the engine one more pool; networks that are there keep their subnets",
    // One line each: the file that is there stays as it is unless the new one was written whole.
    commands: [
      present
        ? `jq '."default-address-pools" += ${pool}' ${path} >${path}.new && mv ${path}.new ${path}`
        : `echo '{"default-address-pools":${pool}}' >${path}`,
      RESTART,
    ],
    cost: cost === "" ? "dockerd restarts; no container is running." : cost,
    check: CHECK,
    restarts: "engine",
  };
}
