import type Dockerode from "dockerode";
import { dockerErrorOf } from "./docker-error.ts";

/** Enough to name a cause. */
const AT_MOST = 20;

/**
 * Names of running containers that were started before a moment: before dockerd itself, live-restore has kept them.
 * @param moment ISO 8601, a second exact; empty list where it is null
 */
export async function containersOlderThan(docker: Dockerode, moment: string | null | undefined): Promise<string[]> {
  const limit = Date.parse(moment ?? "");
  if (Number.isNaN(limit)) return [];
  const running = await docker.listContainers();
  const old = running.filter(({ Created }) => Created * 1000 < limit).slice(0, AT_MOST);
  const names = await Promise.all(
    old.map(async ({ Id }) => {
      try {
        const { Name, State } = await docker.getContainer(Id).inspect();
        return Date.parse(State.StartedAt) < limit ? [Name.replace(/^\//, "")] : [];
      } catch (error) {
        // Gone meanwhile.
        if (dockerErrorOf(error)?.statusCode === 404) return [];
        throw error;
      }
    }),
  );
  return names.flat();
}
