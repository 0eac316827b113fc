import type Dockerode from "dockerode";
import { askForNetwork } from "./answers.ts";
import { dockerErrorOf } from "./docker-error.ts";
import { LABEL } from "./run-identity.ts";

/** What a sweep removed, by name. */
export interface Swept {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  /** Runs that are still alive and were left alone. */
  readonly living: readonly string[];
}

export interface SweepOptions {
  /** Only the objects of this run, whether its lease lives or not. */
  readonly only?: string;
  /** With `only`: all but the lease container, through which the host is still looked at. */
  readonly keepLease?: boolean;
  /** Also the objects of runs whose lease is alive (`npm run clean -- --all`). */
  readonly evenLiving?: boolean;
}

/** A lease that was created this recently and does not run yet belongs to a run that is just starting. */
const STARTING_SECONDS = 60;

/**
 * Removes what runs of this project left on the engine: containers first, then networks. Finds them by label only, so
 * nothing foreign can be hit. A run is alive while its lease container runs: the engine itself ends that container when
 * the connection of the process that holds it breaks, so a killed run is never taken for a living one, on this machine
 * or any other.
 */
export async function sweep(docker: Dockerode, options: SweepOptions = {}): Promise<Swept> {
  const label = [options.only === undefined ? `${LABEL.project}=true` : `${LABEL.run}=${options.only}`];
  // Networks first: a run makes its lease before any network, so the lease of each that is listed can be seen afterwards.
  // The other way round, a run that begins while containers are removed would lose its networks.
  const networks = await docker.listNetworks({ filters: { label } });
  const containers = await docker.listContainers({ all: true, filters: { label } });
  const now = Date.now() / 1000;
  const living = new Set<string>();
  if (options.only === undefined && !options.evenLiving) {
    for (const container of containers) {
      const lease = container.Labels[LABEL.role] === "lease";
      const alive =
        container.State === "running" || (container.State === "created" && now - container.Created < STARTING_SECONDS);
      if (lease && alive) living.add(container.Labels[LABEL.run] ?? "");
    }
  }
  const doomed = containers.filter(
    (container) =>
      !living.has(container.Labels[LABEL.run] ?? "") &&
      !(options.keepLease === true && container.Labels[LABEL.role] === "lease"),
  );
  // The lease goes last: while it lives, a second sweep elsewhere keeps its hands off this run.
  const ordered = doomed.toSorted(
    (a, b) => Number(a.Labels[LABEL.role] === "lease") - Number(b.Labels[LABEL.role] === "lease"),
  );
  await Promise.all(ordered.map((container) => removeContainer(docker, container.Id)));
  const doomedNetworks = networks.filter((network) => !living.has(network.Labels?.[LABEL.run] ?? ""));
  await Promise.all(doomedNetworks.map((network) => removeNetwork(docker, network.Id)));
  return {
    containers: ordered.map((container) => container.Names[0]?.replace(/^\//, "") ?? container.Id.slice(0, 12)),
    networks: doomedNetworks.map((network) => network.Name),
    living: [...living],
  };
}

/**
 * Removes a container by force with its anonymous volumes; one that is gone, or is being removed by the engine
 * (AutoRemove), counts as removed once it has disappeared.
 */
export async function removeContainer(docker: Dockerode, id: string): Promise<void> {
  const container = docker.getContainer(id);
  const remove = async (): Promise<void> => void (await container.remove({ force: true, v: true }));
  try {
    await remove();
  } catch (error) {
    const known = dockerErrorOf(error);
    if (known?.statusCode === 404) return;
    // 500 "did not receive an exit event": on an overloaded host a process ends later than the engine waits for it.
    if (known?.statusCode === 500 && (await ends(container))) return await unlessGone(remove());
    if (known?.statusCode !== 409) throw error;
    // 409 "removal … is already in progress": the engine's AutoRemove got there first; wait until it is done.
    await unlessGone(container.wait({ condition: "removed" }));
  }
}

async function unlessGone(asked: Promise<unknown>): Promise<void> {
  await asked.catch((error: unknown) => {
    if (dockerErrorOf(error)?.statusCode !== 404) throw error;
  });
}

/** How long a process that was killed may take to end on an overloaded host, ms. */
const ENDED_MS = 20_000;

/** Whether a container that was killed ends, or is gone, within {@link ENDED_MS}. */
async function ends(container: Dockerode.Container): Promise<boolean> {
  let guard: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    guard = setTimeout(() => resolve(false), ENDED_MS);
  });
  const ended = unlessGone(container.wait({ condition: "not-running" })).then(
    () => true,
    () => false,
  );
  return await Promise.race([ended, late]).finally(() => clearTimeout(guard));
}

/** How long an engine may take to let go of the endpoints of containers that are gone: seconds on a busy host. */
const ENDPOINTS_GONE_MS = 15_000;
const PAUSE_MS = 100;

/**
 * Removes a network. Endpoints that hang on it (a container that could not be removed, or that the engine is still taking
 * apart) are detached by force or waited for; after a while the engine's own words are thrown.
 */
export async function removeNetwork(docker: Dockerode, id: string): Promise<void> {
  const network = docker.getNetwork(id);
  for (const deadline = performance.now() + ENDPOINTS_GONE_MS; ; ) {
    try {
      await network.remove();
      return;
    } catch (error) {
      const known = dockerErrorOf(error);
      if (known?.statusCode === 404) return;
      if ((known?.statusCode !== 403 && known?.statusCode !== 409) || performance.now() >= deadline) throw error;
    }
    await detachAll(docker, id);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function detachAll(docker: Dockerode, id: string): Promise<void> {
  try {
    const { Containers } = await askForNetwork(docker, id);
    // By name: an endpoint that outlived its container is found by nothing else (moby ForceEndpointDelete).
    await Promise.all(
      Object.values(Containers ?? {}).map(({ Name }) =>
        docker.getNetwork(id).disconnect({ Container: Name, Force: true }),
      ),
    );
  } catch (error) {
    // Gone meanwhile, or the engine itself is at it: the next removal tells.
    if (dockerErrorOf(error) === null) throw error;
  }
}
