import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { lastErrors } from "./daemon-log.ts";
import { UserError } from "./errors.ts";
import type { RunAsRoot } from "./privileged.ts";
import { probeSocket } from "./probe-socket.ts";

/** How an engine was started, which is how it is stopped again. */
export type StartedEngine =
  | { readonly by: "systemd" }
  | { readonly by: "setup"; readonly pid: number; readonly log: string }
  /** The package's own script had started it already. */
  | { readonly by: "package" };

const LOG = "/var/log/dockerd.log";
/** dockerd's own pid file. */
const PID_FILE = "/var/run/docker.pid";

function alive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

function runningPid(): number | null {
  try {
    const pid = Number(readFileSync(PID_FILE, "utf8"));
    return pid > 0 && alive(pid) ? pid : null;
  } catch {
    return null;
  }
}

async function waitForAnswer(
  socketPath: string,
  stillStarting: () => boolean,
  milliseconds: number,
): Promise<"answers" | "ended" | "timed out"> {
  const deadline = Date.now() + milliseconds;
  while (Date.now() < deadline) {
    const state = await probeSocket(socketPath, 1_000);
    // `denied`: it listens; whether this user may talk to it is for `connect` to say.
    if (state === "answers" || state === "denied") return "answers";
    if (!stillStarting()) return "ended";
    await pause(50);
  }
  return "timed out";
}

/**
 * Starts the engine that is installed here and waits until it answers: through systemd where that runs, else as a
 * process of its own session that outlives this one, its log in `/var/log/dockerd.log`.
 *
 * @param milliseconds longest wait for the first answer
 * @throws UserError with dockerd's own last errors
 */
export async function startEngine(
  asRoot: RunAsRoot,
  socketPath: string,
  milliseconds = 60_000,
): Promise<StartedEngine> {
  const fail = (how: string, seen: string, log: string): UserError =>
    new UserError({
      tried: `starting the Docker Engine (${how})`,
      seen: [seen, ...lastErrors(log)].join("\n  "),
      todo: "Mend what dockerd complains about, then run ./setup again.",
    });

  if (existsSync("/run/systemd/system")) {
    const started = await asRoot("systemctl", ["start", "docker"]);
    const outcome = started.failed ? "ended" : await waitForAnswer(socketPath, () => true, milliseconds);
    if (outcome === "answers") return { by: "systemd" };
    const journal = await asRoot("journalctl", ["--unit=docker", "--lines=60", "--no-pager", "--output=cat"]);
    throw fail("systemctl start docker", started.failed ? "it failed" : "it does not answer", journal.stdout);
  }

  // A package's script may have started it a moment ago: a second dockerd would only fail.
  if (runningPid() !== null) {
    const outcome = await waitForAnswer(socketPath, () => runningPid() !== null, milliseconds);
    if (outcome === "answers") return { by: "package" };
  }

  // The redirection is the shell's, so that the log can be root's while this process is not.
  const script = 'wc -c <"$1" 2>/dev/null || echo 0; setsid dockerd >>"$1" 2>&1 </dev/null & echo $!';
  const started = await asRoot("sh", ["-c", script, "sh", LOG]);
  const [offset = 0, pid = 0] = started.stdout.split("\n").map(Number);
  const outcome = await waitForAnswer(socketPath, () => alive(pid), milliseconds);
  if (outcome === "answers") return { by: "setup", pid, log: LOG };
  const log = await asRoot("tail", ["-c", `+${offset + 1}`, LOG]);
  throw fail(`dockerd, log in ${LOG}`, outcome === "ended" ? "it ended" : "it does not answer", log.stdout);
}
