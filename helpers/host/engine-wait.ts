import type { EngineWait } from "../model/disturbance.ts";
import type { HostView } from "../vantage/host-view.ts";

/** A process as `/proc/<pid>/stat` has it. */
interface Process {
  readonly pid: number;
  readonly name: string;
  readonly parent: number;
}

/** What dockerd starts for as long as it runs, or as a container does. */
const STAYS = /^(?:docker-proxy|docker-init|containerd.*|runc|rootlesskit.*)$/;

/**
 * What an engine that does nothing waits for: the program that it has started and that does not end, and the file lock
 * that this one waits for, with its holder. Reads `/proc` of the host.
 * @returns null where dockerd was not found, or waits for nothing that shows there
 */
export async function engineWait(host: Pick<HostView, "ask" | "dockerdPid">): Promise<EngineWait | null> {
  const dockerd = await host.dockerdPid();
  if (dockerd === null) return null;
  const [stats, locks] = await Promise.all([
    host.ask("cat /proc/[0-9]*/stat 2>/dev/null; true"),
    host.ask("cat /proc/locks"),
  ]);
  const found = programOf(dockerd, processes(stats.stdout), blockedLocks(locks.stdout));
  if (found?.lock == null) return found === null ? null : { program: found.program, lock: null };
  const files = await host.ask(
    `for f in /proc/${found.program.pid}/fd/*; do echo "$(stat -L -c %i $f) $(readlink $f)"; done 2>/dev/null; true`,
  );
  const file = new RegExp(`^${found.lock.inode} (/.*)$`, "m").exec(files.stdout)?.[1] ?? null;
  return { program: found.program, lock: { file, holder: found.lock.holder } };
}

/** A lock that a process waits for. */
interface BlockedLock {
  readonly waiter: number;
  readonly holder: number;
  readonly inode: string;
}

/** @param text `/proc/locks`: the waiters of a lock stand below it, with its number and an arrow */
export function blockedLocks(text: string): BlockedLock[] {
  const lines = [...text.matchAll(/^(\d+): (-> )?\S+\s+\S+\s+\S+\s+(-?\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /gm)].map(
    ([, number, arrow, pid, inode = ""]) => ({ number, waits: arrow !== undefined, pid: Number(pid), inode }),
  );
  return lines.flatMap(({ number, waits, pid, inode }) => {
    const held = lines.find((one) => one.number === number && !one.waits);
    return waits && held !== undefined ? [{ waiter: pid, holder: held.pid, inode }] : [];
  });
}

/** @param text one `/proc/<pid>/stat` after the other; names may have blanks and brackets. Who has ended (Z) waits for nothing */
export function processes(text: string): Process[] {
  return [...text.matchAll(/^(\d+) \((.*)\) [^Z] (\d+) /gm)].map(([, pid, name = "", parent]) => ({
    pid: Number(pid),
    name,
    parent: Number(parent),
  }));
}

/** The program of dockerd that waits for a lock, else one that it waits for itself. */
function programOf(dockerd: number, all: readonly Process[], locks: readonly BlockedLock[]) {
  const own = all.filter(({ parent, name }) => parent === dockerd && !STAYS.test(name));
  const nameOf = (pid: number) => all.find((one) => one.pid === pid)?.name ?? "";
  for (const { pid, name } of own) {
    const lock = locks.find(({ waiter }) => waiter === pid);
    if (lock !== undefined)
      return {
        program: { pid, name },
        lock: { inode: lock.inode, holder: { pid: lock.holder, name: nameOf(lock.holder) } },
      };
  }
  const [first] = own;
  return first === undefined ? null : { program: { pid: first.pid, name: first.name }, lock: null };
}
