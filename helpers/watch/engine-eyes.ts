import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type { Connection } from "../engine/connect.ts";
import { findImages } from "../engine/images.ts";
import { readDaemonFile } from "../host/daemon-file.ts";
import { gatherFacts } from "../host/gather-facts.ts";
import { hostStateMark, takeHostState } from "../host/host-state.ts";
import { HostView } from "../vantage/host-view.ts";
import type { Eyes } from "./watch.ts";

/** Eyes on a real engine; what they hold there goes with {@link close}. */
export interface EngineEyes extends Eyes {
  close(): Promise<void>;
}

/**
 * Looks at an engine's host by a container of ours, which ends with this process, and listens to the engine's events.
 * @throws when the engine does not answer, or its dockerd can't be looked at
 */
export async function openEyes({ docker }: Connection): Promise<EngineEyes> {
  const images = await findImages(docker);
  const host = await HostView.alone(docker, images.busybox.reference, "watch");
  try {
    const facts = await gatherFacts(docker, host);
    const { path } = await readDaemonFile(host, facts);
    const events = (await docker.getEvents({ filters: { type: ["daemon"], event: ["reload"] } })) as Readable;
    let reloads = 0;
    let hasEnded = false;
    let wake: AbortController | undefined;
    const end = () => {
      hasEnded = true;
      wake?.abort();
    };
    events.on("data", () => {
      reloads++;
      wake?.abort();
    });
    // The engine went away, or something between cut what was silent for long: a reload would not be seen any more.
    events.on("error", end).on("end", end).on("close", end);
    return {
      mark: async () => {
        if (hasEnded) throw new Error("its events ended");
        return await hostStateMark(host, path);
      },
      look: async () => {
        const { text } = await readDaemonFile(host, facts);
        const file = text === null ? "none" : createHash("sha256").update(text).digest("hex");
        return { state: await takeHostState(host), file };
      },
      reloads: () => {
        const since = reloads;
        reloads = 0;
        return since;
      },
      wait: async (ms) => {
        wake = new AbortController();
        await pause(ms, undefined, { signal: wake.signal }).catch(() => undefined);
      },
      close: async () => {
        events.destroy();
        await host.close();
      },
    };
  } catch (error) {
    await host.close().catch(() => undefined);
    throw error;
  }
}
