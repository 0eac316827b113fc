import type Dockerode from "dockerode";
import { clientAt } from "../engine/connection.ts";
import { lastErrors } from "../engine/daemon-log.ts";
import { UserError } from "../engine/errors.ts";
import { labelsOf, nameOf } from "../engine/run-identity.ts";
import { removeContainer } from "../engine/sweep.ts";
import { ResidentShell, residentShellFields } from "../vantage/resident-shell.ts";
import { BOOT, DAEMON_LOG, EXIT_CODE, FORGET_NETWORK, startDockerd } from "./boot.ts";
import { openPassage, type Passage } from "./passage.ts";

/** How long a lab host's engine may take to answer. */
const ANSWERS_WITHIN_MS = 60_000;
const POLL_MS = 50;
/** Bytes of a file that one line of shell carries. */
const PIECE = 48 * 1024;

/** What a lab host is made of. */
interface LabHostOptions {
  readonly name: string;
  readonly image: string;
  /** The network of the outer engine that is the hosts' LAN. */
  readonly lan: string;
  readonly capabilities: readonly string[];
  /** Content of its `/etc/docker/daemon.json`; undefined = none. */
  readonly daemonJson?: string | undefined;
  /** False: a machine on which dockerd never ran; {@link LabHost.startEngine} starts it. */
  readonly engineRuns?: boolean | undefined;
  /** Lines of shell that the host runs before dockerd starts. */
  readonly prepare?: readonly string[] | undefined;
  /** The outer engine's loopback is this process's: what is published there can be reached. */
  readonly onThisLoopback: boolean;
}

const API_PORT = 2375;

/** A disposable Docker host: a container of the outer engine in which another engine runs. */
export class LabHost {
  readonly name: string;
  readonly containerId: string;
  /** `DOCKER_HOST` of its engine. */
  readonly url: string;
  /** Its address on the LAN. */
  readonly address: string;
  /** Its IPv6 address there; null where the LAN has none. */
  readonly addressV6: string | null;
  readonly docker: Dockerode;
  /** A shell in the host's own namespaces, with the host's own programs. */
  readonly shell: ResidentShell;
  readonly #outer: Dockerode;
  /** Null where its port is published on this loopback. */
  readonly #passage: Passage | null;

  private constructor(
    options: LabHostOptions,
    outer: Dockerode,
    containerId: string,
    shell: ResidentShell,
    way: { readonly docker: Dockerode; readonly port: number; readonly passage: Passage | null },
    addresses: { readonly ipv4: string; readonly ipv6: string | null },
  ) {
    this.name = options.name;
    this.#outer = outer;
    this.containerId = containerId;
    this.shell = shell;
    this.address = addresses.ipv4;
    this.addressV6 = addresses.ipv6;
    this.#passage = way.passage;
    this.url = `tcp://127.0.0.1:${way.port}`;
    this.docker = way.docker;
  }

  /**
   * Starts a host and its engine. The container ends by itself when this process does.
   * @throws UserError with dockerd's own last words when its engine does not start
   */
  static async start(outer: Dockerode, runId: string, options: LabHostOptions): Promise<LabHost> {
    const container = await outer.createContainer({
      name: nameOf(runId, `lab-${options.name}`),
      Hostname: options.name,
      Image: options.image,
      Labels: labelsOf(runId),
      ...residentShellFields(BOOT),
      ExposedPorts: { [`${API_PORT}/tcp`]: {} },
      // Overlay on overlay is refused; an anonymous volume goes with its container.
      Volumes: { "/var/lib/docker": {} },
      HostConfig: {
        AutoRemove: true,
        Init: true,
        NetworkMode: options.lan,
        CapDrop: ["ALL"],
        CapAdd: [...options.capabilities],
        SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined", "label=disable"],
        // `--security-opt systempaths=unconfined`: an engine mounts /proc for its containers and writes sysctls.
        MaskedPaths: [],
        ReadonlyPaths: [],
        DeviceCgroupRules: ["a *:* rwm"],
        CgroupnsMode: "private",
        Tmpfs: { "/run": "exec" },
        ...(options.onThisLoopback
          ? { PortBindings: { [`${API_PORT}/tcp`]: [{ HostIp: "127.0.0.1", HostPort: "" }] } }
          : {}),
      } as Dockerode.HostConfig,
    });
    let passage: Passage | null = null;
    try {
      const shell = await ResidentShell.attach(outer, container.id, `lab host ${options.name}`, {
        kind: "other machine",
        name: options.name,
      });
      await container.start();
      await shell.ready();
      const { NetworkSettings } = await container.inspect();
      passage = options.onThisLoopback ? null : await openPassage(outer, container.id, API_PORT);
      const port = passage?.port ?? Number(NetworkSettings.Ports[`${API_PORT}/tcp`]?.[0]?.HostPort);
      const onLan = NetworkSettings.Networks[options.lan];
      const addresses = { ipv4: onLan?.IPAddress ?? "", ipv6: onLan?.GlobalIPv6Address || null };
      const docker = await clientAt({ host: "127.0.0.1", port, protocol: "http" });
      const host = new LabHost(options, outer, container.id, shell, { docker, port, passage }, addresses);
      for (const line of options.prepare ?? []) await host.must(line);
      if (options.daemonJson !== undefined) await host.configure(options.daemonJson);
      if (options.engineRuns !== false) await host.startEngine();
      return host;
    } catch (error) {
      passage?.close();
      await removeContainer(outer, container.id).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Changes the host, or reads what is certainly there. That it can't be is no finding about Docker.
   * @param line of shell, in the host's own namespaces
   * @param seconds how long it may take
   * @returns its standard output, without blanks around it
   * @throws UserError when its exit code is not 0
   */
  async must(line: string, seconds = 10): Promise<string> {
    const done = await this.shell.act(line, { seconds });
    if (done.exitCode === 0) return done.stdout.trim();
    throw new UserError({
      tried: `On lab host ${this.name}: ${line}`,
      seen: done.stderr.trim() || `exit code ${done.exitCode}`,
      todo: "The lab's kernel or its image can't do it; leave out what needs it.",
    });
  }

  /**
   * Starts dockerd and waits until it answers.
   * @param flags beside those by which it is reached
   * @throws UserError with its last words when it ends instead
   */
  async startEngine(flags: readonly string[] = []): Promise<void> {
    await this.shell.act(startDockerd(flags));
    for (const deadline = performance.now() + ANSWERS_WITHIN_MS; ; ) {
      if (await answers(this.docker)) return;
      const ended = (await this.shell.act(`test -e ${EXIT_CODE}`)).exitCode === 0;
      if (!ended && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        continue;
      }
      throw new UserError({
        tried: `Starting the engine of lab host ${this.name}`,
        seen: `${ended ? "dockerd ended" : "it does not answer"}: ${await this.#lastWords()}`,
        todo: "The words are dockerd's own: look at its daemon.json, and at what its host may do.",
      });
    }
  }

  /** Ends dockerd in order and waits until it is gone. */
  async stopEngine(): Promise<void> {
    await this.shell.act(`pkill -TERM -x dockerd; until test -e ${EXIT_CODE}; do sleep 0.1; done`, { seconds: 60 });
  }

  /** Kills dockerd as a crash does, with everything it would have cleared away left as it is; waits until it is gone. */
  async killEngine(): Promise<void> {
    await this.shell.act(`pkill -KILL -x dockerd; until test -e ${EXIT_CODE}; do sleep 0.1; done`, { seconds: 60 });
  }

  /** Reboots it as far as a container can: the engine ends, and of its network, devices and rules nothing stays. */
  async reboot(): Promise<void> {
    await this.stopEngine();
    await this.must(FORGET_NETWORK);
  }

  /** What dockerd said when it ended. */
  async #lastWords(): Promise<string> {
    const { stdout } = await this.shell.act(`tail -c 32768 ${DAEMON_LOG}`);
    return lastErrors(stdout, 1)[0] ?? "its log is empty";
  }

  /** Writes its `daemon.json`, to the letter; the engine reads it when it starts. */
  async configure(daemonJson: string): Promise<void> {
    await this.write("/etc/docker/daemon.json", daemonJson);
  }

  /**
   * Writes a file, to the letter. A line of shell holds 128 KiB at most, so it goes there in pieces.
   * @param path without anything that a shell would read otherwise
   */
  async write(path: string, content: string): Promise<void> {
    const bytes = Buffer.from(content);
    await this.must(`: >${path}`);
    for (let at = 0; at < bytes.length; at += PIECE)
      await this.must(`echo ${bytes.subarray(at, at + PIECE).toString("base64")} | base64 -d >>${path}`);
  }

  /** Removes the host with everything in it. */
  async remove(): Promise<void> {
    this.shell.close();
    this.#passage?.close();
    await removeContainer(this.#outer, this.containerId);
  }
}

async function answers(docker: Dockerode): Promise<boolean> {
  try {
    await docker.version();
    return true;
  } catch {
    return false;
  }
}
