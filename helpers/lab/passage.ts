import { type AddressInfo, createServer, type Socket } from "node:net";
import { Writable } from "node:stream";
import type Dockerode from "dockerode";

/** A port on this machine's loopback that leads to a port inside a container, on whatever machine its engine is. */
export interface Passage {
  readonly port: number;
  /** Cuts what goes through it. May be called again. */
  close(): void;
}

/**
 * Opens a passage through the engine's API alone: each connection is a `nc` inside the container, as `docker exec -i`
 * would start it. Where the port can't be reached there, a connection is closed at once.
 */
export async function openPassage(docker: Dockerode, containerId: string, port: number): Promise<Passage> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    lead(docker, containerId, port, socket).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  // What it serves keeps this process alive, not the passage itself.
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

async function lead(docker: Dockerode, containerId: string, port: number, socket: Socket): Promise<void> {
  const exec = await docker.getContainer(containerId).exec({
    Cmd: ["busybox", "nc", "127.0.0.1", String(port)],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({ hijack: true, stdin: true });
  // Who connected may have gone meanwhile: nothing would end the `nc` then.
  if (socket.destroyed) {
    stream.destroy();
    return;
  }
  stream.on("error", () => socket.destroy());
  stream.once("end", () => socket.end());
  stream.once("close", () => socket.end());
  docker.modem.demuxStream(stream, socket, new Writable({ write: (_chunk, _encoding, done) => done() }));
  socket.once("close", () => stream.destroy());
  socket.pipe(stream);
}
