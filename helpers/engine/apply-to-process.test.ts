import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeCertificates, readCertificates } from "./testing/certificates.ts";
import { runModule } from "./testing/child.ts";
import { ENGINE_SOCKET, proxyTcp, proxyTls, serve } from "./testing/engine-proxy.ts";
import { scratch } from "./testing/scratch.ts";
import { startSshd, whyNoSshd } from "./testing/sshd.ts";

/** Applies the connection, checks testcontainers' engine, and tells what came of it. */
const APPLY = `
  import { applyToProcess, assertSameEngine } from "engine/apply-to-process.ts";
  import { connect } from "engine/connect.ts";
  const connection = await connect();
  applyToProcess(connection);
  const same = await assertSameEngine(connection).then(() => true, ({ name, seen, todo }) => ({ name, seen, todo }));
  await connection.close();
  const names = Object.keys(process.env).filter((name) => /DOCKER|TESTCONTAINERS/.test(name));
  console.log(JSON.stringify({ same, env: Object.fromEntries(names.map((name) => [name, process.env[name]])) }));`;

const FIXED = {
  TESTCONTAINERS_RYUK_DISABLED: "true",
  TESTCONTAINERS_REUSE_ENABLE: "false",
  TESTCONTAINERS_HOST_OVERRIDE: "localhost",
};
const PATH = process.env.PATH ?? "";
/** No settings of the user's own. */
const HOME = "/nonexistent";

describe("testcontainers reaches the very same engine", () => {
  it("by the unix socket, without what would lead elsewhere", async () => {
    const DOCKER_HOST = `unix://${ENGINE_SOCKET}`;
    const env = {
      PATH,
      HOME,
      DOCKER_HOST,
      DOCKER_CONTEXT: "elsewhere",
      DOCKER_CERT_PATH: "/x",
      DOCKER_CLIENT_TIMEOUT: "1",
    };
    expect(await runModule(APPLY, { env })).toMatchObject({
      stderr: "",
      answer: { same: true, env: { DOCKER_HOST, ...FIXED } },
    });
  });

  it("by plain TCP", async () => {
    await using proxy = await proxyTcp();
    const result = await runModule(APPLY, { env: { PATH, HOME, DOCKER_HOST: `127.0.0.1:${proxy.port}` } });
    expect(result.answer).toEqual({ same: true, env: { DOCKER_HOST: `tcp://127.0.0.1:${proxy.port}`, ...FIXED } });
  });

  it("by TCP over IPv6", async () => {
    await using proxy = await proxyTcp("::1");
    const result = await runModule(APPLY, { env: { PATH, HOME, DOCKER_HOST: `[::1]:${proxy.port}` } });
    expect(result.answer).toMatchObject({ same: true });
  });

  it("by TLS", async () => {
    const directory = await makeCertificates(join(await scratch(), "tls"));
    await using proxy = await proxyTls({
      ...(await readCertificates(directory)),
      requestCert: true,
      rejectUnauthorized: true,
    });
    const tls = { DOCKER_HOST: `tcp://127.0.0.1:${proxy.port}`, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: directory };
    const direct = await runModule(APPLY, { env: { PATH, HOME, ...tls } });
    expect(direct.answer).toEqual({ same: true, env: { ...tls, ...FIXED } });
    const unverified = { ...tls, DOCKER_TLS_VERIFY: "", DOCKER_TLS: "1" };
    const relayed = await runModule(APPLY, { env: { PATH, HOME, ...unverified } });
    expect(relayed.answer).toEqual({
      same: true,
      env: { DOCKER_HOST: expect.stringMatching(/^unix:.*docker-relay-/), ...FIXED },
    });
  });

  it("by ssh", async (ctx) => {
    const reason = await whyNoSshd();
    if (reason !== null) ctx.skip(reason);
    await using server = await startSshd(await scratch());
    const env = { PATH: `${server.bin}:${PATH}`, HOME, DOCKER_HOST: `ssh://root@127.0.0.1:${server.port}` };
    expect((await runModule(APPLY, { env })).answer).toMatchObject({ same: true });
  });
});

describe("testcontainers reaches another engine", () => {
  /** An engine in name only, which is all that is compared. */
  const other = (where: { host?: string; path?: string }) =>
    serve(
      createServer((request, response) => {
        response.setHeader("Content-Type", "application/json");
        const version = { ApiVersion: "1.41", Version: "20.10.0", Os: "linux" };
        const info = { ID: "OTHER", Name: "other", OperatingSystem: "Debian", OSType: "linux" };
        response.end(JSON.stringify(request.url?.endsWith("/version") ? version : info));
      }),
      where,
    );

  it("because tc.host says so: the file is named", async () => {
    await using engine = await other({ host: "127.0.0.1" });
    const home = await scratch();
    await writeFile(join(home, ".testcontainers.properties"), `tc.host=tcp://127.0.0.1:${engine.port}\n`);
    const result = await runModule(APPLY, { env: { PATH, HOME: home, DOCKER_HOST: `unix://${ENGINE_SOCKET}` } });
    expect(result.answer).toMatchObject({
      same: {
        name: "UserError",
        seen: expect.stringMatching(/testcontainers uses other \(OTHER\)/),
        todo: expect.stringContaining(join(home, ".testcontainers.properties")),
      },
    });
  });

  it("because TLS settings of that file break the way, and it falls back to the local socket", async () => {
    const home = await scratch();
    const path = join(home, "other.sock");
    await using _ = await other({ path });
    await writeFile(join(home, ".testcontainers.properties"), "docker.tls.verify=1\ndocker.cert.path=/nowhere\n");
    const result = await runModule(APPLY, { env: { PATH, HOME: home, DOCKER_HOST: `unix://${path}` } });
    expect(result.answer).toMatchObject({
      same: { name: "UserError", seen: expect.stringMatching(/under test is other \(OTHER\)/) },
    });
  });
});
