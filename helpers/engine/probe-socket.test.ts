import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { probeSocket } from "./probe-socket.ts";
import { scratchDirectory } from "./scratch-directory.ts";

test("no file, no directory, and a file that is no socket", async () => {
  using scratch = scratchDirectory();
  const plain = join(scratch.path, "plain");
  writeFileSync(plain, "");
  expect(await probeSocket(join(scratch.path, "nothing.sock"))).toBe("absent");
  expect(await probeSocket(join(plain, "nothing.sock"))).toBe("absent");
  expect(await probeSocket(plain)).toBe("refused");
});

test("who answers 200 to /_ping answers, any other status does not", async () => {
  using scratch = scratchDirectory();
  const path = join(scratch.path, "engine.sock");
  const server = createHttpServer((request, response) => {
    response.statusCode = request.url === "/_ping" ? 200 : 404;
    response.end("OK");
  }).listen(path);
  await once(server, "listening");
  expect(await probeSocket(path)).toBe("answers");
  server.close();
});

test("who accepts and says nothing is silent", async () => {
  using scratch = scratchDirectory();
  const path = join(scratch.path, "mute.sock");
  const server = createServer((socket) => socket.on("error", () => {})).listen(path);
  await once(server, "listening");
  expect(await probeSocket(path, 100)).toBe("silent");
  server.close();
});
