import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import type { Evidence } from "../model/evidence.ts";
import type { Note } from "../model/note.ts";
import type { Expected } from "../model/outcome.ts";

/** One remembered probe: its evidence and what it was for. */
export interface Recorded {
  readonly evidence: Evidence;
  readonly role: "probe" | "control";
  /** What had to come of it; missing where the check says so otherwise. */
  readonly expected?: Expected;
  /** It was no question: it changed something. */
  readonly act?: true;
}

/** Something that the engine was asked to change. */
export interface Deed {
  readonly method: string;
  /** Without the API's version: `/networks/4a…/connect`. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** How many probes had been recorded before it. */
  readonly after: number;
}

/** What was asked and remarked while something went on. */
export interface Recording {
  readonly probes: Recorded[];
  readonly notes: Note[];
  /** What the engine was asked to change between the probes; what a topology is made of is not told here. */
  readonly deeds: Deed[];
  /** Ids and names of the containers and networks that the engine was asked about. */
  readonly uses: Set<string>;
}

/** An empty one. */
export function newRecording(): Recording {
  return { probes: [], notes: [], deeds: [], uses: new Set() };
}

interface Scope {
  readonly into: Recording;
  readonly role: Recorded["role"];
  /** A topology is being made: what it is made of is known elsewhere. */
  readonly making?: true;
}

const scopes = new AsyncLocalStorage<Scope>();

/**
 * Runs `body` and adds every probe that is asked and every note that is made inside it to `into`, in the order of the
 * answers; also when `body` throws: they are the evidence of the failure.
 */
export async function recordingInto<T>(into: Recording, body: () => Promise<T>): Promise<T> {
  return await scopes.run({ into, role: "probe" }, body);
}

/** Marks the probes asked inside `body` as the positive control of a denial. */
export async function asControl<T>(body: () => Promise<T>): Promise<T> {
  const outer = scopes.getStore();
  if (outer === undefined) return await body();
  return await scopes.run({ into: outer.into, role: "control" }, body);
}

/** Runs `body`, which makes a topology: what the engine is asked for inside is no deed of a check. */
export async function asMaking<T>(body: () => Promise<T>): Promise<T> {
  const outer = scopes.getStore();
  return outer === undefined ? await body() : await scopes.run({ ...outer, making: true }, body);
}

/** Adds to the recording that is going on what the engine is asked to change. */
export function recordDeed(deed: Omit<Deed, "after">): void {
  const scope = scopes.getStore();
  if (scope !== undefined && scope.making !== true) scope.into.deeds.push({ ...deed, after: scope.into.probes.length });
}

/** Says what had to come of a probe that was recorded; said again, it adds to what was said. */
export function expectOf(evidence: Evidence, expected: Expected): void {
  const probes = scopes.getStore()?.into.probes ?? [];
  const index = probes.findLastIndex((one) => one.evidence === evidence);
  const recorded = probes[index];
  if (recorded !== undefined) probes[index] = { ...recorded, expected: { ...recorded.expected, ...expected } };
}

/** Adds evidence to the recording that is going on; without one it is dropped. @param act whether it changed something */
export function record(evidence: Evidence, act = false): void {
  const scope = scopes.getStore();
  scope?.into.probes.push({ evidence, role: scope.role, ...(act ? { act } : {}) });
}

/**
 * Remarks something worth knowing that is no failure. It stands in every output of the run, once per key, whatever
 * becomes of the check that remarks it.
 */
export function note(noted: Note): void {
  scopes.getStore()?.into.notes.push(noted);
}

let following = false;

/**
 * From now on each recording holds which containers and networks the engine is asked about: node tells of every request
 * of this thread, dockerode's and testcontainers' alike. May be called again.
 */
export function followRequests(): void {
  if (following) return;
  following = true;
  subscribe("http.client.request.created", (message) => {
    const { path } = (message as { readonly request: ClientRequest }).request;
    const used = /\/(?:containers|networks)\/([^/?]+)/.exec(path)?.[1];
    if (used !== undefined && used !== "create") scopes.getStore()?.into.uses.add(decodeURIComponent(used));
  });
}

/** Adds what was recorded elsewhere (a shared stage) to the recording that is going on. */
export function recordAll({ probes, notes, deeds, uses }: Recording): void {
  const into = scopes.getStore()?.into;
  const before = into?.probes.length ?? 0;
  into?.deeds.push(...deeds.map((deed) => ({ ...deed, after: deed.after + before })));
  into?.probes.push(...probes);
  into?.notes.push(...notes);
  for (const used of uses) into?.uses.add(used);
}
