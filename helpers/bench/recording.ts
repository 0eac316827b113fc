import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../engine/errors.ts";
import { idIn, jsonIn } from "../engine/json-body.ts";
import { type Attendant, engineAt, listening, type PassingCall, passOn } from "../engine/pass-on.ts";

/** One call as it was made: enough to make it again. */
export interface EngineCall {
  readonly startedAt: number;
  /** Until its answer was whole; of a stream, until it ended. */
  readonly ms: number;
  readonly method: string;
  /** Ends with `?` where it has a query. */
  readonly path: string;
  /** In the shape that dockerode takes: with a query, both stand in it. */
  readonly body: unknown;
  /** 200 for whatever succeeded. */
  readonly statusCode: number;
  /** `Id` of the answer, where the call made something. */
  readonly createdId: string | null;
  /** A connection that stays open (attach, logs that are followed): replayed as opened, never awaited. */
  readonly streaming: boolean;
}

/** Whether a call ends with the run, or with a container, rather than with the engine's answer to it. */
export function isWait({ path }: EngineCall): boolean {
  return /^\/(events|containers\/[^/]+\/wait)/.test(path);
}

/** A socket that is the engine to whoever asks there, and keeps what was asked. */
export interface Recording extends Disposable {
  /** For `DOCKER_HOST`. */
  readonly address: string;
  /** In the order of their answers. */
  readonly calls: readonly EngineCall[];
}

/**
 * Opens a recording of all calls, whoever makes them: dockerode, testcontainers and the docker command.
 * @param address the engine's own, a `DOCKER_HOST`
 * @throws UserError for an engine that is reached otherwise than by a plain connection
 */
export async function openRecording(address: string): Promise<Recording> {
  const engine = engineAt(address);
  if (engine === null)
    throw new UserError({
      tried: "recording what a run asks of the engine",
      seen: `${address || "no DOCKER_HOST"} is no plain connection`,
      todo: "Measure an engine at a unix:// or a tcp:// address without TLS.",
    });
  const folder = await mkdtemp(join(tmpdir(), "docker-calls-"));
  const path = join(folder, "docker.sock");
  const calls: EngineCall[] = [];
  const server = passOn(engine, (call) => noting(call, calls));
  await listening(server, { path });
  return {
    address: `unix://${path}`,
    calls,
    [Symbol.dispose]() {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function noting({ method, path, query, upgrade }: PassingCall, calls: EngineCall[]): Attendant {
  const startedAt = performance.now();
  return {
    passed({ status, sent }, got) {
      const given = jsonIn(sent);
      calls.push({
        startedAt,
        ms: performance.now() - startedAt,
        method,
        path: query.size === 0 ? path : `${path}?`,
        body: query.size === 0 ? given : { _query: Object.fromEntries(query), _body: given ?? {} },
        statusCode: status < 400 ? 200 : status,
        createdId: /^\/(containers|networks)\/create/.test(path) ? idIn(jsonIn(got)) : null,
        streaming: upgrade || query.has("follow"),
      });
    },
  };
}
