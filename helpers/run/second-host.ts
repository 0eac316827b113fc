import { connect } from "../engine/connect.ts";
import type { SecondHostFacts } from "../engine/facts.ts";
import { findImages } from "../engine/images.ts";
import { environmentOf, SECOND_HOST_VARIABLE } from "../engine/second-engine.ts";
import { sweep } from "../engine/sweep.ts";
import { gatherFacts } from "../host/gather-facts.ts";
import { HostView } from "../vantage/host-view.ts";

/** The second host for the time of a run. */
export interface SecondHost {
  readonly facts: SecondHostFacts;
  /** Removes everything of the run from it. */
  cleanUp(): Promise<void>;
}

/**
 * Opens the second Docker host that `DNC_SECOND_HOST` names: what killed runs left there goes, the run's lease comes.
 * @returns null when none is named
 * @throws UserError when it can't be reached or lacks the images
 */
export async function openSecondHost(runId: string, env: NodeJS.ProcessEnv = process.env): Promise<SecondHost | null> {
  const dockerHost = env[SECOND_HOST_VARIABLE];
  if (dockerHost === undefined || dockerHost === "") return null;
  const connection = await connect(environmentOf(dockerHost, env));
  const { docker } = connection;
  const [{ busybox, nginx }] = await Promise.all([findImages(docker), sweep(docker)]);
  const view = await HostView.open(docker, busybox.reference, runId, "lease", "lease");
  const facts = await gatherFacts(docker, view);
  return {
    facts: { dockerHost, facts, images: { busybox: busybox.reference, nginx: nginx.reference } },
    async cleanUp() {
      await sweep(docker, { only: runId, keepLease: true });
      await view.close();
      await connection.close();
    },
  };
}
