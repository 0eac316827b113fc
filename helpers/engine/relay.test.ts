import { existsSync } from "node:fs";
import { createServer, connect as dial, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { createServer as createTlsServer } from "node:tls";
import { expect, it } from "vitest";
import { expressible } from "./connection.ts";
import { parseDockerHost } from "./endpoint.ts";
import { openRelay } from "./relay.ts";
import { makeCertificates, readCertificates } from "./testing/certificates.ts";
import { runModule } from "./testing/child.ts";
import { serve } from "./testing/engine-proxy.ts";
import { scratch } from "./testing/scratch.ts";

/** Answers only after the client has ended its side, as an attached container that reads its whole input does. */
const afterTheEnd = (socket: Socket) => {
  let bytes = 0;
  socket.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  socket.on("end", () => socket.end(`got ${bytes}`));
};
const reach = (host: string, on = false, ca: string | null = null) => {
  const endpoint = parseDockerHost(host, "test", { on, files: { verify: true, ca, cert: null, key: null } });
  if (endpoint.kind === "ssh") throw new Error("ssh has its tunnel");
  return endpoint;
};
const ask = async (path: string, bytes: number) => {
  const socket = dial({ path, allowHalfOpen: true });
  socket.end("x".repeat(bytes));
  return text(socket);
};

it("lets a client end its side and still hear the answer, over TCP", async () => {
  await using server = await serve(createServer({ allowHalfOpen: true }, afterTheEnd), { host: "127.0.0.1" });
  const relay = await openRelay(reach(`127.0.0.1:${server.port}`));
  const answers = await Promise.all([0, 1, 3_000_000].map((bytes) => ask(relay.socketPath, bytes)));
  await relay.close();
  expect(answers).toEqual(["got 0", "got 1", "got 3000000"]);
});

it("lets a client end its side and still hear the answer, over TLS", async () => {
  const directory = await makeCertificates(await scratch());
  const options = { ...(await readCertificates(directory)), allowHalfOpen: true };
  await using server = await serve(createTlsServer(options, afterTheEnd), { host: "127.0.0.1" });
  const relay = await openRelay(reach(`127.0.0.1:${server.port}`, true, `${directory}/ca.pem`));
  const answers = await Promise.all([0, 1, 3_000_000].map((bytes) => ask(relay.socketPath, bytes)));
  await relay.close();
  expect(answers).toEqual(["got 0", "got 1", "got 3000000"]);
});

it("remembers what went wrong behind it, and leaves nothing when closed, even twice", async () => {
  const relay = await openRelay(reach("127.0.0.1:1"));
  expect(await relay.trouble()).toBeNull();
  await ask(relay.socketPath, 1).catch(() => "");
  expect(await relay.trouble()).toMatchObject({ code: "ECONNREFUSED" });
  await relay.close();
  await relay.close();
  expect(existsSync(relay.socketPath)).toBe(false);
});

it("goes with its process, and does not keep it running", async () => {
  const { answer, exitCode } = await runModule(
    `import { openRelay } from "engine/relay.ts";
     const { socketPath } = await openRelay({ kind: "tcp", origin: "", url: "tcp://127.0.0.1:1", host: "127.0.0.1", port: 1 });
     console.log(JSON.stringify(socketPath));`,
    { env: {} },
  );
  expect({ answer, exitCode }).toEqual({ answer: expect.stringMatching(/docker-relay-/), exitCode: 0 });
  expect(existsSync(String(answer))).toBe(false);
});

it.each([
  ["unix:///run/docker.sock", true],
  ["unix:///run/my docker.sock", false],
  ["tcp://host:2375", true],
  // docker-modem would speak TLS there.
  ["tcp://host:2376", false],
  ["tcp://[::1]:2375", true],
  ["tcp://[fe80::1%eth0]:2375", false],
  // No client certificate, which testcontainers insists on.
  ["https://host:2376", false],
])("%s can be told to every client by the environment: %s", (host, expected) => {
  expect(expressible(reach(host))).toBe(expected);
});
