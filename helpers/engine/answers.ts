import type Dockerode from "dockerode";
import type { Inspected, NetworkRecord } from "../model/engine-answers.ts";

/*
 * The engine's answers with the types that engines of the supported versions give them. Those of dockerode name fields that
 * are gone and lack some that are there: here alone one type stands for the other.
 */

/** @throws as the engine answers: status 404 for a container that there is not */
export async function askForContainer(docker: Dockerode, id: string): Promise<Inspected> {
  const answer: unknown = await docker.getContainer(id).inspect();
  return answer as Inspected;
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
