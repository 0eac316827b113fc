import type Dockerode from "dockerode";
import { recordDeed } from "./recorder.ts";

/** Calls that change nothing of a container but who listens to it. */
const LISTENS = /\/(?:attach|wait|resize)(?:\?|$)/;

/** As docker-modem takes a request: `options` goes into the query, or is the body. */
interface Dialled {
  readonly path?: unknown;
  readonly method?: unknown;
  readonly options?: unknown;
}

/** From now on what this engine is asked to change stands in the recording that is going on. Returns the same object. */
export function tellDeeds(docker: Dockerode): Dockerode {
  const modem: { dial(request: Dialled, callback: unknown): void } = docker.modem;
  const dial = modem.dial.bind(modem);
  modem.dial = (request, callback) => {
    const { path, method, options } = request;
    if (typeof path === "string" && typeof method === "string" && method !== "GET" && !LISTENS.test(path))
      recordDeed({ method, path: path.replace(/\?.*/, ""), body: bodyOf(options) });
    dial(request, callback);
  };
  return docker;
}

function bodyOf(options: unknown): Record<string, unknown> {
  if (typeof options !== "object" || options === null) return {};
  const { _body: body, _query: query } = options as { readonly _body?: unknown; readonly _query?: unknown };
  return { ...(body === undefined && query === undefined ? options : { ...asObject(query), ...asObject(body) }) };
}

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
