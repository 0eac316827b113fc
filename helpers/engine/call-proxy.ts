import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestOptions, request, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { CALL_LOG_VARIABLE, idIn, logCall } from "./call-log.ts";

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

function engineAt(address: string): RequestOptions | null {
  const unix = /^unix:\/\/(.+)$/.exec(address)?.[1];
  if (unix !== undefined) return { socketPath: unix };
  const tcp = /^tcp:\/\/(.+):(\d+)$/.exec(address);
  return tcp === null ? null : { host: tcp[1], port: tcp[2] };
}

async function open(engine: RequestOptions): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "docker-calls-"));
  const socketPath = join(directory, "docker.sock");
  const server = createServer((near, answer) => void forward(engine, near, answer));
  server.on("upgrade", (near: IncomingMessage, socket: Socket, head: Buffer) => upgrade(engine, near, socket, head));
  server.listen(socketPath);
  await once(server, "listening");
  server.unref();
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  return `unix://${socketPath}`;
}

async function forward(engine: RequestOptions, near: IncomingMessage, answer: ServerResponse): Promise<void> {
  const note = noting(near, false);
  const body = await buffer(near);
  const far = request({ ...engine, path: near.url, method: near.method, headers: near.headers }, (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    // `docker run` goes on to start the container once it has the headers of the answer to `wait`.
    answer.flushHeaders();
    const pieces: Buffer[] = [];
    reply.on("data", (piece: Buffer) => pieces.push(piece));
    reply.on("end", () => note(reply.statusCode ?? null, body, Buffer.concat(pieces)));
    reply.pipe(answer);
  });
  far.on("error", () => answer.destroy());
  far.end(body);
}

/** `attach` asks for the bare connection. */
function upgrade(engine: RequestOptions, near: IncomingMessage, socket: Socket, head: Buffer): void {
  const note = noting(near, true);
  const far = request({ ...engine, path: near.url, method: near.method, headers: near.headers });
  far.on("upgrade", (reply, other, first) => {
    note(reply.statusCode ?? null, Buffer.alloc(0), Buffer.alloc(0));
    const headers = Object.entries(reply.headers).map(([name, value]) => `${name}: ${String(value)}`);
    socket.write(`HTTP/1.1 101 UPGRADED\r\n${headers.join("\r\n")}\r\n\r\n`);
    socket.write(first);
    other.write(head);
    other.pipe(socket);
    socket.pipe(other);
    socket.on("error", () => other.destroy());
    other.on("error", () => socket.destroy());
  });
  far.on("error", () => socket.destroy());
  far.end();
}

/** Notes a call in the shape that dockerode gives it, so that it can be made again in the same way. */
function noting(
  near: IncomingMessage,
  streaming: boolean,
): (status: number | null, body: Buffer, reply: Buffer) => void {
  const started = performance.now();
  const url = new URL(near.url ?? "/", "http://engine");
  const path = url.pathname.replace(/^\/v1\.\d+/, "");
  const query = Object.fromEntries(url.searchParams);
  return (status, body, reply) => {
    const given = parsed(body);
    logCall({
      startedAt: performance.timeOrigin + started,
      ms: performance.now() - started,
      method: near.method ?? "GET",
      path: url.search === "" ? path : `${path}?`,
      body: url.search === "" ? given : { _query: query, _body: given ?? {} },
      statusCode: status !== null && status < 400 ? 200 : status,
      createdId: /^\/(containers|networks)\/create/.test(path) ? idIn(parsed(reply)) : null,
      streaming,
    });
  };
}

function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString()) as unknown;
  } catch {
    return null;
  }
}
