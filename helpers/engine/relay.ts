import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer, connect as netConnect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";
import type { TcpEndpoint, TlsEndpoint, UnixEndpoint } from "./endpoint.ts";
import type { Forwarder } from "./forwarder.ts";
import { readTls } from "./tls-files.ts";

/**
 * Offers an engine at a private unix socket, for endpoints that the three variables `DOCKER_HOST`,
 * `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH` can't express to every client alike (see `expressible`).
 * Encryption ends here. Serves until closed, or until this process ends.
 *
 * Throws UserError when a TLS file can't be read.
 */
export async function openRelay(endpoint: UnixEndpoint | TcpEndpoint | TlsEndpoint): Promise<Forwarder> {
  const { dial, ready } = await dialler(endpoint);
  const directory = await mkdtemp(join(tmpdir(), "docker-relay-"));
  const socketPath = join(directory, "docker.sock");
  const open = new Set<Duplex>();
  let last: Error | null = null;
  // Half-open on both sides: a client ends its input (an exec's stdin) and goes on reading.
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = dial();
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.on("close", () => {
        open.delete(socket);
        other.destroy();
      });
      socket.on("error", (error) => {
        if (socket === far) last = error;
      });
    }
    far.pipe(near);
    // Not earlier: a TLS socket that is ended before its handshake, with nothing written, stays so for ever (Node 26).
    far.once(ready, () => near.pipe(far));
  });
  server.listen(socketPath);
  await once(server, "listening");
  server.unref();
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once("exit", remove);
  return {
    socketPath,
    trouble: async () => last,
    close: async () => {
      for (const socket of open) socket.destroy();
      if (server.listening) await new Promise((done) => server.close(done));
      process.off("exit", remove);
      remove();
    },
  };
}

/** How to connect to the engine, and the event that says that a connection can be written to. */
interface Dialler {
  dial(): Socket;
  readonly ready: "connect" | "secureConnect";
}

async function dialler(endpoint: UnixEndpoint | TcpEndpoint | TlsEndpoint): Promise<Dialler> {
  if (endpoint.kind === "unix") {
    return { dial: () => netConnect({ path: endpoint.socketPath, allowHalfOpen: true }), ready: "connect" };
  }
  const { host, port } = endpoint;
  if (endpoint.kind === "tcp") return { dial: () => netConnect({ host, port, allowHalfOpen: true }), ready: "connect" };
  // `allowHalfOpen` is documented for tls.connect and missing in its types.
  const options: ConnectionOptions & { allowHalfOpen: boolean } = {
    host,
    port,
    ...(await readTls(endpoint)),
    rejectUnauthorized: endpoint.tls.verify,
    allowHalfOpen: true,
  };
  return { dial: () => tlsConnect(options), ready: "secureConnect" };
}
