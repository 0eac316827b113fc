import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import type { Evidence } from "../model/evidence.ts";
import type { Note } from "../model/note.ts";

/** One remembered probe: its evidence and what it was for. */
export interface Recorded {
  readonly evidence: Evidence;
  readonly role: "probe" | "control";
}

/** What was asked and remarked while something went on. */
export interface Recording {
  readonly probes: Recorded[];
  readonly notes: Note[];
  /** Ids and names of the containers and networks that the engine was asked about. */
  readonly uses: Set<string>;
}

/** An empty one. */
export function newRecording(): Recording {
  return { probes: [], notes: [], uses: new Set() };
}

interface Scope {
  readonly into: Recording;
  readonly role: Recorded["role"];
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

/** Adds evidence to the recording that is going on; without one it is dropped. */
export function record(evidence: Evidence): void {
  const scope = scopes.getStore();
  scope?.into.probes.push({ evidence, role: scope.role });
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
export function recordAll({ probes, notes, uses }: Recording): void {
  const into = scopes.getStore()?.into;
  into?.probes.push(...probes);
  into?.notes.push(...notes);
  for (const used of uses) into?.uses.add(used);
}
