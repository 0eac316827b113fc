import type { Fault } from "../fault.ts";

/** The file that the suites write. */
export const FILE = "/etc/docker/daemon.json";
/** What the shadowed dockerd is started with instead. */
export const OTHER = "/run/docker-other.json";
/** The host's own dockerd, with the words as they are by then. */
export const START = 'exec "$D" "$@"';

export interface Shadowed extends Pick<Fault, "id" | "breaks" | "comesBy" | "caughtBy" | "cause" | "since" | "until"> {
  readonly script: string;
  /** Shell that is done to each of these hosts as it comes up. */
  readonly host?: string;
}

/** Another dockerd on the hosts that the suites start: it ends with them. */
export function shadowed({ script, host, ...fault }: Shadowed): Fault {
  return {
    ...fault,
    layer: "configuration",
    strike: { when: "dockerd of a lab host starts", script, ...(host === undefined ? {} : { host }) },
    undo: [],
  };
}
