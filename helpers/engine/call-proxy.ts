import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import type { RequestOptions } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CALL_LOG_VARIABLE, idIn, logCall } from "./call-log.ts";
import { jsonIn } from "./json-body.ts";
import { type Attendant, engineAt, listening, type PassingCall, passOn } from "./pass-on.ts";

let opened: Promise<string> | undefined;

/**
 * The docker CLI's calls belong to a run as much as dockerode's. While calls are recorded, the CLI is given this
 * engine address: a socket of this process that notes each call and hands it on.
 * @returns value for `DOCKER_HOST`; undefined when nothing is recorded, or the engine speaks TLS
 */
export async function recordedEndpoint(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  if ((env[CALL_LOG_VARIABLE] ?? "") === "") return undefined;
  const engine = engineAt(env.DOCKER_HOST ?? "");
  if (engine === null || env.DOCKER_TLS_VERIFY !== undefined) return undefined;
  opened ??= open(engine);
  return await opened;
}

async function open(engine: RequestOptions): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "docker-calls-"));
  const socketPath = join(directory, "docker.sock");
  const server = passOn(engine, noting);
  await listening(server, { path: socketPath });
  server.unref();
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  return `unix://${socketPath}`;
}

/** Notes a call in the shape that dockerode gives it, so that it can be made again in the same way. */
function noting({ method, path, query, upgrade }: PassingCall): Attendant {
  const started = performance.now();
  return {
    passed({ status, sent }, got) {
      const given = jsonIn(sent);
      logCall({
        startedAt: performance.timeOrigin + started,
        ms: performance.now() - started,
        method,
        path: query.size === 0 ? path : `${path}?`,
        body: query.size === 0 ? given : { _query: Object.fromEntries(query), _body: given ?? {} },
        statusCode: status < 400 ? 200 : status,
        createdId: /^\/(containers|networks)\/create/.test(path) ? idIn(jsonIn(got)) : null,
        streaming: upgrade,
      });
    },
  };
}
