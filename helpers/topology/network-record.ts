import type Dockerode from "dockerode";
import { askForNetwork, askForNetworks } from "../engine/answers.ts";
import type { NetworkRecord } from "../model/engine-answers.ts";
import type { AskedQuestion, Place } from "../model/question.ts";
import { record } from "../vantage/recorder.ts";

const ENGINE: Place = { kind: "engine", name: "" };

/** `docker network inspect` over the API; stands in the evidence. Rejects with the engine's error when there is none. */
export async function inspectNetwork(docker: Dockerode, nameOrId: string): Promise<NetworkRecord> {
  const started = performance.now();
  const network = await askForNetwork(docker, nameOrId);
  remember(`GET /networks/${nameOrId}`, network, started, {
    kind: "read",
    from: ENGINE,
    what: "network",
    of: network.Name,
  });
  return network;
}

/** All networks of the engine, in no particular order; stands in the evidence. */
export async function listNetworks(docker: Dockerode): Promise<NetworkRecord[]> {
  const started = performance.now();
  const networks = await askForNetworks(docker);
  remember(
    "GET /networks",
    networks.map(({ Id, Name, Driver, Scope }) => ({ Id, Name, Driver, Scope })),
    started,
    { kind: "read", from: ENGINE, what: "networks", of: null },
  );
  return networks;
}

function remember(command: string, answer: unknown, started: number, question: AskedQuestion): void {
  record({
    vantage: "engine API",
    place: ENGINE,
    question,
    command,
    exitCode: 200,
    timedOut: false,
    stdout: JSON.stringify(answer),
    stderr: "",
    ms: Math.round(performance.now() - started),
  });
}
