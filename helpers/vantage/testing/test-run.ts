import type Dockerode from "dockerode";
import { connect } from "../../engine/connect.ts";
import { findImages, type ImageRole } from "../../engine/images.ts";
import { newRunId } from "../../engine/run-identity.ts";
import { sweep } from "../../engine/sweep.ts";
import { HostView } from "../host-view.ts";

/** A run of a test's own on a real engine; its lease keeps the sweeps of other runs off its objects. */
export interface TestRun {
  readonly docker: Dockerode;
  readonly images: Readonly<Record<ImageRole, string>>;
  readonly runId: string;
  readonly view: HostView;
  /** Removes everything of this run. */
  end(): Promise<void>;
}

/** Opens a run on the engine that this environment names; null, with the reason told, when none can be used. */
export async function testRun(): Promise<TestRun | null> {
  try {
    const connection = await connect();
    const { docker } = connection;
    const images = await findImages(docker);
    const runId = newRunId();
    const view = await HostView.open(docker, images.busybox.reference, runId, "lease", "looks", "lease");
    return {
      docker,
      images: { busybox: images.busybox.reference, nginx: images.nginx.reference },
      runId,
      view,
      async end() {
        await view.close();
        await sweep(docker, { only: runId });
        await connection.close();
      },
    };
  } catch (error) {
    console.warn(`skipped: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}
