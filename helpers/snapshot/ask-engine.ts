import type Dockerode from "dockerode";
import { askForNetworks } from "../engine/answers.ts";
import { engineTime } from "../engine/engine-time.ts";
import { LABEL } from "../engine/run-identity.ts";
import type { NetworkRecord } from "../model/engine-answers.ts";
import { besideThings } from "./beside.ts";
import { type FoundContainer, inspectAll } from "./foreign-containers.ts";
import type { BesideThings, LivingEndpoint } from "./living.ts";
import { swarmGateways } from "./swarm-gateway.ts";

/** What an engine says of everybody's containers and networks. */
export interface EngineSide {
  /** Before anything else was asked, in seconds of the engine's clock. */
  readonly began: number;
  readonly found: readonly FoundContainer[];
  readonly networks: readonly NetworkRecord[];
  /** What is this project's own, and judged by nobody. */
  readonly beside: BesideThings;
}

/**
 * Asks an engine for everybody's containers and networks. It needs no view of the host, and can be asked while one opens.
 * @throws when the engine does not answer
 */
export async function askEngine(docker: Dockerode): Promise<EngineSide> {
  const [began, listed, listedNetworks] = await Promise.all([
    engineTime(docker),
    docker.listContainers({ all: true }),
    askForNetworks(docker),
  ]);
  const networks = listedNetworks.filter((network) => !isOwn(network));
  const foreign = listed.filter((container) => !isOwn(container));
  const [inspected, gateways] = await Promise.all([
    inspectAll(
      docker,
      foreign.map(({ Id }) => Id),
    ),
    swarmGateways(docker, networks),
  ]);
  return {
    began,
    found: inspected.map((one) => withGateway(one, gateways.get(one.container.id))),
    networks,
    beside: besideThings(listed.filter(isOwn), listedNetworks.filter(isOwn)),
  };
}

function isOwn({ Labels }: { readonly Labels?: Readonly<Record<string, string>> | null }): boolean {
  return Labels?.[LABEL.project] !== undefined;
}

function withGateway(found: FoundContainer, gateway: LivingEndpoint | undefined): FoundContainer {
  const { container } = found;
  if (gateway === undefined || container.pid === 0) return found;
  return { ...found, container: { ...container, endpoints: [...container.endpoints, gateway] } };
}
