import { text } from "node:stream/consumers";
import type Dockerode from "dockerode";
import type { EngineEvent, EngineInfo, Inspected, ListedContainer, NetworkRecord } from "../model/engine-answers.ts";

/*
 * The engine's answers with the types that engines of the supported versions give them. Those of dockerode name fields that
 * are gone and lack some that are there: here alone one type stands for the other.
 */

/** @throws as the engine answers: status 404 for a container that there is not */
export async function askForContainer(docker: Dockerode, id: string): Promise<Inspected> {
  const answer: unknown = await docker.getContainer(id).inspect();
  return answer as Inspected;
}

/** Those that run, unless the options say otherwise. */
export async function askForContainers(
  docker: Dockerode,
  options: Dockerode.ContainerListOptions = {},
): Promise<ListedContainer[]> {
  const answer: unknown = await docker.listContainers(options);
  return answer as ListedContainer[];
}

/** @throws as the engine answers: status 404 for a network that there is not */
export async function askForNetwork(docker: Dockerode, nameOrId: string): Promise<NetworkRecord> {
  const answer: unknown = await docker.getNetwork(nameOrId).inspect();
  return answer as NetworkRecord;
}

/** Every network, or those of one driver, in no particular order; their containers are not told. */
export async function askForNetworks(docker: Dockerode, driver?: string): Promise<NetworkRecord[]> {
  const answer: unknown = await docker.listNetworks(driver === undefined ? {} : { filters: { driver: [driver] } });
  return answer as NetworkRecord[];
}

/** `docker info`. */
export async function askForInfo(docker: Dockerode): Promise<EngineInfo> {
  const answer: unknown = await docker.info();
  return answer as EngineInfo;
}

/** What happened between two moments of the engine's clock, in seconds; waits for the second one. */
export async function askForEvents(
  docker: Dockerode,
  asked: { readonly since: number; readonly until: number; readonly filters: Record<string, string[]> },
): Promise<EngineEvent[]> {
  return eventsIn((await text(await docker.getEvents(asked))).split("\n"));
}

/** Of lines of the engine's stream of events, each whole. */
export function eventsIn(lines: readonly string[]): EngineEvent[] {
  return lines.filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as EngineEvent);
}
