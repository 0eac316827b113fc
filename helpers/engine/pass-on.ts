import { once } from "node:events";
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestOptions,
  request,
  type Server,
  ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { buffer } from "node:stream/consumers";

/** A call on its way from a client to the engine. */
export interface PassingCall {
  readonly method: string;
  /** Without query and without the API's version: `/containers/web/start`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** It asks for the bare connection (`attach`, `exec`). */
  readonly upgrade: boolean;
}

/** The head of the engine's answer, with the body of the call that it answers. */
export interface PassingAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly sent: Buffer;
}

/** Makes another body of a whole one. */
export type Rewrite = (body: Buffer) => Promise<Buffer>;

/** What happens to one call beside passing on; nothing by default. */
export interface Attendant {
  /** Takes the call's body whole before the engine gets it; else it streams through. */
  readonly asked?: Rewrite;
  /**
   * The client gets nothing of the answer before this has resolved. With a {@link Rewrite} the body is taken whole and
   * goes through it; else it streams through, piece by piece.
   */
  readonly answered?: (answer: PassingAnswer) => Promise<Rewrite | null>;
  /** All has passed. @param got the answer's body as the engine gave it; empty for a bare connection */
  readonly passed?: (answer: PassingAnswer, got: Buffer) => void;
}

/** Where an engine is, for node's HTTP client; null for what has no plain connection. @param address a `DOCKER_HOST` */
export function engineAt(address: string): RequestOptions | null {
  const unix = /^unix:\/\/(.+)$/.exec(address)?.[1];
  if (unix !== undefined) return { socketPath: unix };
  const tcp = /^tcp:\/\/(.+):(\d+)$/.exec(address);
  return tcp === null ? null : { host: tcp[1], port: tcp[2] };
}

/**
 * An HTTP server that is the engine to its clients: it passes every call on, streams and bare connections too, and
 * shows each to `attend`. The caller listens and closes; connections to the engine go with the server.
 */
export function passOn(engine: RequestOptions, attend: (call: PassingCall) => Attendant): Server {
  const agent = new Agent({ keepAlive: true });
  const way = { ...engine, agent };
  const server = createServer((near, answer) => void forward(way, near, answer, attend(callOf(near, false))));
  server.on(
    "upgrade",
    (near: IncomingMessage, socket: Socket, head: Buffer) =>
      void upgrade(way, near, socket, head, attend(callOf(near, true))),
  );
  // A client may upload, listen or be silent for as long as it likes, as it may with the engine itself.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  server.on("close", () => agent.destroy());
  return server;
}

function callOf(near: IncomingMessage, upgrade: boolean): PassingCall {
  const url = new URL(near.url ?? "/", "http://engine");
  return {
    method: near.method ?? "GET",
    path: url.pathname.replace(/^\/v\d+\.\d+(?=\/)/, ""),
    query: url.searchParams,
    upgrade,
  };
}

async function forward(
  way: RequestOptions,
  near: IncomingMessage,
  answer: ServerResponse,
  attendant: Attendant,
): Promise<void> {
  const body = attendant.asked === undefined ? null : await attendant.asked(await buffer(near));
  const sent: Buffer[] = body === null ? [] : [body];
  const headers = body === null ? near.headers : ofLength(near.headers, body);
  const far = request({ ...way, path: near.url, method: near.method, headers });
  far.on("response", (reply) => void relay(reply, answer, attendant, () => Buffer.concat(sent)));
  far.on("error", () => answer.destroy());
  // A client that turns away ends the call at the engine too: it would go on streaming for nobody.
  answer.on("close", () => far.destroy());
  if (body !== null) {
    far.end(body);
    return;
  }
  near.on("data", (piece: Buffer) => sent.push(piece));
  near.on("error", () => far.destroy());
  near.pipe(far);
}

/** The headers of a body that is sent whole. */
function ofLength(headers: IncomingHttpHeaders, body: Buffer): OutgoingHttpHeaders {
  const { "transfer-encoding": _, ...others } = headers;
  return { ...others, "content-length": body.length };
}

/** Gives the engine's answer to the client. */
async function relay(
  reply: IncomingMessage,
  answer: ServerResponse,
  attendant: Attendant,
  sent: () => Buffer,
): Promise<void> {
  const head = { status: reply.statusCode ?? 502, headers: reply.headers, sent: sent() };
  reply.on("error", () => answer.destroy());
  const rewrite = (await attendant.answered?.(head)) ?? null;
  if (rewrite !== null) {
    const got = await buffer(reply);
    const body = await rewrite(got);
    answer.writeHead(head.status, ofLength(reply.headers, body));
    answer.end(body);
    attendant.passed?.(head, got);
    return;
  }
  answer.writeHead(head.status, reply.headers);
  // `docker run` goes on to start the container once it has the headers of the answer to `wait`.
  answer.flushHeaders();
  if (attendant.passed !== undefined) {
    const pieces: Buffer[] = [];
    reply.on("data", (piece: Buffer) => pieces.push(piece));
    reply.on("end", () => attendant.passed?.(head, Buffer.concat(pieces)));
  }
  reply.pipe(answer);
}

async function upgrade(
  way: RequestOptions,
  near: IncomingMessage,
  socket: Socket,
  head: Buffer,
  attendant: Attendant,
): Promise<void> {
  socket.on("error", () => socket.destroy());
  // Not a stream of its own: the body of `exec` comes before the bare connection begins.
  const given = await buffer(near);
  const sent = (await attendant.asked?.(given)) ?? given;
  const headers = attendant.asked === undefined ? near.headers : ofLength(near.headers, sent);
  const far = request({ ...way, path: near.url, method: near.method, headers });
  far.on("upgrade", (reply, other, first) => {
    attendant.passed?.({ status: reply.statusCode ?? 502, headers: reply.headers, sent }, Buffer.alloc(0));
    const lines = Object.entries(reply.headers).map(([name, value]) => `${name}: ${String(value)}`);
    socket.write(`HTTP/1.1 101 UPGRADED\r\n${lines.join("\r\n")}\r\n\r\n`);
    socket.write(first);
    other.write(head);
    join(socket, other as Socket);
  });
  // Refused: no such container, or it does not run.
  far.on("response", (reply) => {
    const answer = new ServerResponse(near);
    answer.shouldKeepAlive = false;
    answer.assignSocket(socket);
    answer.on("finish", () => socket.end());
    void relay(reply, answer, attendant, () => sent);
  });
  far.on("error", () => socket.destroy());
  far.end(sent);
}

/** Each side may end what it says and go on listening: standard input ends before the output does. */
function join(near: Socket, far: Socket): void {
  far.on("error", () => far.destroy());
  near.on("close", () => far.destroy());
  // What has been said is still delivered.
  far.on("close", () => near.destroySoon());
  near.pipe(far);
  far.pipe(near);
}

/** Listens where told. @returns the port; 0 for a unix socket */
export async function listening(server: Server, where: { host: string } | { path: string }): Promise<number> {
  server.listen("path" in where ? where : { ...where, port: 0 });
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
