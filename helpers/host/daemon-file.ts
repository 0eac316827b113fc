import type Dockerode from "dockerode";
import { UserError } from "../engine/errors.ts";
import { findImages } from "../engine/images.ts";
import type { Facts } from "../model/facts.ts";
import { HostView } from "../vantage/host-view.ts";
import { askForFile, gatherFacts } from "./gather-facts.ts";

/** The file that the engine's dockerd reads, on the engine's host. */
export interface DaemonFile {
  readonly path: string;
  /** Its text as it lies there now; null = there is no such file. */
  readonly text: string | null;
  /** dockerd's arguments without the program's name. */
  readonly flags: readonly string[];
}

/**
 * The file of an engine, read by a container of ours that lasts as long as that takes.
 * @param what names that container
 * @throws UserError as {@link readDaemonFile} does, and where no image or no view of the host can be had
 */
export async function lookAtDaemonFile(docker: Dockerode, what: string): Promise<DaemonFile> {
  const images = await findImages(docker);
  const host = await HostView.alone(docker, images.busybox.reference, what);
  try {
    return await readDaemonFile(host, await gatherFacts(docker, host));
  } finally {
    await host.close();
  }
}

/** @throws UserError when dockerd can't be looked at: a guess would compare with the wrong file */
export async function readDaemonFile(host: HostView, facts: Facts): Promise<DaemonFile> {
  const path = facts.configurationFile?.path;
  const pid = facts.host?.dockerdPid ?? null;
  if (pid === null || path === undefined)
    throw new UserError({
      tried: "Looking for the configuration of the engine's dockerd",
      seen: "no dockerd is seen on the engine's host",
      todo: "The engine must run where its host's processes can be looked at.",
    });
  const { present, text } = await askForFile(host, pid, path);
  return { path, text: present ? text : null, flags: facts.host?.dockerdFlags ?? [] };
}
