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
  const file = env[CALL_LOG_VARIABLE];
  if (file === undefined || file === "" || installed) return;
  installed = true;
  const prototype = Modem.prototype as unknown as { dial: Dial };
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
        createdId:
          typeof data === "object" && data !== null && "Id" in data && typeof data.Id === "string" ? data.Id : null,
        streaming: isStream === true || hijack === true,
      };
      appendFileSync(file, `${JSON.stringify(call)}\n`);
      callback(error, data);
    });
  };
}

function structuredCloneOrNull(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}
