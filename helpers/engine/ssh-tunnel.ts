import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { SshEndpoint } from "./endpoint.ts";
import { UserError } from "./errors.ts";
import type { Forwarder } from "./forwarder.ts";

/**
 * Runs ssh until standard input ends, which it does when we close it or when this process dies, even by SIGKILL:
 * no tunnel and no directory stay behind. `$0` is the directory, `$@` ssh's arguments. The shell lets go of
 * standard error so that its end means ssh's end.
 */
const UNTIL_INPUT_ENDS = 'ssh "$@" & exec 2>/dev/null; cat >/dev/null; kill $!; wait; rm -rf "$0"';

/** How long ssh may take to say why it closed a forwarded connection, ms. */
const LAST_WORDS = 250;

/**
 * Forwards a private local unix socket to the engine's socket on the far side, by one `ssh -N -L` process for all
 * requests (dockerode's own ssh makes a connection for each). Resolves when the socket accepts connections, that is
 * after the login; whether the engine's socket exists on the far side shows only in use.
 *
 * In: the endpoint; a signal that gives up. Throws UserError with ssh's own words.
 */
export async function openTunnel(endpoint: SshEndpoint, signal: AbortSignal): Promise<Forwarder> {
  const directory = await mkdtemp(join(tmpdir(), "docker-ssh-"));
  const socketPath = join(directory, "docker.sock");
  const watcher = watch(directory);
  const shell = spawn("sh", ["-c", UNTIL_INPUT_ENDS, directory, ...sshArguments(endpoint, socketPath)], {
    // A session of its own: Ctrl-C must not cut the tunnel before what was made through it is removed.
    detached: true,
    stdio: ["pipe", "ignore", "pipe"],
  });
  let said = "";
  shell.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  // The shell may be gone when its input is closed.
  shell.stdin.on("error", () => {});
  const close = async () => {
    shell.ref();
    shell.stdin.destroy();
    if (shell.exitCode === null && shell.signalCode === null && shell.pid !== undefined) await once(shell, "exit");
  };
  try {
    await Promise.race([
      accepting(socketPath, watcher),
      once(shell.stderr, "close").then(() => {
        throw failure(endpoint, said);
      }),
      aborted(signal).then(() => {
        throw failure(endpoint, said || "ssh did not finish in time");
      }),
    ]);
  } catch (error) {
    await close();
    throw error;
  } finally {
    watcher.close();
  }
  letGo(shell);
  return {
    socketPath,
    trouble: async () => {
      if (said === "") await Promise.race([once(shell.stderr, "data"), delay(LAST_WORDS)]);
      return said === "" ? null : failure(endpoint, said);
    },
    close,
  };
}

function sshArguments(endpoint: SshEndpoint, socketPath: string): string[] {
  const options = {
    BatchMode: "yes",
    ExitOnForwardFailure: "yes",
    ConnectTimeout: "8",
    ServerAliveInterval: "15",
    StreamLocalBindUnlink: "yes",
    // A shared connection would live and die with somebody else's ssh.
    ControlMaster: "no",
    ControlPath: "none",
  };
  return [
    "-N",
    "-T",
    ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    "-L",
    `${socketPath}:${endpoint.socketPath}`,
    ...(endpoint.user === null ? [] : ["-l", endpoint.user]),
    ...(endpoint.port === null ? [] : ["-p", String(endpoint.port)]),
    "--",
    endpoint.host,
  ];
}

/** Resolves once somebody accepts connections at the socket; looks each time its directory changes. */
function accepting(socketPath: string, watcher: ReturnType<typeof watch>): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      const socket = connect(socketPath);
      socket.once("connect", () => {
        socket.destroy();
        resolve();
      });
      socket.once("error", (error: NodeJS.ErrnoException) => {
        // Between bind and listen the file is there and nobody behind it; no further change of the directory tells.
        if (error.code === "ECONNREFUSED") setTimeout(look, 5).unref();
      });
    };
    watcher.on("change", look);
  });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

/** An open tunnel alone must not keep this process running. */
function letGo(shell: ChildProcess): void {
  shell.unref();
  for (const stream of [shell.stdin, shell.stderr as Readable | null]) {
    if (stream !== null && "unref" in stream && typeof stream.unref === "function") stream.unref();
  }
}

function failure(endpoint: SshEndpoint, said: string): UserError {
  const words = said.trim().split(/\r?\n/).join("; ") || "ssh ended and said nothing";
  const login = [
    "ssh",
    ...(endpoint.port === null ? [] : ["-p", endpoint.port]),
    endpoint.user === null ? endpoint.host : `${endpoint.user}@${endpoint.host}`,
  ].join(" ");
  return new UserError({
    tried: `Forwarding the engine's socket by ssh from ${endpoint.url} (${endpoint.origin})`,
    seen: words,
    todo: advice(endpoint, words, login),
  });
}

function advice(endpoint: SshEndpoint, words: string, login: string): string {
  if (/ssh: not found|ssh: command not found/.test(words)) return "Install the OpenSSH client.";
  if (/Host key verification failed|REMOTE HOST IDENTIFICATION/.test(words)) {
    return `Run "${login}" once by hand and judge the host's key.`;
  }
  if (/Permission denied/.test(words)) {
    return `Make "${login}" work without a password: a key without passphrase, or an ssh agent.`;
  }
  if (/Could not resolve hostname/.test(words)) return "Check the host's name.";
  if (/administratively prohibited/.test(words)) {
    return "Allow it in the host's sshd_config: AllowStreamLocalForwarding yes.";
  }
  if (/open failed/.test(words)) {
    return `Check on the host that ${endpoint.socketPath} exists and is open to this user; another path goes behind the host: ssh://host/path/to/docker.sock.`;
  }
  return `Find out with "${login}" why the host can't be reached.`;
}
