import { request } from "node:http";

/**
 * What a unix socket says of the engine behind it: `answers`, `refused` (a socket file without a listener), `absent`,
 * `denied` (not open to this user), or `silent` (no proper answer in time).
 */
export type SocketState = "answers" | "refused" | "absent" | "denied" | "silent";

const STATES: Readonly<Record<string, SocketState>> = {
  ECONNREFUSED: "refused",
  ENOENT: "absent",
  ENOTDIR: "absent",
  EACCES: "denied",
  EPERM: "denied",
};

/** Asks `GET /_ping` on a unix socket. Never rejects. */
export function probeSocket(socketPath: string, milliseconds = 5_000): Promise<SocketState> {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: "/_ping", timeout: milliseconds }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? "answers" : "silent");
    });
    ping.on("timeout", () => ping.destroy());
    ping.on("error", (error: NodeJS.ErrnoException) => resolve(STATES[error.code ?? ""] ?? "silent"));
    ping.end();
  });
}
