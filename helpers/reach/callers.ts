import type Dockerode from "dockerode";
import pLimit from "p-limit";
import type { Bridge } from "../audits/bridges.ts";
import { bridgesOf } from "../audits/bridges.ts";
import { leadsByHost, publishedPorts } from "../audits/published.ts";
import { askForContainer } from "../engine/answers.ts";
import { messageOf } from "../engine/docker-error.ts";
import { LABEL, labelsOf, nameOf } from "../engine/run-identity.ts";
import { removeContainer } from "../engine/sweep.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { SWARM_GATEWAY } from "../snapshot/swarm-gateway.ts";
import { ResidentShell, residentShellFields } from "../vantage/resident-shell.ts";

/** A container of ours on somebody's network, that connects to published ports and does nothing else. */
export interface Caller {
  readonly name: string;
  readonly bridge: Bridge;
  readonly address: string;
  readonly address6: string;
  readonly shell: ResidentShell;
  close(): Promise<void>;
}

/** Callers started at once. */
const AT_ONCE = 4;

/**
 * The networks that get a caller: those of published TCP ports, and the default one for "another network". Internal
 * ones publish nothing.
 */
export function networksToCallFrom(snapshot: LivingSnapshot): Bridge[] {
  const publishing = new Set(
    publishedPorts(snapshot)
      .filter((one) => one.port.protocol === "tcp" && leadsByHost(snapshot, one))
      .flatMap(({ ends }) => ends.slice(0, 1).map(({ attachment }) => attachment.bridge.name)),
  );
  if (publishing.size === 0) return [];
  return bridgesOf(snapshot).filter(
    ({ name, internal }) => !internal && name !== SWARM_GATEWAY && (publishing.has(name) || name === "bridge"),
  );
}

/** Name of the caller on the n-th network. */
export function callerName(runId: string, index: number): string {
  return nameOf(runId, `reach-${index + 1}`);
}

/**
 * Starts a container of ours on each network. They end with this process, however it ends, and the engine removes them
 * then: their shell reads the end of its input.
 * @returns those that could be started, and why the others could not
 */
export async function openCallers(
  docker: Dockerode,
  image: string,
  runId: string,
  networks: readonly Bridge[],
): Promise<{ readonly callers: readonly Caller[]; readonly failed: readonly string[] }> {
  const limit = pLimit(AT_ONCE);
  const opened = await Promise.allSettled(
    networks.map((bridge, index) =>
      limit(async () => await openCaller(docker, image, runId, bridge, callerName(runId, index))),
    ),
  );
  return {
    callers: opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])),
    failed: opened.flatMap((one, index) =>
      one.status === "rejected" ? [`${networks[index]?.name ?? ""}: ${messageOf(one.reason)}`] : [],
    ),
  };
}

async function openCaller(
  docker: Dockerode,
  image: string,
  runId: string,
  bridge: Bridge,
  name: string,
): Promise<Caller> {
  const container = await docker.createContainer({
    name,
    Image: image,
    Labels: { ...labelsOf(runId), [LABEL.leaves]: "true" },
    ...residentShellFields([]),
    HostConfig: { AutoRemove: true, NetworkMode: bridge.name, CapDrop: ["ALL"] },
  });
  try {
    const shell = await ResidentShell.attach(docker, container.id, `container ${name}`, { kind: "container", name });
    await container.start();
    await shell.ready();
    const { NetworkSettings } = await askForContainer(docker, container.id);
    const settings = NetworkSettings.Networks[bridge.name];
    return {
      name,
      bridge,
      address: settings?.IPAddress ?? "",
      address6: settings?.GlobalIPv6Address ?? "",
      shell,
      async close() {
        shell.close();
        await removeContainer(docker, container.id);
      },
    };
  } catch (error) {
    await removeContainer(docker, container.id);
    throw error;
  }
}
