import type { HostView } from "../vantage/host-view.ts";
import type { FoundContainer } from "./foreign-containers.ts";

/** Deadline of the question. */
const SECONDS = 20;

/**
 * Which of the host's sockets the processes of containers in host mode have, as the host's own /proc shows it: which
 * processes are a container's its control group tells, and the files that they have open name sockets by their inodes.
 * Nothing of a container's is entered.
 * @returns by container's id; none where nobody could tell
 */
export async function heldSockets(
  host: HostView,
  found: readonly FoundContainer[],
): Promise<ReadonlyMap<string, readonly number[]>> {
  const ids = found.flatMap(({ container: { id, pid, networkMode } }) =>
    pid > 0 && networkMode === "host" ? [id] : [],
  );
  if (ids.length === 0) return new Map();
  const { stdout, exitCode } = await host.ask(heldScript(ids), { seconds: SECONDS });
  return exitCode === 0 ? readHeld(ids, stdout) : new Map();
}

/** One process looks for the containers of all processes. */
function heldScript(ids: readonly string[]): string {
  return `grep -Hsoe ${ids.join(" -e ")} /proc/[0-9]*/cgroup | sort -u | while IFS=: read -r f id; do echo "> $id"; ls -l "\${f%cgroup}fd" 2>/dev/null; done; true`;
}

/** @param printed `> id` above `ls -l` of the open files of one of its processes */
export function readHeld(ids: readonly string[], printed: string): ReadonlyMap<string, readonly number[]> {
  const held = new Map<string, number[]>();
  for (const block of printed.split(/^> /m).slice(1)) {
    const id = block.slice(0, block.indexOf("\n"));
    const inodes = [...block.matchAll(/-> socket:\[(\d+)\]$/gm)].map(([, inode]) => Number(inode));
    if (ids.includes(id)) held.set(id, [...(held.get(id) ?? []), ...inodes]);
  }
  return held;
}
