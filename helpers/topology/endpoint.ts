import type Dockerode from "dockerode";
import { askForContainer } from "../engine/answers.ts";
import { removeContainer } from "../engine/sweep.ts";
import type { EndpointSettings, Inspected } from "../model/engine-answers.ts";
import { type AskOptions, type Evidence, ProbeFailed, type Vantage } from "../model/evidence.ts";
import type { Place } from "../model/question.ts";
import { record } from "../vantage/recorder.ts";
import { ResidentShell } from "../vantage/resident-shell.ts";

const ENGINE: Place = { kind: "engine", name: "" };

/** A started container: a place to probe from and to. */
export class Endpoint implements Vantage {
  /** Its key in the topology. */
  readonly key: string;
  readonly name: string;
  readonly id: string;
  readonly label: string;
  readonly place: Place;
  readonly #docker: Dockerode;
  /** Engine names of the topology's networks by key. */
  readonly #networkNames: ReadonlyMap<string, string>;
  #shell: ResidentShell;
  #inspected: Inspected;

  constructor(parts: {
    key: string;
    name: string;
    id: string;
    docker: Dockerode;
    shell: ResidentShell;
    inspected: Inspected;
    networkNames: ReadonlyMap<string, string>;
  }) {
    this.key = parts.key;
    this.name = parts.name;
    this.id = parts.id;
    this.label = `container ${parts.name}`;
    this.place = { kind: "container", name: parts.name };
    this.#docker = parts.docker;
    this.#shell = parts.shell;
    this.#inspected = parts.inspected;
    this.#networkNames = parts.networkNames;
  }

  /** The container as dockerode's object, for calls that have no method here. */
  get container(): Dockerode.Container {
    return this.#docker.getContainer(this.id);
  }

  /** The 12-digit id: its default hostname, and a name on user-defined networks. */
  get shortId(): string {
    return this.id.slice(0, 12);
  }

  /** Asks one line of shell in the container; the same question under way at the same time is asked once. */
  async ask(command: string, options?: AskOptions): Promise<Evidence> {
    return await this.#shell.ask(command, options);
  }

  /** Like {@link ask}, for commands with an effect. */
  async act(command: string, options?: AskOptions): Promise<Evidence> {
    return await this.#shell.act(command, options);
  }

  /** What the engine says about the container now; stands in the evidence. */
  async inspect(): Promise<Inspected> {
    const started = performance.now();
    this.#inspected = await askForContainer(this.#docker, this.id);
    const { State, HostConfig, NetworkSettings } = this.#inspected;
    record({
      vantage: "engine API",
      place: ENGINE,
      question: { kind: "read", from: ENGINE, what: "container", of: this.name },
      command: `GET /containers/${this.name}/json`,
      exitCode: 200,
      timedOut: false,
      stdout: JSON.stringify({ Id: this.id, State, NetworkMode: HostConfig.NetworkMode, NetworkSettings }),
      stderr: "",
      ms: Math.round(performance.now() - started),
    });
    return this.#inspected;
  }

  /** What the engine said about the container when it was last inspected (at its start, unless asked again). */
  get inspected(): Inspected {
    return this.#inspected;
  }

  /** The engine's record of one attachment; `network` is a key of the topology, or `bridge`, `host`, `none`. */
  settingsOn(network: string): EndpointSettings {
    const name = this.#networkNames.get(network) ?? (network === "default" ? "bridge" : network);
    const settings = this.#inspected.NetworkSettings.Networks[name];
    if (settings === undefined) {
      const known = Object.keys(this.#inspected.NetworkSettings.Networks).join(", ");
      throw new ProbeFailed(
        `${this.label} is not attached to ${name}; the engine says: ${known === "" ? "no network" : known}`,
      );
    }
    return settings;
  }

  /** Its IPv4 address on a network, as the engine says; where to probe, not a proof of anything. */
  addressOn(network: string): string {
    return this.settingsOn(network).IPAddress;
  }

  /** Its IPv4 address on its only (or first) network. */
  get address(): string {
    const [settings] = Object.values(this.#inspected.NetworkSettings.Networks);
    if (settings === undefined || settings.IPAddress === "")
      throw new ProbeFailed(`the engine names no address of ${this.label}`);
    return settings.IPAddress;
  }

  /** Host bindings of a container port as the engine says: `80/tcp` → [{HostIp, HostPort}]. */
  bindingsOf(port: string): readonly { readonly HostIp: string; readonly HostPort: string }[] {
    return this.#inspected.NetworkSettings.Ports[port] ?? [];
  }

  /** The first host port of a container port; where to probe. */
  hostPortOf(port: string): number {
    const binding = this.bindingsOf(port)[0];
    if (binding === undefined) throw new ProbeFailed(`${this.label} has no host port for ${port}`);
    return Number(binding.HostPort);
  }

  /** Its main process as the host's PID namespace has it. */
  get pid(): number {
    return this.#inspected.State.Pid;
  }

  /**
   * Stops it: SIGTERM, then SIGKILL after `graceSeconds` (its shell, being PID 1, ignores SIGTERM). Only containers
   * declared `restartable` are still there afterwards.
   */
  async stop(graceSeconds = 0): Promise<void> {
    await this.container.stop({ t: graceSeconds });
  }

  /** Starts it again after {@link stop} and waits until it answers. Rejects with the engine's error when it refuses. */
  async start(): Promise<void> {
    await this.container.start();
    await this.reattach();
  }

  /** Restarts it through the engine's restart call and waits until it answers. */
  async restart(): Promise<void> {
    await this.container.restart({ t: 0 });
    await this.reattach();
  }

  /** Takes hold of the shell of a container that was started anew. */
  async reattach(): Promise<void> {
    this.#shell = await ResidentShell.attach(this.#docker, this.id, this.label, this.place);
    await this.#shell.awake();
    await this.inspect();
  }

  /** Removes it before the topology ends. */
  async remove(): Promise<void> {
    await removeContainer(this.#docker, this.id);
  }
}
