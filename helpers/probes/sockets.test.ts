import { execFile } from "node:child_process";
import { readlinkSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Vantage } from "../model/evidence.ts";
import { holdersOf, listenersOn } from "./sockets.ts";

/** This machine, as a place to ask from. */
const here: Vantage = {
  label: "this machine",
  async ask(command) {
    return await new Promise((resolve) => {
      execFile("sh", ["-c", command], (error, stdout, stderr) => {
        resolve({
          vantage: "this machine",
          command,
          exitCode: error === null ? 0 : 1,
          timedOut: false,
          stdout,
          stderr,
          ms: 0,
        });
      });
    });
  },
};

describe.runIf(process.platform === "linux")("the sockets of a namespace", () => {
  let server: Server;
  let port = 0;

  beforeAll(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });
  afterAll(() => {
    server.close();
  });

  test("a listener is found by its port, and by its socket the process that holds it", async () => {
    const [socket, ...more] = await listenersOn(here, port);
    expect(socket?.local).toEqual({ address: "127.0.0.1", port });
    expect(more).toEqual([]);
    const holders = await holdersOf(here, socket?.inode ?? -1);
    expect(holders).toContainEqual(
      expect.objectContaining({
        pid: process.pid,
        netNamespace: readlinkSync("/proc/self/ns/net"),
        pidNamespace: readlinkSync("/proc/self/ns/pid"),
      }),
    );
  });

  test("nobody listens on a port, and nobody holds a socket, that does not exist", async () => {
    expect(await listenersOn(here, 1)).toEqual([]);
    expect(await holdersOf(here, 2 ** 40)).toEqual([]);
  });
});
