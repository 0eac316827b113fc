import type Dockerode from "dockerode";
import { recordCalls } from "./call-log.ts";
import { explainFailure, notDocker, tried } from "./connect-failure.ts";
import { type Connection, openEndpoint } from "./connection.ts";
import { dockerErrorOf } from "./docker-error.ts";
import { type Endpoint, resolveEndpoint } from "./endpoint.ts";
import { UserError } from "./errors.ts";

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
 * In: the environment; the time allowed for all of it, in ms. Throws UserError for everything that can go wrong on
 * the way, for an engine older than API 1.41 and for one that runs Windows containers. The caller closes.
 */
export async function connect(
  env: NodeJS.ProcessEnv = process.env,
  { deadline = 10_000 }: { readonly deadline?: number } = {},
): Promise<EngineConnection> {
  recordCalls();
  const endpoint = await resolveEndpoint(env);
  const signal = AbortSignal.timeout(deadline);
  const connection = await openEndpoint(endpoint, signal).catch((error: unknown) => {
    throw explainFailure(endpoint, error);
  });
  try {
    return { ...connection, engine: await identify(connection, signal) };
  } catch (error) {
    // A tunnel or relay knows more than "connection reset"; not more than an engine that answered.
    const cut = !signal.aborted && dockerErrorOf(error)?.code !== undefined;
    const cause = cut ? ((await connection.trouble()) ?? error) : error;
    await connection.close();
    throw explainFailure(endpoint, cause);
  }
}

/**
 * Asks an engine who it is. Throws UserError when it is no engine that can be judged, else what dockerode throws.
 */
export async function identify(
  { docker, endpoint }: Pick<Connection, "docker" | "endpoint">,
  signal: AbortSignal,
): Promise<EngineIdentity> {
  const engine = abortable(docker);
  const version = await engine.version({ abortSignal: signal });
  const apiVersion = text(version, "ApiVersion");
  if (!/^\d+\.\d+$/.test(apiVersion)) throw notDocker(endpoint, "its /version names no API version");
  refuseUnsuitable(endpoint, apiVersion, text(version, "Version"), text(version, "Os"));
  const info = await engine.info({ abortSignal: signal });
  return { id: text(info, "ID"), name: text(info, "Name"), version: text(version, "Version"), apiVersion };
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

/** dockerode takes these options; its types don't know. */
function abortable(docker: Dockerode) {
  return docker as unknown as {
    version(options: { abortSignal: AbortSignal }): Promise<unknown>;
    info(options: { abortSignal: AbortSignal }): Promise<unknown>;
  };
}

function text(answer: unknown, name: string): string {
  const value: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, name) : undefined;
  return typeof value === "string" ? value : "";
}
