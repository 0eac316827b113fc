import { askEngine, type Way } from "./ask-engine.ts";
import { explainFailure, notDocker, tried } from "./connect-failure.ts";
import { type Connection, openEndpoint } from "./connection.ts";
import { dockerErrorOf } from "./docker-error.ts";
import { type Endpoint, resolveEndpoint } from "./endpoint.ts";
import { UserError } from "./errors.ts";
import { isObject } from "./json-body.ts";
import { tellRemovals } from "./own-removals.ts";
import { speakDirectly } from "./speak-directly.ts";

export type { Connection } from "./connection.ts";

/** Which engine answered. */
export interface EngineIdentity {
  /** `docker info` ID; copied images of a machine share it. */
  readonly id: string;
  /** The host name that the engine reports. */
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
}

/** A connection over which the engine has answered. */
export interface EngineConnection extends Connection {
  readonly engine: EngineIdentity;
}

/** API of Engine 20.10, the oldest whose networking is described here. */
const OLDEST_API = "1.41";

/**
 * Finds the engine that is meant, opens the way to it and asks it who it is. Never turns to another engine.
 *
 * In: the environment; the time allowed for all of it, in ms; who named the engine, where it was not one of docker's own
 * variables. Throws UserError for everything that can go wrong on
 * the way, for an engine older than API 1.41 and for one that runs Windows containers. The caller closes.
 */
export async function connect(
  env: NodeJS.ProcessEnv = process.env,
  { deadline = 10_000, origin }: { readonly deadline?: number; readonly origin?: string } = {},
): Promise<EngineConnection> {
  tellRemovals();
  speakDirectly();
  const resolved = await resolveEndpoint(env);
  const endpoint = origin === undefined ? resolved : { ...resolved, origin };
  const signal = AbortSignal.timeout(deadline);
  const connection = await openEndpoint(endpoint, signal).catch((error: unknown) => {
    throw explainFailure(endpoint, error);
  });
  try {
    return { ...connection, engine: await identify(connection, signal) };
  } catch (error) {
    // Node says "aborted" of an answer that was cut, also where we cut it ourselves at the deadline.
    const late = signal.aborted && !(error instanceof UserError);
    // A tunnel or relay knows more than "connection reset"; not more than an engine that answered.
    const cut = !signal.aborted && dockerErrorOf(error)?.code !== undefined;
    const known = cut ? await connection.trouble() : null;
    const cause = late ? Object.assign(new Error("no answer came"), { code: "ETIMEDOUT" }) : (known ?? error);
    await connection.close();
    throw explainFailure(endpoint, cause);
  }
}

/**
 * Asks an engine who it is. Throws UserError when it is no engine that can be judged, else what the connection threw.
 */
async function identify(
  { way, endpoint }: Pick<Connection, "way" | "endpoint">,
  signal: AbortSignal,
): Promise<EngineIdentity> {
  const version = await objectAt(way, endpoint, "/version", signal);
  const apiVersion = text(version, "ApiVersion");
  if (!/^\d+\.\d+$/.test(apiVersion)) throw notDocker(endpoint, "its /version names no API version");
  refuseLookalike(endpoint, version);
  refuseUnsuitable(endpoint, apiVersion, text(version, "Version"), text(version, "Os"));
  const info = await objectAt(way, endpoint, "/info", signal);
  // What gives the same answer to every question has given /version's so far.
  const lacking = ["ID", "Name", "ServerVersion"].find((name) => text(info, name) === "");
  if (lacking !== undefined) throw notDocker(endpoint, `its /info names no ${lacking}`);
  return { id: text(info, "ID"), name: text(info, "Name"), version: text(version, "Version"), apiVersion };
}

async function objectAt(
  way: Way,
  endpoint: Endpoint,
  path: string,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const { status, location, body, endless } = await askEngine(way, path, signal);
  if (endless) throw notDocker(endpoint, `its answer to ${path} doesn't end`);
  if (status !== 200) {
    const where = location === "" ? "" : `, which leads to ${location}`;
    throw Object.assign(new Error(`${messageIn(body) || "without a word"}${where}`), { statusCode: status });
  }
  const answer = parsed(body);
  if (isObject(answer)) return answer;
  throw notDocker(endpoint, `its answer to ${path} is no JSON object: ${JSON.stringify(body.slice(0, 40))}`);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** The engine's own `{"message": …}`, else the body as it is. */
function messageIn(body: string): string {
  const answer = parsed(body);
  return isObject(answer) && typeof answer.message === "string" ? answer.message : body.trim();
}

/**
 * Others speak Docker's API: Podman, nerdctl's daemon. Every engine that can be judged names its parts in /version, and
 * the first is called Engine.
 */
function refuseLookalike(endpoint: Endpoint, version: Record<string, unknown>): void {
  const parts = Array.isArray(version.Components) ? version.Components.filter(isObject) : [];
  if (parts.length === 0 || parts.some((part) => part.Name === "Engine")) return;
  const [part = {}] = parts;
  const name = `${text(part, "Name")} ${text(part, "Version")}`.trim();
  const podman = /podman/i.test(name);
  throw new UserError({
    tried: tried(endpoint),
    seen: podman
      ? `this is Podman (${name}): it speaks Docker's API, but its networks are not made by a Docker Engine, so nothing that Docker documents about them can be judged here`
      : `this is ${name || "something without a name"}: it speaks Docker's API, but it is no Docker Engine, so nothing that Docker documents about its networks can be judged here`,
    todo: "Name a Docker Engine: DOCKER_HOST=unix:///var/run/docker.sock, or a docker context (docker context ls).",
  });
}

function refuseUnsuitable(endpoint: Endpoint, apiVersion: string, version: string, os: string): void {
  if (os === "windows") {
    throw new UserError({
      tried: tried(endpoint),
      seen: `Engine ${version} runs Windows containers, whose networking is another one`,
      todo: "Switch it to Linux containers, or name a Linux engine.",
    });
  }
  if (olderThan(apiVersion, OLDEST_API)) {
    throw new UserError({
      tried: tried(endpoint),
      seen: `Engine ${version} speaks API ${apiVersion}; the oldest that can be judged is ${OLDEST_API} (Engine 20.10)`,
      todo: "Upgrade the engine.",
    });
  }
}

function olderThan(version: string, limit: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [limitMajor = 0, limitMinor = 0] = limit.split(".").map(Number);
  return major < limitMajor || (major === limitMajor && minor < limitMinor);
}

function text(answer: unknown, name: string): string {
  const value: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, name) : undefined;
  return typeof value === "string" ? value : "";
}
