import type { DaemonJson } from "../configuration/daemon-json.ts";
import { OTHER_KEYS } from "../configuration/other-keys.ts";

/** Keys besides the networking ones that a disposable engine takes as they are: they name nothing of the host. */
const HARMLESS: ReadonlySet<string> = new Set([
  "debug",
  "default-cgroupns-mode",
  "default-ipc-mode",
  "default-shm-size",
  "default-stop-timeout",
  "default-ulimits",
  "features",
  "init",
  "insecure-registries",
  "labels",
  "log-format",
  "log-level",
  "max-concurrent-downloads",
  "max-concurrent-uploads",
  "max-download-attempts",
  "network-control-plane-mtu",
  "no-new-privileges",
  "raw-logs",
  "registry-mirrors",
  "shutdown-timeout",
]);

/** A candidate's text as it is rehearsed, and what had to be taken out of it. */
export interface RehearsedText {
  readonly text: string;
  /** Keys that name files, devices, sockets or drivers of the host. */
  readonly leftOut: readonly string[];
}

/**
 * What of a file is rehearsed: the very text where nothing has to be taken out, so that dockerd sees each comma of it.
 * What dockerd refuses stays, for dockerd to say so, and so does a name that it takes nothing from.
 */
export function rehearsedText(text: string, { values, problems }: DaemonJson): RehearsedText {
  const refused = new Set(problems.filter((problem) => problem.refused).map(({ key }) => key));
  const leftOut = Object.keys(values).filter(
    (key) => Object.hasOwn(OTHER_KEYS, key) && !HARMLESS.has(key) && !refused.has(key),
  );
  if (leftOut.length === 0) return { text, leftOut };
  const kept = Object.entries(values).filter(([key]) => !leftOut.includes(key));
  return { text: JSON.stringify(Object.fromEntries(kept), null, 2), leftOut };
}
