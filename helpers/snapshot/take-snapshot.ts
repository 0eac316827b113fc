import type Dockerode from "dockerode";
import { askForContainer, askForContainers, askForNetwork, askForNetworks } from "../engine/answers.ts";
import { dockerErrorOf } from "../engine/docker-error.ts";
import { LABEL, nameOf } from "../engine/run-identity.ts";
import type { Facts } from "../model/facts.ts";
import { askedContainer, askedNetwork } from "../topology/asked.ts";
import type { HostView } from "../vantage/host-view.ts";
import { besideThings } from "./beside.ts";
import { stateOf } from "./container-state.ts";
import { costFacts } from "./costs.ts";
import { findDockerCommand } from "./docker-command.ts";
import { lookAtHost } from "./look-at-host.ts";
import { lookInside } from "./look-inside.ts";
import type { Snapshot } from "./snapshot.ts";

/** What a look needs; the host's view is missing where the engine's host can't be looked at. */
export interface Looker {
  readonly docker: Dockerode;
  readonly runId: string;
  readonly facts: Facts;
  readonly host: HostView | null;
  /** Names of those of the run's containers and networks that are looked at; all of them unless said otherwise. */
  readonly only?: readonly string[];
}

/** Containers looked into at most: each costs a handful of processes on the host. */
const MOST_CONTAINERS = 40;
/** Drivers of the engine itself; networks of others are asked for one by one, to see whether the engine knows them. */
const BUILT_IN: ReadonlySet<string> = new Set(["bridge", "host", "null", "macvlan", "ipvlan", "overlay"]);

/**
 * Looks once at the engine, the host and the run's own containers: the API calls and a few questions to the host, side by
 * side. What was removed meanwhile is left out; what can't be read is null or empty.
 * @throws when the engine itself does not answer
 */
export async function takeSnapshot(looker: Looker): Promise<Snapshot> {
  const { docker, runId, facts, host, only } = looker;
  const began = Date.now() / 1000;
  const [running, listedNetworks] = await Promise.all([
    askForContainers(docker, { filters: { status: ["running"] } }),
    askForNetworks(docker),
  ]);
  const isOfTheRun = ({ Labels }: { readonly Labels?: Readonly<Record<string, string>> | null }): boolean =>
    Labels?.[LABEL.run] === runId;
  const isWanted = (...names: readonly string[]): boolean =>
    only === undefined || names.some((name) => only.includes(name.replace(/^\//, "")));
  const isLookedAt = (container: (typeof running)[number]): boolean =>
    isOfTheRun(container) && isWanted(...container.Names);
  const listed = running.filter(isLookedAt);
  const own = listedNetworks.filter((network) => isOfTheRun(network) && isWanted(network.Name));
  const inspected = (
    await Promise.all(
      listed
        .filter(({ Labels }) => Labels?.[LABEL.role] !== "lease")
        .slice(0, MOST_CONTAINERS)
        .map(({ Id }) => existing(async () => await askForContainer(docker, Id))),
    )
  )
    .filter((container) => container !== null)
    .filter(({ State }) => State.Running && State.Pid > 0)
    // Views of the host are no subject: they stand in the host's namespaces on purpose. What this process asked for
    // otherwise is one: inspect only says that it stands there.
    .filter(({ Id, HostConfig }) => {
      const asked = askedContainer(Id);
      return HostConfig.PidMode !== "host" || (asked !== null && asked.host.PidMode !== "host");
    });
  const wanted = new Set([
    ...(facts.defaultBridge === null ? [] : ["bridge"]),
    "host",
    "none",
    ...own.map(({ Id }) => Id),
    ...listedNetworks.filter(({ Driver }) => !BUILT_IN.has(Driver)).map(({ Id }) => Id),
    ...inspected.flatMap((container) =>
      Object.values(container.NetworkSettings.Networks ?? {}).flatMap(({ NetworkID }) => NetworkID || []),
    ),
  ]);
  const macvlans = own.filter(({ Driver }) => Driver === "macvlan").map(({ Id }) => Id);
  const [asked, refusal, insides, hostState] = await Promise.all([
    Promise.all(
      [...wanted].map(async (id) => ({
        id,
        network: await existing(async () => await askForNetwork(docker, id)),
      })),
    ),
    refusalOf(docker, nameOf(runId, "nothing")),
    host === null || facts.engine.rootless ? null : lookInside(host, inspected, facts, macvlans),
    host === null || facts.engine.rootless ? null : lookAtHost(host, inspected, facts, macvlans),
  ]);
  const networks = asked.flatMap(({ network }) => network ?? []);
  return {
    facts,
    whose: "run",
    began,
    beside: besideThings(
      running.filter((container) => !isLookedAt(container)),
      listedNetworks.filter(({ Id }) => !networks.some((network) => network.Id === Id)),
    ),
    overlays: [],
    upstreams: {},
    lists: {
      networks: listedNetworks,
      containers: listed,
      unknown: asked.filter(({ network }) => network === null).map(({ id }) => id),
      refusal,
    },
    asked: Object.fromEntries(
      own.flatMap(({ Id }) => {
        const asked = askedNetwork(Id);
        return asked === null ? [] : [[Id, asked] as const];
      }),
    ),
    networks: [...new Map(networks.map((network) => [network.Id, network])).values()],
    containers: inspected.map((container) =>
      stateOf(container, {
        asked: askedContainer(container.Id),
        inside: insides?.get(container.State.Pid) ?? null,
      }),
    ),
    host: hostState,
    costs: await costFacts(docker),
    dockerCommand: await findDockerCommand(),
  };
}

/** What the engine says when it is asked for a network that there is not. */
async function refusalOf(docker: Dockerode, asked: string): Promise<{ asked: string; said: string } | null> {
  try {
    await docker.getNetwork(asked).inspect();
    return null;
  } catch (error) {
    const said = dockerErrorOf(error)?.message;
    return said === undefined ? null : { asked, said };
  }
}

/** Null for what the engine no longer knows: others remove their things meanwhile. */
async function existing<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (dockerErrorOf(error)?.statusCode === 404) return null;
    throw error;
  }
}
