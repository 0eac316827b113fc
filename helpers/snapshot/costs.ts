import type Dockerode from "dockerode";
import { askForContainer, askForContainers, askForInfo } from "../engine/answers.ts";
import { LABEL } from "../engine/run-identity.ts";
import type { CostFacts } from "../model/cost-facts.ts";
import type { Facts } from "../model/facts.ts";
import { type LivingContainer, runs } from "./living.ts";

/** Containers asked one by one at most: their restart policies stand in no list. */
const MOST = 60;

/** Containers that an orchestrator starts again, whatever their restart policy. */
const ORCHESTRATED = ["com.docker.swarm.task.id", "io.kubernetes.pod.name"];

/** The same from a look at everybody's containers. */
export function costsOf(facts: Facts, containers: readonly LivingContainer[]): CostFacts {
  return {
    liveRestore: facts.configuration["live-restore"] === true,
    running: containers
      .filter(runs)
      .map(({ name, restartPolicy, isTask }) => ({ name, comesBack: isTask || !["", "no"].includes(restartPolicy) })),
  };
}

let known: Promise<CostFacts | null> | undefined;

/** What restarting dockerd would cost here; asked once, null where the engine does not tell. */
export async function costFacts(docker: Dockerode): Promise<CostFacts | null> {
  known ??= ask(docker).catch(() => null);
  return await known;
}

async function ask(docker: Dockerode): Promise<CostFacts> {
  const [info, listed] = await Promise.all([
    askForInfo(docker),
    askForContainers(docker, { filters: { status: ["running"] } }),
  ]);
  const others = listed.filter(({ Labels }) => Labels?.[LABEL.project] === undefined);
  const asked = await Promise.all(
    others.slice(0, MOST).map(async ({ Id }) => await askForContainer(docker, Id).catch(() => null)),
  );
  const policies = new Map(asked.map((container) => [container?.Id, container?.HostConfig.RestartPolicy?.Name ?? ""]));
  return {
    liveRestore: info.LiveRestoreEnabled === true,
    running: others.map(({ Id, Names, Labels }) => ({
      name: (Names[0] ?? Id.slice(0, 12)).replace(/^\//, ""),
      comesBack:
        ORCHESTRATED.some((label) => Labels?.[label] !== undefined) ||
        !["", "no"].includes(policies.get(Id) ?? "unknown"),
    })),
  };
}
