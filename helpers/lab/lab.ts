import { readFileSync, readlinkSync } from "node:fs";
import type Dockerode from "dockerode";
import { messageOf } from "../engine/docker-error.ts";
import { UserError } from "../engine/errors.ts";
import { findImages } from "../engine/images.ts";
import { onInterruption, unlessInterrupted } from "../engine/interruption.ts";
import { labelsOf, nameOf, newRunId } from "../engine/run-identity.ts";
import { sweep } from "../engine/sweep.ts";
import { gatherFacts } from "../host/gather-facts.ts";
import { SubnetChooser } from "../topology/subnets.ts";
import { uniqueLocalSubnet } from "../topology/unique-local.ts";
import { HostView } from "../vantage/host-view.ts";
import { capabilitiesOf } from "./boot.ts";
import { provideEngineImage } from "./engine-image.ts";
import type { LabEngine } from "./engine-versions.ts";
import { LabHost } from "./lab-host.ts";

/** A lab host as it is asked for. */
export interface LabHostSpec {
  readonly engine: LabEngine;
  /** Content of its `daemon.json`. */
  readonly daemonJson?: string;
  /** False: dockerd never ran on it. */
  readonly engineRuns?: boolean;
  /** Lines of shell that the host runs before dockerd starts. */
  readonly prepare?: readonly string[];
}

/** Names a loopback: the kernel by its boot, and the network namespace. */
const WHOSE_LOOPBACK = 'echo "loopback $(cat /proc/sys/kernel/random/boot_id) $(readlink /proc/self/ns/net)"';

/**
 * The same of this process. What an engine publishes on its own loopback lies on this one only where the two are one:
 * not on another machine, not in Docker's virtual machine, and not where this process runs in a container.
 */
function ownLoopback(): string {
  try {
    return `loopback ${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/net")}`;
  } catch {
    return "no Linux";
  }
}

/**
 * Disposable Docker hosts on a LAN of their own, on the engine that `DOCKER_HOST` names. Everything carries a run's
 * labels and hangs on its lease, so that `npm run clean` and every later run remove what a killed one left.
 */
export class Lab implements AsyncDisposable {
  readonly #docker: Dockerode;
  readonly #runId: string;
  readonly #lease: HostView;
  readonly #lan: string;
  readonly #capabilities: readonly string[];
  readonly #onThisLoopback: boolean;
  readonly #images: readonly string[];
  readonly #report: (line: string) => void;
  readonly #engineImages = new Map<LabEngine, Promise<string>>();
  /** Hosts that are being started: what they make has to be there before it can be removed. */
  readonly #starting = new Set<Promise<unknown>>();
  readonly #guard: Disposable;
  #removed: Promise<void> | undefined;

  private constructor(
    docker: Dockerode,
    runId: string,
    lease: HostView,
    lan: string,
    capabilities: readonly string[],
    onThisLoopback: boolean,
    images: readonly string[],
    report: (line: string) => void,
  ) {
    this.#guard = onInterruption(async () => await this.#remove());
    this.#docker = docker;
    this.#runId = runId;
    this.#lease = lease;
    this.#lan = lan;
    this.#capabilities = capabilities;
    this.#onThisLoopback = onThisLoopback;
    this.#images = images;
    this.#report = report;
  }

  /**
   * Opens an empty lab: its lease and its LAN.
   * @param report gets a line for everything that takes long
   */
  static async open(docker: Dockerode, report: (line: string) => void): Promise<Lab> {
    const [images] = await Promise.all([
      findImages(docker),
      // What an earlier run left takes a subnet and no more: this lab chooses another one.
      sweep(docker).catch((error: unknown) => report(`left by an earlier run, and not removed: ${messageOf(error)}`)),
    ]);
    const runId = newRunId();
    const opening = Lab.#opened(docker, runId, images, report);
    using _ = onInterruption(async () => {
      await opening.catch(() => undefined);
      await sweep(docker, { only: runId });
    });
    return await opening;
  }

  static async #opened(
    docker: Dockerode,
    runId: string,
    images: Awaited<ReturnType<typeof findImages>>,
    report: (line: string) => void,
  ): Promise<Lab> {
    const lease = await HostView.open(docker, images.busybox.reference, runId, "lab-lease", "looks", "lease");
    try {
      const facts = await gatherFacts(docker, lease, "");
      const { stdout } = await lease.ask(`grep CapBnd /proc/1/status; ${WHOSE_LOOPBACK}`);
      const mask = /CapBnd:\s*([0-9a-f]+)/.exec(stdout)?.[1];
      if (mask === undefined) {
        throw new UserError({
          tried: "Looking for the capabilities that the engine's host has",
          seen: "/proc/1/status names none",
          todo: "The lab needs an engine that may look at its host.",
        });
      }
      const subnet = (await SubnetChooser.forHost(docker, facts)).choose(24);
      // Dual stack where the machine is: the hosts reach each other's published ports by IPv6 as well.
      const dualStack = facts.host?.ipv6Enabled === true;
      const lan = await docker.createNetwork({
        Name: nameOf(runId, "lab-lan"),
        Driver: "bridge",
        Labels: labelsOf(runId),
        EnableIPv6: dualStack,
        IPAM: {
          Driver: "default",
          Config: [{ Subnet: subnet }, ...(dualStack ? [{ Subnet: uniqueLocalSubnet() }] : [])],
        },
      });
      const { Name } = (await lan.inspect()) as { Name: string };
      return new Lab(
        docker,
        runId,
        lease,
        Name,
        capabilitiesOf(mask),
        stdout.includes(ownLoopback()),
        [images.busybox.reference, images.nginx.reference],
        report,
      );
    } catch (error) {
      await sweep(docker, { only: runId });
      throw error;
    }
  }

  /** Hosts that are started by several at once wait for one image: it is not assembled by each of them. */
  #image(engine: LabEngine): Promise<string> {
    const asked = this.#engineImages.get(engine) ?? provideEngineImage(this.#docker, engine, this.#report);
    this.#engineImages.set(engine, asked);
    return asked;
  }

  /**
   * Starts hosts side by side, each with the images of the suites.
   * @throws UserError when one does not start, with its engine's own words
   */
  async start<K extends string>(specs: Readonly<Record<K, LabHostSpec>>): Promise<Readonly<Record<K, LabHost>>> {
    await unlessInterrupted();
    const starting = this.#start(specs);
    this.#starting.add(starting);
    try {
      return await starting;
    } finally {
      this.#starting.delete(starting);
      await unlessInterrupted();
    }
  }

  async #start<K extends string>(specs: Readonly<Record<K, LabHostSpec>>): Promise<Readonly<Record<K, LabHost>>> {
    const entries = Object.entries(specs) as [K, LabHostSpec][];
    const images = new Map<LabEngine, string>();
    for (const engine of new Set(entries.map(([, { engine }]) => engine)))
      images.set(engine, await this.#image(engine));
    const starts = await Promise.allSettled(
      entries.map(async ([name, { engine, daemonJson, engineRuns, prepare }]) => {
        const host = await LabHost.start(this.#docker, this.#runId, {
          name,
          image: images.get(engine) ?? "",
          lan: this.#lan,
          capabilities: this.#capabilities,
          onThisLoopback: this.#onThisLoopback,
          daemonJson,
          engineRuns,
          prepare,
        });
        if (engineRuns !== false) await this.provideImages(host);
        return [name, host] as const;
      }),
    );
    const failed = starts.find((start) => start.status === "rejected");
    const started = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
    if (failed === undefined) return Object.fromEntries(started) as Record<K, LabHost>;
    await Promise.all(started.map(([, host]) => host.remove()));
    throw failed.reason;
  }

  /** Copies the images of the suites to a host whose engine runs. */
  async provideImages(host: LabHost): Promise<void> {
    await Promise.all(this.#images.map((reference) => copyImage(this.#docker, host, reference)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#remove();
    this.#guard[Symbol.dispose]();
  }

  async #remove(): Promise<void> {
    this.#removed ??= (async () => {
      // A host under way notices that its container is gone; what it had yet to make is there afterwards.
      await sweep(this.#docker, { only: this.#runId, keepLease: true });
      await Promise.allSettled(this.#starting);
      await sweep(this.#docker, { only: this.#runId, keepLease: true });
      await this.#lease.close();
    })();
    await this.#removed;
  }
}

/** Copies an image from an engine to a host of the lab. */
async function copyImage(from: Dockerode, to: LabHost, reference: string): Promise<void> {
  try {
    const loaded = await to.docker.loadImage(await from.getImage(reference).get());
    await new Promise<void>((resolve, reject) => {
      loaded.on("error", reject).on("end", resolve).resume();
    });
  } catch (error) {
    throw new UserError({
      tried: `Copying the image ${reference} to lab host ${to.name}`,
      seen: messageOf(error),
      todo: "Its engine ended, has no room left, or something on the host shuts its port 2375.",
    });
  }
}
