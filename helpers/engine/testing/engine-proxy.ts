import { once } from "node:events";
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

/** The real engine that the tests of this folder stand in front of. */
export const ENGINE_SOCKET = "/var/run/docker.sock";

/** A listening server; `await using` closes it with all its connections. */
interface Serving extends AsyncDisposable {
  readonly port: number;
}

/** Offers the engine over plain TCP. */
export function proxyTcp(address = "127.0.0.1"): Promise<Serving> {
  return serve(createServer({ allowHalfOpen: true }, toEngine), { host: address });
}

/** Offers the engine at another unix socket. */
export function proxyUnix(path: string): Promise<Serving> {
  return serve(createServer({ allowHalfOpen: true }, toEngine), { path });
}

/** Offers the engine over TLS. */
export function proxyTls(options: TlsOptions): Promise<Serving> {
  return serve(createTlsServer({ ...options, allowHalfOpen: true }, toEngine), { host: "127.0.0.1" });
}

/** Answers every connection with `answer`; a function decides itself what to do with it. */
export function garbage(answer: string | ((socket: Socket) => void)): Promise<Serving> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (typeof answer === "function") answer(socket);
    else socket.once("data", () => socket.end(answer));
  });
  return serve(server, { host: "127.0.0.1" });
}

/** Listens where told, on a port of the system's choice unless given. */
export async function serve(server: Server, where: { host?: string; port?: number; path?: string }): Promise<Serving> {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  server.listen(where.path === undefined ? { port: 0, ...where } : where);
  await once(server, "listening");
  const address = server.address();
  return {
    port: isAddress(address) ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

function isAddress(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}

function toEngine(near: Socket): void {
  const far = dial({ path: ENGINE_SOCKET, allowHalfOpen: true });
  near.on("error", () => far.destroy());
  far.on("error", () => near.destroy());
  near.pipe(far).pipe(near);
}
