import { gunzipSync } from "node:zlib";
import type Dockerode from "dockerode";
import { LABEL, labelsOf, nameOf, newRunId } from "../engine/run-identity.ts";
import { removeContainer } from "../engine/sweep.ts";
import { type AskOptions, type Evidence, ProbeFailed, type Vantage } from "../model/evidence.ts";
import { HOST } from "../model/question.ts";
import { quoted } from "../model/shell-words.ts";
import { ResidentShell, residentShellFields } from "./resident-shell.ts";

/**
 * Capabilities of a container that looks at the host, each for one purpose; the container is not privileged.
 * - SYS_ADMIN, SYS_CHROOT: enter dockerd's mount namespace, to run the host's own programs there
 * - SYS_PTRACE: enter the namespaces of processes that may do more, and read `/proc/<pid>/root`
 */
const ENTERING = ["SYS_ADMIN", "SYS_CHROOT", "SYS_PTRACE"];

/**
 * What a view may do, by its duty; none may more than that.
 * - `looks`: reads and asks. DAC_READ_SEARCH for `daemon.json` and the sockets of other users, NET_ADMIN to list firewall
 *   rules, NET_RAW for what only a raw socket does: `iptables-legacy` reads the kernel's tables by one, ping and arping
 *   send by one
 * - `captures`: runs the host's tcpdump. It sets its user and groups, to those that it has as well (Debian 12's does so
 *   even with `-Z root`), and gives up when it may not
 */
export const DUTIES = {
  looks: [...ENTERING, "DAC_READ_SEARCH", "NET_ADMIN", "NET_RAW"],
  captures: [...ENTERING, "NET_RAW", "SETUID", "SETGID"],
} as const satisfies Record<string, readonly string[]>;

export type Duty = keyof typeof DUTIES;

/** What lets a container enter the namespaces of the host's processes; it is to be in the host's network and PID namespaces. */
export const ENTERS_HOST = {
  PidMode: "host",
  UsernsMode: "host",
  // AppArmor's docker-default profile forbids to read other processes' namespaces, SELinux likewise.
  SecurityOpt: ["apparmor=unconfined", "label=disable"],
};

/** Where hosts keep their programs; NixOS' place last. */
export const HOST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin";

/**
 * One line of shell to be run by the host's own shell in the mount and network namespace of a process. Through
 * `/bin/sh` by its path: BusyBox `nsenter` takes any other name that is also one of its applets (`sh`, `ip`) for the
 * applet, and the answer would be BusyBox's instead of the host's.
 */
export function asHost(pid: number, command: string): string {
  return `PATH=${HOST_PATH} nsenter -t ${pid} -m -n -- /bin/sh -c ${quoted(command)}`;
}

/**
 * Prints a file as a process sees it, links that start at its root and all: behind `/proc/<pid>/root` such a link leads
 * to the reader's own root. The program may be the host's `cat` or BusyBox' own, which goes along.
 */
export function readAsHost(pid: number, path: string): string {
  return `PATH=${HOST_PATH} nsenter -t ${pid} -m -- cat ${quoted(path)}`;
}

/** What every command has in front that {@link asHost} made. */
export const HOST_PROGRAMS_RUN_IN = /nsenter -t \d+ -m /;

/**
 * The engine's host as a vantage point: a container in the host's network and PID namespaces, so that a remote engine
 * is seen as well as a local one. Commands run with BusyBox in the host's network namespace; {@link own} runs the
 * host's own programs in dockerd's mount namespace.
 */
export class HostView implements Vantage {
  readonly label = "host";
  readonly place = HOST;
  readonly containerId: string;
  readonly #docker: Dockerode;
  readonly #shell: ResidentShell;
  #dockerdPid: Promise<number | null> | undefined;

  private constructor(docker: Dockerode, containerId: string, shell: ResidentShell) {
    this.#docker = docker;
    this.containerId = containerId;
    this.#shell = shell;
  }

  /**
   * Starts the host's view. `role: "lease"` makes it the container whose life is the run's life.
   * @param image reference of a BusyBox image that the engine has
   */
  static async open(
    docker: Dockerode,
    image: string,
    runId: string,
    what: string,
    duty: Duty,
    role: "lease" | "probe" = "probe",
  ): Promise<HostView> {
    const container = await docker.createContainer({
      name: nameOf(runId, what),
      Image: image,
      Labels: { ...labelsOf(runId, role), [LABEL.leaves]: "true" },
      ...residentShellFields([]),
      HostConfig: {
        AutoRemove: true,
        NetworkMode: "host",
        ...ENTERS_HOST,
        CapDrop: ["ALL"],
        CapAdd: [...DUTIES[duty]],
        // What it keeps for a moment lies in its own /dev/shm.
        ReadonlyRootfs: true,
      },
    });
    try {
      const shell = await ResidentShell.attach(docker, container.id, "host", HOST);
      await container.start();
      await shell.ready();
      return new HostView(docker, container.id, shell);
    } catch (error) {
      await removeContainer(docker, container.id).catch(() => undefined);
      throw error;
    }
  }

  /** The view of a command that starts nothing else: it is the lease of a run of its own. */
  static async alone(docker: Dockerode, image: string, what: string): Promise<HostView> {
    return await HostView.open(docker, image, newRunId(), what, "looks", "lease");
  }

  /** Runs one line of shell in the host's network and PID namespaces with the image's BusyBox. */
  async ask(command: string, options?: AskOptions): Promise<Evidence> {
    return await this.#shell.ask(command, options);
  }

  /**
   * Like {@link ask}, for answers of thousands of lines: they come compressed. A shell that tells an answer line by line,
   * as it does otherwise, takes longer for it than the programs whose answer it is.
   * @returns no output where the command was cut short by its deadline
   */
  async askMuch(command: string, options?: AskOptions): Promise<Evidence> {
    const told = await this.#shell.ask(`{ ${command}; } | gzip -c | base64`, options);
    const stdout = told.exitCode === 0 ? gunzipSync(Buffer.from(told.stdout, "base64")).toString() : "";
    return { ...told, command, stdout };
  }

  /** Like {@link ask}, for commands with an effect. */
  async act(command: string, options?: AskOptions): Promise<Evidence> {
    return await this.#shell.act(command, options);
  }

  /**
   * Runs one of the host's own programs where dockerd runs: in its mount namespace and, for rootless engines, its
   * network namespace.
   */
  async own(command: string, options?: AskOptions): Promise<Evidence> {
    return await this.#shell.ask(asHost((await this.dockerdPid()) ?? 1, command), options);
  }

  /**
   * dockerd's pid in the host's PID namespace: the one dockerd that shares this view's network namespace (a host may
   * run engines inside containers beside its own). Null when none is found.
   */
  async dockerdPid(): Promise<number | null> {
    this.#dockerdPid ??= this.#findDockerd();
    return await this.#dockerdPid;
  }

  /** Removes the container at once. */
  async close(): Promise<void> {
    this.#shell.close();
    await removeContainer(this.#docker, this.containerId);
  }

  async #findDockerd(): Promise<number | null> {
    const script =
      "mine=$(readlink /proc/self/ns/net); for p in /proc/[0-9]*; do read -r n <$p/comm || continue; " +
      'case $n in dockerd*|.dockerd*) ;; *) continue;; esac; [ "$(readlink $p/ns/net)" = "$mine" ] || continue; ' +
      'while read -r k v; do [ "$k" = PPid: ] && echo "${p#/proc/} $v $n $(readlink $p/exe)"; done <$p/status; done 2>/dev/null; true';
    const { stdout, exitCode, stderr } = await this.#shell.ask(script);
    if (exitCode !== 0) throw new ProbeFailed(`the host's processes can't be listed: ${stderr.trim()}`);
    return dockerdOf(stdout);
  }
}

/** `dockerd`, and what packages call the program that a wrapper of that name starts (NixOS: `.dockerd-wrapped`). */
const PROGRAM = /(?:^|\/)\.?dockerd(?:[.-][^/]*)?(?: \(deleted\))?$/;

/**
 * The engine among the processes with such a name: not the script that starts it, where there is one.
 * @param list lines of pid, parent's pid, name, and program where it could be read
 * @returns its pid; null where there is none
 */
export function dockerdOf(list: string): number | null {
  const found = [...list.matchAll(/^(\d+) (\d+) (\S+) ?(.*)$/gm)].map(([, pid, parent, name = "", program = ""]) => ({
    pid: Number(pid),
    parent: Number(parent),
    name,
    program,
  }));
  const programs = found.filter(({ program }) => PROGRAM.test(program));
  const engines = programs.length > 0 ? programs : found.filter(({ name }) => name === "dockerd");
  // A program that dockerd starts (runc, docker-init, iptables) is called dockerd too until it is exec'ed, and may be
  // gone before the next question.
  const pids = new Set(engines.map(({ pid }) => pid));
  return engines.find(({ parent }) => !pids.has(parent))?.pid ?? null;
}
