import { randomUUID } from "node:crypto";
import pLimit from "p-limit";
import { afterAll, inject } from "vitest";
import { connect, type EngineConnection } from "../engine/connect.ts";
import { environmentOf } from "../engine/second-engine.ts";
import { gatherFacts } from "../host/gather-facts.ts";
import { type Given, stage } from "../requirement/given.ts";
import type { Session } from "../requirement/session.ts";
import { NotRun } from "../requirement/verdicts.ts";
import type { TopologyContext } from "../topology/context.ts";
import { SubnetChooser } from "../topology/subnets.ts";
import { HostView } from "../vantage/host-view.ts";
import { newRecording, recordingInto } from "../vantage/recorder.ts";
import { labEngines } from "./engine-versions.ts";
import { Lab } from "./lab.ts";
import type { LabHost } from "./lab-host.ts";

/** A disposable host with its engine, and what a topology needs to come up on it. */
export interface HostInLab {
  readonly host: LabHost;
  /** The host as a place to ask from, with the images' programs. It ends with the engine, like every container. */
  view(): Promise<HostView>;
  /**
   * Valid while the engine runs; asked for anew after a restart.
   * @param view for expectations that need the host's facts
   */
  context(view?: HostView): Promise<TopologyContext>;
}

/** How a host of a suite begins. */
interface HostInLabSpec {
  /** Its `daemon.json`, as data or as the very text. */
  readonly daemonJson?: unknown;
  /** False: dockerd never ran on it. */
  readonly engineRuns?: boolean;
  /** Lines of shell that the host runs before dockerd starts. */
  readonly prepare?: readonly string[];
}

interface OpenLab {
  readonly connection: EngineConnection;
  readonly lab: Lab;
}

let open: Promise<OpenLab> | undefined;

/** Hosts that start at once: each is a whole engine, and a small machine has two cores. */
const startTurn = pLimit(3);

/**
 * Declares a disposable host of the version under test. It starts when the first selected requirement needs it and is
 * removed at the end of the file, together with the lab.
 */
export function hostInLab(name: string, spec: HostInLabSpec = {}): Given<HostInLab> {
  let started: Promise<HostInLab> | undefined;
  afterAll(async () => {
    await started?.then(({ host }) => host.remove()).catch(() => undefined);
    const opened = await open?.catch(() => undefined);
    open = undefined;
    await opened?.lab[Symbol.asyncDispose]();
    await opened?.connection.close();
  });
  return {
    scope: () => [],
    async obtain() {
      started ??= startTurn(() => recordingInto(newRecording(), () => start(name, spec)));
      return await started;
    },
  };
}

/** One disposable host that is configured and rebooted for each file in turn: a second or two instead of a host per file. */
interface ConfiguredInTurn {
  /**
   * What is seen when dockerd has started with this `daemon.json` on a host that has just booted. Looks never meet: each
   * has the host for itself until it has ended.
   * @param prepare lines of shell after the boot and before dockerd starts
   */
  under<T>(
    daemonJson: unknown,
    look: (inLab: HostInLab, session: Session) => Promise<T>,
    prepare?: readonly string[],
  ): Given<T>;
}

/** Declares such a host. @param name the host's name in the lab */
export function configuredInTurn(name: string): ConfiguredInTurn {
  const given = hostInLab(name);
  const turn = pLimit(1);
  return {
    under: (daemonJson, look, prepare = []) =>
      stage(given, (inLab, session) =>
        turn(async () => {
          await inLab.host.reboot();
          for (const line of prepare) await inLab.host.must(line);
          await inLab.host.configure(JSON.stringify(daemonJson));
          await inLab.host.startEngine();
          return await look(inLab, session);
        }),
      ),
  };
}

async function start(name: string, { daemonJson, engineRuns, prepare }: HostInLabSpec): Promise<HostInLab> {
  const { facts, runId, images } = inject("run");
  if (facts.lab === undefined) throw new NotRun("there is no lab");
  const [engine] = labEngines(facts.lab.version);
  if (engine === undefined) throw new NotRun(`the lab has no engine ${facts.lab.version}`);
  open ??= openLab(facts.lab.dockerHost);
  const { lab } = await open;
  const text = typeof daemonJson === "string" ? daemonJson : JSON.stringify(daemonJson);
  const { [name]: host } = await lab.start({
    [name]: {
      engine,
      ...(text === undefined ? {} : { daemonJson: text }),
      ...(engineRuns === undefined ? {} : { engineRuns }),
      ...(prepare === undefined ? {} : { prepare }),
    },
  });
  if (host === undefined) throw new Error(`the lab started no host ${name}`);
  return {
    host,
    view: async () =>
      await HostView.open(host.docker, images.busybox, runId, `view-${randomUUID().slice(0, 8)}`, "looks"),
    async context(view) {
      const own = await gatherFacts(host.docker, view ?? null, "this host is looked at through the lab");
      const subnets = await SubnetChooser.forHost(host.docker, own);
      return { docker: host.docker, runId, facts: own, images, subnets, throughTestcontainers: false };
    },
  };
}

async function openLab(dockerHost: string): Promise<OpenLab> {
  const connection = await connect(environmentOf(dockerHost));
  return { connection, lab: await Lab.open(connection.docker, () => undefined) };
}
