import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type Dockerode from "dockerode";
import {
  DISPOSABLE_VARIABLE,
  environmentOf,
  LAB_HOST_VARIABLE,
  labVariables,
  SECOND_HOST_VARIABLE,
} from "../engine/second-engine.ts";
import { exclusion, type LabEngine } from "../lab/engine-versions.ts";
import type { Lab } from "../lab/lab.ts";
import type { LabHost } from "../lab/lab-host.ts";
import type { CatalogueEntry, Results } from "../model/results.ts";
import { judge } from "../run/judge-in-lab.ts";
import type { Fault, Strike } from "./fault.ts";
import { FaultHost, mend, startStruck } from "./fault-host.ts";
import type { Remedied } from "./proof.ts";
import {
  type Control,
  contentOf,
  judgeControl,
  judgeFault,
  PROOF_SCHEMA,
  type Proof,
  type Struck,
  stillHolds,
} from "./proof.ts";
import { isRemediable, remedy } from "./remedied.ts";
import { DockerShadow } from "./shadowed-docker.ts";
import { shadowDockerd } from "./shadowed-dockerd.ts";
import { StrikeProxy } from "./strike-proxy.ts";
import { suitesMark } from "./suites-mark.ts";
import { troubleOf } from "./trouble.ts";

/** The engine under a lab, and its `DOCKER_HOST`. */
interface Outer {
  readonly docker: Dockerode;
  readonly address: string;
}

/** What a run of proofs is given. */
interface Proving {
  readonly lab: Lab;
  /** The engine that the lab's hosts are containers of. */
  readonly outer: Outer;
  readonly engine: LabEngine;
  readonly faults: readonly Fault[];
  /** What the requirements need, by id. */
  readonly catalogue: readonly CatalogueEntry[];
  /** Whether a fault is mended and judged again. */
  readonly withControl: (fault: Fault) => boolean;
  /** Whether what the report says to type is typed, and the host judged again. */
  readonly remedies: boolean;
  /** Take the proofs that an earlier run left. */
  readonly resume: boolean;
  /** Hosts that are struck at once. */
  readonly jobs: number;
  /** `reports/prove/28.5` */
  readonly folder: string;
  /** Gets each proof as it is there. @param resumed it was there before */
  readonly onProof: (proof: Proof, resumed: boolean) => Promise<void> | void;
  readonly report: (line: string) => void;
}

/** Does each fault to a host that has just booted, has the suites judge that host, and judges what they say. */
export async function prove(proving: Proving): Promise<void> {
  await mkdir(proving.folder, { recursive: true });
  const queue = [...proving.faults];
  const count = Math.max(1, Math.min(proving.jobs, queue.length));
  await Promise.all(Array.from({ length: count }, (_, index) => workOff(proving, queue, index + 1)));
}

/** One host, and the neighbour that some faults need, until the queue is empty. */
async function workOff(proving: Proving, queue: Fault[], index: number): Promise<void> {
  const { lab, engine, report } = proving;
  await using first = new FaultHost(lab, engine, `struck-${index}`, report);
  await using second = new FaultHost(lab, engine, `neighbour-${index}`, report);
  for (let fault = queue.shift(); fault !== undefined; fault = queue.shift()) {
    const earlier = proving.resume ? await earlierProof(proving, fault) : null;
    if (earlier !== null) {
      await proving.onProof(earlier, true);
      continue;
    }
    const proof = await proveFault(proving, fault, first, second);
    await writeWhole(join(proving.folder, `${fault.id}.json`), `${JSON.stringify(proof, null, 2)}\n`);
    await proving.onProof(proof, false);
  }
}

async function earlierProof(
  { folder, catalogue, withControl, remedies }: Proving,
  fault: Fault,
): Promise<Proof | null> {
  try {
    const proof = JSON.parse(await readFile(join(folder, `${fault.id}.json`), "utf8")) as unknown;
    return stillHolds(proof, fault, suitesMark(fault, catalogue), withControl(fault), remedies && isRemediable(fault))
      ? proof
      : null;
  } catch {
    // Missing or damaged: it is proven anew.
    return null;
  }
}

/** An interrupted series leaves whole files only. */
async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.tmp`, text);
  await rename(`${file}.tmp`, file);
}

async function proveFault(proving: Proving, fault: Fault, first: FaultHost, second: FaultHost): Promise<Proof> {
  const started = Date.now();
  const base = {
    schemaVersion: PROOF_SCHEMA,
    suites: suitesMark(fault, proving.catalogue),
    engine: proving.engine.version,
    fault: fault.id,
    layer: fault.layer,
    content: contentOf(fault),
    startedAt: new Date(started).toISOString(),
  } as const;
  const excluded = exclusion(proving.engine, fault);
  const { struck, control, remedied } =
    excluded === null
      ? await strikeAndMend(proving, fault, first, second)
      : { struck: { strikes: 0, trouble: excluded, results: null }, control: null, remedied: null };
  const judgement = judgeFault(fault, struck);
  return {
    ...base,
    seconds: Math.round((Date.now() - started) / 1000),
    ...judgement,
    ...(excluded === null ? {} : { verdict: "left out" }),
    control,
    remedied,
  };
}

/** What came of a fault, of its mending and of the report's remedies. */
interface Outcome {
  readonly struck: Struck;
  readonly control: Control | null;
  readonly remedied: Remedied | null;
}

async function strikeAndMend(proving: Proving, fault: Fault, first: FaultHost, second: FaultHost): Promise<Outcome> {
  let host: LabHost;
  let around: Surroundings;
  let strikes: number;
  try {
    host = await first.rebooted();
    around = await surroundings(proving, fault, second);
    strikes = await startStruck(host, around.second, fault);
  } catch (error) {
    return {
      struck: { strikes: 0, trouble: `could not strike: ${troubleOf(error)}`, results: null },
      control: null,
      remedied: null,
    };
  }
  const scene: Scene = { outer: proving.outer, host, fault, env: around.env };
  const reports = join(proving.folder, fault.id);
  const judged = await judgeStruck(scene, fault.strike, reports);
  const struck = { ...judged, strikes: strikes + judged.strikes };
  if (proving.remedies && isRemediable(fault) && judged.results !== null && struck.strikes > 0) {
    let round = 0;
    const remedied = await remedy(
      host,
      judged.results,
      async () => (await judgeStruck(scene, null, `${reports}-remedied-${++round}`)).results,
    );
    // Once something was typed the host is no longer as the fault left it: mending that shows nothing.
    if (remedied.typed.length > 0 || !proving.withControl(fault)) return { struck, control: null, remedied };
  }
  if (!proving.withControl(fault)) return { struck, control: null, remedied: null };
  try {
    await mend(host, around.second, fault);
  } catch (error) {
    const control = { trouble: `could not mend: ${troubleOf(error)}`, passed: 0, falseAlarms: [] };
    return { struck, control, remedied: null };
  }
  const mended = await judgeStruck(scene, null, `${reports}-mended`);
  const control =
    mended.results === null
      ? { trouble: mended.trouble ?? "no results", passed: 0, falseAlarms: [] }
      : judgeControl(mended.results);
  return { struck, control, remedied: null };
}

interface Surroundings {
  /** Of the suites' run, but for the engine's address. */
  readonly env: NodeJS.ProcessEnv;
  /** The host beside the struck one, its engine running. */
  readonly second: LabHost | null;
}

/**
 * Starts the neighbour where one is needed. There is a lab in the environment only where an expected requirement starts
 * hosts of its own.
 */
async function surroundings(proving: Proving, fault: Fault, second: FaultHost): Promise<Surroundings> {
  const { catalogue, folder, engine, outer } = proving;
  const needs = new Set(catalogue.filter(({ id }) => fault.caughtBy.includes(id)).flatMap((entry) => entry.needs));
  // What is accepted on a host of somebody's is not accepted here.
  const waivers = join(folder, "no-waivers.json");
  await writeFile(waivers, "[]\n");
  const env: NodeJS.ProcessEnv = { [DISPOSABLE_VARIABLE]: "1", DNC_WAIVERS: waivers };
  if (needs.has("lab")) Object.assign(env, labVariables(outer.address, engine.version));
  if (fault.secondHost !== true && !needs.has("second host")) return { env, second: null };
  const neighbour = await second.rebooted();
  await neighbour.startEngine();
  env[SECOND_HOST_VARIABLE] = neighbour.url;
  return { env, second: neighbour };
}

/** A host under a fault, and what the suites that judge it are given. */
interface Scene {
  readonly outer: Outer;
  readonly host: LabHost;
  readonly fault: Fault;
  /** Of the suites' run, but for the engine's address. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Has the suites judge the host, striking wherever that is done while they run.
 * @param strike null: nothing is struck, as for a control
 * @param reports the folder for theirs
 * @returns with the strikes that were done meanwhile
 */
async function judgeStruck(
  { outer, host, fault, env }: Scene,
  strike: Strike | null,
  reports: string,
): Promise<Struck> {
  await using proxy = await StrikeProxy.open(host, strike);
  await using docker = strike?.when === "the docker command is called" ? await DockerShadow.put(strike) : null;
  await using dockerd =
    strike?.when === "dockerd of a lab host starts" ? await shadowDockerd(outer.docker, outer.address, strike) : null;
  const around = { ...env, ...docker?.env, ...(dockerd === null ? {} : { [LAB_HOST_VARIABLE]: dockerd.url }) };
  const words = [...new Set([...fault.caughtBy, ...(fault.beside ?? [])])];
  let results: Results | null = null;
  let trouble: string | null = null;
  try {
    results = await judge(words, reports, { ...environmentOf(proxy.url), ...around }, "ignore");
  } catch (error) {
    trouble = troubleOf(error);
  }
  const unstruck = proxy.trouble ?? dockerd?.trouble ?? null;
  if (unstruck !== null) trouble = `could not strike: ${unstruck}`;
  const strikes = proxy.strikes + ((await docker?.calls()) ?? 0) + (dockerd?.strikes ?? 0);
  return { strikes, trouble, results };
}
