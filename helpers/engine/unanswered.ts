import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { BroadcastChannel } from "node:worker_threads";
import type { Way } from "./ask-engine.ts";

/** Between the threads of this process. */
const CHANNEL = "docker-network-conformance.unanswered";
/** Node tells of every request that a thread makes, whoever makes it: dockerode's and testcontainers' alike. */
const REQUESTS = "http.client.request.created";

/**
 * How long an engine may take to begin an answer. With twenty processes waiting for two cores it takes some ten seconds
 * for a container; one that waits for something (a lock, a plugin, a disk) takes minutes, and says nothing.
 */
const PATIENCE_MS = 45_000;
const LOOK_MS = 1000;

/** A request that an engine has left without an answer. */
export interface Unanswered {
  readonly method: string;
  /** Without the API's version and without its query: `/networks/create`. */
  readonly path: string;
  /** When it was asked, ms since the epoch. */
  readonly at: number;
}

let telling = false;

/**
 * Tells all threads when the engine there leaves a request of this thread without an answer. To be called once a thread
 * reaches the engine under test; another engine's silence is nobody's here.
 */
export function tellUnanswered(way: Way, patience = PATIENCE_MS): void {
  if (telling) return;
  telling = true;
  const channel = new BroadcastChannel(CHANNEL);
  channel.unref();
  const waiting = new Map<ClientRequest, Unanswered>();
  subscribe(REQUESTS, (message) => {
    const { request } = message as { readonly request: ClientRequest };
    const asked = askedOf(request.method, request.path);
    if (asked === null || !leadsTo(request, way)) return;
    waiting.set(request, { ...asked, at: Date.now() });
    for (const event of ["response", "upgrade", "close"]) request.once(event, () => waiting.delete(request));
  });
  setInterval(() => {
    const late = [...waiting].find(([, { at }]) => Date.now() - at >= patience);
    if (late === undefined) return;
    const [request, unanswered] = late;
    waiting.delete(request);
    channel.postMessage(unanswered);
  }, LOOK_MS).unref();
}

/**
 * Calls `heard` for each request that a thread of this process told of with {@link tellUnanswered}.
 * @returns disposed of when nobody listens any more
 */
export function onUnanswered(heard: (request: Unanswered) => void): Disposable {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (message) => heard((message as { readonly data: Unanswered }).data);
  channel.unref();
  return { [Symbol.dispose]: () => channel.close() };
}

/** What a request asks of containers or networks; null where it asks for something else, or for what may take long. */
export function askedOf(method: string, path: string): Pick<Unanswered, "method" | "path"> | null {
  const asked = /^(?:\/v[\d.]+)?(\/(?:containers|networks)(?:\/[^?]*)?)(?:\?|$)/.exec(path)?.[1];
  // Until a container ends, which is its own matter.
  if (asked === undefined || asked.endsWith("/wait")) return null;
  return { method, path: asked };
}

function leadsTo(request: ClientRequest, { socketPath, protocol, host, port }: Way): boolean {
  if (socketPath != null) return (request as { readonly socketPath?: string }).socketPath === socketPath;
  // As a URL has it, so does the header: without a port that goes without saying, an IPv6 address in brackets.
  const { host: named } = new URL(`${protocol}://${host?.includes(":") === true ? `[${host}]` : host}:${port}`);
  return request.getHeader("host") === named;
}
