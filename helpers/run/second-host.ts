import { connect, type EngineConnection, type EngineIdentity } from "../engine/connect.ts";
import { UserError } from "../engine/errors.ts";
import { findImages } from "../engine/images.ts";
import { environmentOf, SECOND_HOST_VARIABLE } from "../engine/second-engine.ts";
import { sweep } from "../engine/sweep.ts";
import { gatherFacts } from "../host/gather-facts.ts";
import type { SecondHostFacts } from "../model/facts.ts";
import { HostView } from "../vantage/host-view.ts";
import { type TrialEngine, trySettings } from "./settings.ts";

/** The second host for the time of a run. */
interface SecondHost {
  readonly facts: SecondHostFacts;
  readonly engine: EngineIdentity;
  /** Removes everything of the run from it. */
  cleanUp(): Promise<void>;
}

/**
 * Opens the second Docker host that `DNC_SECOND_HOST` names: what killed runs left there goes, the run's lease comes.
 * @param under the engine under test
 * @returns null when none is named
 * @throws UserError when it can't be reached, is the engine under test itself, or lacks the images
 */
export async function openSecondHost(
  runId: string,
  under: Pick<TrialEngine, "docker" | "engine">,
  env: NodeJS.ProcessEnv = process.env,
): Promise<SecondHost | null> {
  const dockerHost = env[SECOND_HOST_VARIABLE]?.trim();
  if (dockerHost === undefined || dockerHost === "") return null;
  const connection = await connect(environmentOf(dockerHost, env), { origin: SECOND_HOST_VARIABLE });
  const { docker, engine } = connection;
  await trySettings({ ...under, second: engine }, { [SECOND_HOST_VARIABLE]: dockerHost });
  const [{ busybox, nginx }] = await Promise.all([imagesOf(connection), sweep(docker)]);
  const view = await HostView.open(docker, busybox.reference, runId, "lease", "looks", "lease");
  const facts = await gatherFacts(docker, view);
  return {
    engine,
    facts: { dockerHost, facts, images: { busybox: busybox.reference, nginx: nginx.reference } },
    async cleanUp() {
      await sweep(docker, { only: runId, keepLease: true });
      await view.close();
      await connection.close();
    },
  };
}

/**
 * Looks whether the second host that is named will do, and leaves it alone.
 * @returns whether one is named
 * @throws UserError as {@link openSecondHost}
 */
export async function trySecondHost(
  under: Pick<TrialEngine, "docker" | "engine">,
  env: NodeJS.ProcessEnv = process.env,
): Promise<boolean> {
  const dockerHost = env[SECOND_HOST_VARIABLE]?.trim() ?? "";
  if (dockerHost === "") return false;
  await using connection = await connect(environmentOf(dockerHost, env), { origin: SECOND_HOST_VARIABLE });
  await trySettings({ ...under, second: connection.engine }, { [SECOND_HOST_VARIABLE]: dockerHost });
  await imagesOf(connection);
  return true;
}

/** The suites' images there; where one is missing, the way to it is another than on the host under test. */
async function imagesOf({ docker, endpoint }: EngineConnection): ReturnType<typeof findImages> {
  try {
    return await findImages(docker);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError({
      tried: `${error.tried} of the second host, ${endpoint.url} (${SECOND_HOST_VARIABLE})`,
      seen: error.seen,
      todo: `Provide it there: DOCKER_HOST=${endpoint.url} ./setup`,
    });
  }
}
