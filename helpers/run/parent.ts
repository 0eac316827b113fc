import { readFileSync } from "node:fs";

/** How often it is looked whether npm is still there, ms. */
const LOOK_MS = 1000;
const SHELLS = /^(sh|dash|bash|ash|busybox|zsh)$/;

interface Process {
  readonly command: string;
  readonly parent: number;
}

/**
 * Ends this process as SIGTERM does once the npm that started it is gone: whoever ends npm alone means the run, and a run
 * that nobody waits for goes on with the host under test. Nothing is watched where it was not npm that started it.
 */
export function endWithNpm(env: NodeJS.ProcessEnv = process.env): void {
  if (env.npm_lifecycle_event === undefined) return;
  const started = parents();
  const timer = setInterval(() => {
    if (parents() === started) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, LOOK_MS);
  timer.unref();
}

/** Those up to npm, between which a shell may stand: once one of them has ended, its child has another parent. */
function parents(): string {
  const { ppid } = process;
  const parent = readProcess(ppid);
  return parent !== null && SHELLS.test(parent.command) ? `${ppid} ${parent.parent}` : `${ppid}`;
}

function readProcess(pid: number): Process | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return null;
  }
}

/** Reads a line of /proc/PID/stat; a command's name may hold blanks and parentheses. Null when it is none. */
export function parseStat(text: string): Process | null {
  const [, command, parent] = /^\d+ \((.*)\) \S (\d+) /s.exec(text) ?? [];
  return command === undefined || parent === undefined ? null : { command, parent: Number.parseInt(parent, 10) };
}
