import { AsyncLocalStorage } from "node:async_hooks";
import type { Evidence } from "../probes/evidence.ts";

/** One remembered probe: its evidence and what it was for. */
export interface Recorded {
  readonly evidence: Evidence;
  readonly role: "probe" | "control";
}

interface Scope {
  readonly probes: Recorded[];
  role: "probe" | "control";
}

const scopes = new AsyncLocalStorage<Scope>();

/**
 * Runs `body` and adds every probe that is asked inside it to `probes`, in the order of the answers; also when `body`
 * throws: they are the evidence of the failure.
 */
export async function recordingInto<T>(probes: Recorded[], body: () => Promise<T>): Promise<T> {
  return await scopes.run({ probes, role: "probe" }, body);
}

/** Marks the probes asked inside `body` as the positive control of a denial. */
export async function asControl<T>(body: () => Promise<T>): Promise<T> {
  const outer = scopes.getStore();
  if (outer === undefined) return await body();
  return await scopes.run({ probes: outer.probes, role: "control" }, body);
}

/** Adds evidence to the recording that is going on; without one it is dropped. */
export function record(evidence: Evidence): void {
  const scope = scopes.getStore();
  scope?.probes.push({ evidence, role: scope.role });
}

/** Adds probes that were recorded elsewhere (a shared stage) to the recording that is going on. */
export function recordAll(probes: readonly Recorded[]): void {
  scopes.getStore()?.probes.push(...probes);
}
