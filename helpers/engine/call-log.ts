import { appendFileSync } from "node:fs";
import Modem from "docker-modem";

/** Names the file into which every engine call of a run is written, one JSON line each (`npm run bench` sets it). */
export const CALL_LOG_VARIABLE = "DNC_CALL_LOG";

/** One call as it was made: enough to make it again. */
export interface EngineCall {
  readonly startedAt: number;
  readonly ms: number;
  readonly method: string;
  /** With its query, as dockerode built it; empty parameters left out. */
  readonly path: string;
  readonly body: unknown;
  readonly statusCode: number | null;
  /** `Id` of the answer, where the call made something. */
  readonly createdId: string | null;
  /** A stream that stays open (attach, events): replayed as opened, never awaited. */
  readonly streaming: boolean;
}

interface DialOptions {
  readonly path: string;
  readonly method: string;
  readonly options?: Record<string, unknown>;
  readonly isStream?: boolean;
  readonly openStdin?: boolean;
  readonly hijack?: boolean;
}

type Dial = (
  this: unknown,
  options: DialOptions,
  callback: (error: (Error & { statusCode?: number }) | null, data: unknown) => void,
) => unknown;

let installed = false;

/**
 * Records every call that goes through docker-modem in this thread, dockerode's own and testcontainers', when the
 * environment asks for it; does nothing otherwise.
 */
export function recordCalls(env: NodeJS.ProcessEnv = process.env): void {
  if ((env[CALL_LOG_VARIABLE] ?? "") === "" || installed) return;
  installed = true;
  const prototype: { dial: Dial } = Modem.prototype;
  const dial = prototype.dial;
  prototype.dial = function (options, callback) {
    const started = performance.now();
    const startedAt = performance.timeOrigin + started;
    // docker-modem changes the options it is given.
    const parameters = structuredCloneOrNull(options.options);
    const { path, method, isStream, hijack } = options;
    return dial.call(this, options, (error, data) => {
      const call: EngineCall = {
        startedAt,
        ms: performance.now() - started,
        method,
        path,
        body: parameters,
        statusCode: error === null ? 200 : (error.statusCode ?? null),
        createdId: /^\/(containers|networks)\/create/.test(path) ? idIn(data) : null,
        streaming: isStream === true || hijack === true,
      };
      logCall(call, env);
      callback(error, data);
    });
  };
}

/** Writes one call into the file that the environment names. */
export function logCall(call: EngineCall, env: NodeJS.ProcessEnv = process.env): void {
  const file = env[CALL_LOG_VARIABLE];
  if (file !== undefined && file !== "") appendFileSync(file, `${JSON.stringify(call)}\n`);
}

/** The `Id` of an answer; null where it has none. */
export function idIn(answer: unknown): string | null {
  return typeof answer === "object" && answer !== null && "Id" in answer && typeof answer.Id === "string"
    ? answer.Id
    : null;
}

function structuredCloneOrNull(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}
