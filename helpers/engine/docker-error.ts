import { withoutCredentials } from "../model/credentials.ts";

/** What an error of dockerode (or of the connection under it) says, in a form that can be matched on. */
export interface DockerError {
  /** HTTP status of the engine's answer; absent when no answer came. */
  readonly statusCode?: number;
  /** The engine's own words, without dockerode's prefix; or the connection's. */
  readonly message: string;
  /** `ENOENT`, `ECONNREFUSED`, `ABORT_ERR`…; absent when the engine answered. */
  readonly code?: string;
}

/**
 * dockerode writes `(HTTP code 404) no such container - No such image: x `. The words in the middle are its own
 * table for that status and may be wrong (a missing network reads "no such container"), so they are dropped.
 */
const PREFIX = /^\(HTTP code \d+\) [^-]*? - /;

/**
 * Reads what dockerode threw. In: anything caught. Out: status, message and code, or null when it is neither an
 * engine's answer nor a failed connection (a programming error, say). Never throws.
 *
 * The engine's `{"message": …}` comes first. dockerode leaves it unparsed for streaming calls (logs, attach, pull,
 * exec start), where it is found in the error's message instead.
 */
export function dockerErrorOf(thrown: unknown): DockerError | null {
  if (!(thrown instanceof Error)) return null;
  const statusCode = property(thrown, "statusCode");
  if (typeof statusCode === "number") {
    return { statusCode, message: messageIn(property(thrown, "json")) ?? withoutPrefix(thrown.message) };
  }
  const code = property(thrown, "code");
  return typeof code === "string" ? { code, message: connectionMessage(thrown) } : null;
}

function withoutPrefix(message: string): string {
  const text = message.replace(PREFIX, "").trim();
  try {
    return messageIn(JSON.parse(text)) ?? text;
  } catch {
    return text;
  }
}

/** Node tries every address of a name and then throws an AggregateError whose own message is empty. */
function connectionMessage(error: Error): string {
  if (error.message === "" && error instanceof AggregateError) {
    return error.errors.map((each: unknown) => (each instanceof Error ? each.message : String(each))).join("; ");
  }
  return error.message.trim();
}

function messageIn(body: unknown): string | null {
  const message = property(body, "message");
  return typeof message === "string" && message.trim() !== "" ? message.trim() : null;
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** What was thrown, in the words of the engine or the connection where it is theirs, without credentials. */
export function messageOf(error: unknown): string {
  return withoutCredentials(dockerErrorOf(error)?.message ?? (error instanceof Error ? error.message : String(error)));
}
