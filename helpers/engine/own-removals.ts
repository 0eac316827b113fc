import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { BroadcastChannel } from "node:worker_threads";

/** Between the threads of this process. */
const CHANNEL = "docker-network-conformance.own-removals";
/** Node tells of every request that a thread makes, whoever makes it: dockerode's and testcontainers' alike. */
const REQUESTS = "http.client.request.created";

let telling = false;

/**
 * Tells all threads which containers and networks this thread removes, kills or stops, so that what others remove can be
 * told from it. To be called once a thread reaches an engine.
 */
export function tellRemovals(): void {
  if (telling) return;
  telling = true;
  const channel = new BroadcastChannel(CHANNEL);
  channel.unref();
  subscribe(REQUESTS, (message) => {
    const { method, path } = (message as { readonly request: ClientRequest }).request;
    const ended = endedBy(method, path);
    if (ended !== null) channel.postMessage({ ...ended, at: Date.now() } satisfies OwnEnd);
  });
}

/** Something that this process asked an engine to end. */
export interface OwnEnd {
  /** Id or name of a container or network. */
  readonly id: string;
  readonly how: "removed" | "stopped";
  /** When it asked, ms since the epoch. */
  readonly at: number;
}

/** What a request ends; null where it ends nothing. */
export function endedBy(method: string, path: string): Pick<OwnEnd, "id" | "how"> | null {
  const removed = method === "DELETE" ? /\/(?:containers|networks)\/([^/?]+)(?:\?|$)/.exec(path)?.[1] : undefined;
  if (removed !== undefined) return { id: decodeURIComponent(removed), how: "removed" };
  const stopped =
    method === "POST" ? /\/containers\/([^/?]+)\/(?:kill|stop|restart)(?:\?|$)/.exec(path)?.[1] : undefined;
  return stopped === undefined ? null : { id: decodeURIComponent(stopped), how: "stopped" };
}

/** What this process has asked engines to end since it began to listen. */
export function ownRemovals(): { readonly seen: readonly OwnEnd[]; stop(): void } {
  const seen: OwnEnd[] = [];
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (message) => seen.push((message as { readonly data: OwnEnd }).data);
  channel.unref();
  return { seen, stop: () => channel.close() };
}
