import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer, connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Dockerode from "dockerode";
import { execa } from "execa";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { connect } from "./connect.ts";
import { UserError } from "./errors.ts";
import { makeCertificates, readCertificates } from "./testing/certificates.ts";
import { runModule } from "./testing/child.ts";
import { writeContext } from "./testing/context.ts";
import { ENGINE_SOCKET, garbage, proxyTcp, proxyTls, proxyUnix, serve } from "./testing/engine-proxy.ts";
import { scratch } from "./testing/scratch.ts";

const NOBODY = 65_534;
let engineId: string;

beforeAll(async () => {
  engineId = (await new Dockerode({ socketPath: ENGINE_SOCKET }).info()).ID;
});

/** Connects, asks dockerode and the docker CLI for the engine's id, closes. */
async function idsThrough(env: NodeJS.ProcessEnv): Promise<{ dockerode: string; cli: string; host: string }> {
  await using connection = await connect(env);
  expect(connection.engine.id).toBe(engineId);
  const { ID } = await connection.docker.info();
  const cli = await execa("docker", ["info", "--format", "{{.ID}}"], {
    env: { PATH: process.env.PATH, ...connection.env },
    extendEnv: false,
  });
  return { dockerode: ID, cli: cli.stdout, host: connection.env.DOCKER_HOST ?? "" };
}

async function failure(env: NodeJS.ProcessEnv, deadline = 5_000): Promise<UserError> {
  const outcome = await connect(env, { deadline }).then(
    async (connection) => {
      await connection.close();
      return null;
    },
    (error: unknown) => error,
  );
  if (!(outcome instanceof UserError)) throw new Error("no UserError", { cause: outcome });
  return outcome;
}

describe("unix sockets", () => {
  it("reaches the running engine and says who it is", async () => {
    await using connection = await connect({ DOCKER_HOST: `unix://${ENGINE_SOCKET}` });
    expect(connection.engine).toMatchObject({ id: engineId, apiVersion: expect.stringMatching(/^1\.\d+$/) });
    expect(connection.env).toEqual({ DOCKER_HOST: `unix://${ENGINE_SOCKET}` });
  });

  it("is not led astray by DOCKER_HOST and DOCKER_CERT_PATH of this process", async () => {
    const before = { DOCKER_HOST: process.env.DOCKER_HOST, DOCKER_CERT_PATH: process.env.DOCKER_CERT_PATH };
    onTestFinished(() => restore(before));
    process.env.DOCKER_HOST = "tcp://127.0.0.1:1";
    process.env.DOCKER_CERT_PATH = "/nowhere";
    await using connection = await connect({ DOCKER_HOST: `unix://${ENGINE_SOCKET}` });
    expect(connection.engine.id).toBe(engineId);
    expect(process.env.DOCKER_HOST).toBe("tcp://127.0.0.1:1");
  });

  it("serves a path that is no URL by a relay", async () => {
    const path = join(await scratch(), "my docker.sock");
    await using _ = await proxyUnix(path);
    const ids = await idsThrough({ DOCKER_HOST: `unix://${path}` });
    expect(ids).toEqual({ dockerode: engineId, cli: engineId, host: expect.stringMatching(/docker-relay-/) });
  });

  it("missing: there is no engine here", async () => {
    expect(await failure({ DOCKER_HOST: "unix:///no/such.sock" })).toMatchObject({
      seen: expect.stringMatching(/no such socket/),
      todo: expect.stringMatching(/\.\/setup/),
    });
  });

  it("dead: nobody listens", async () => {
    const path = join(await scratch(), "dead.sock");
    // Left behind, as by a killed daemon: node removes the file only when it closes the server itself.
    await execa(
      process.execPath,
      ["-e", `net.createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`],
      { reject: false },
    );
    expect(await failure({ DOCKER_HOST: `unix://${path}` })).toMatchObject({
      seen: expect.stringMatching(/nobody listens/),
    });
  });

  it("closed to this user: names the docker group", async (ctx) => {
    if (process.getuid?.() !== 0) ctx.skip("needs root to become another user");
    const directory = await scratch();
    await chmod(directory, 0o755);
    const path = join(directory, "closed.sock");
    await using _ = await proxyUnix(path);
    await chmod(path, 0o000);
    const child = await runModule(
      `import { connect } from "engine/connect.ts";
       const { seen, todo } = await connect().catch((error) => error);
       console.log(JSON.stringify({ seen, todo }));`,
      { env: { DOCKER_HOST: `unix://${path}` }, uid: NOBODY },
    );
    expect(child.stderr).toBe("");
    expect(child.answer).toEqual({
      seen: expect.stringMatching(/permission denied/),
      todo: expect.stringMatching(/docker group.*sudo/),
    });
  });
});

describe("plain TCP", () => {
  it.each(["127.0.0.1", "::1"])("reaches the engine at %s", async (address) => {
    await using proxy = await proxyTcp(address);
    const host = address === "::1" ? `[::1]:${proxy.port}` : `${address}:${proxy.port}`;
    const ids = await idsThrough({ DOCKER_HOST: host });
    expect(ids).toEqual({ dockerode: engineId, cli: engineId, host: `tcp://${host}` });
  });

  it("refused", async () => {
    expect(await failure({ DOCKER_HOST: "tcp://localhost:1" })).toMatchObject({
      tried: "Connecting to the Docker Engine at tcp://localhost:1 (DOCKER_HOST)",
      seen: expect.stringMatching(/connection refused/),
    });
  });

  it("name not resolved", async () => {
    expect((await failure({ DOCKER_HOST: "tcp://no-such-host.invalid:1" })).seen).toMatch(/could not be resolved/);
  });

  it("timed out, at the deadline", async () => {
    await using silent = await garbage(() => {});
    const start = performance.now();
    expect((await failure({ DOCKER_HOST: `127.0.0.1:${silent.port}` }, 300)).seen).toMatch(/timed out/);
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it("timed out, when the answer begins and never ends", async () => {
    await using slow = await garbage((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"));
    expect((await failure({ DOCKER_HOST: `127.0.0.1:${slow.port}` }, 300)).seen).toMatch(/timed out/);
  });
});

describe("what is no Docker Engine that can be judged", () => {
  const http = (body: string, status = "200 OK", type = "application/json") =>
    `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
  const nginx404 =
    "<html>\r\n<head><title>404 Not Found</title></head>\r\n<center>nginx/1.22.1</center>\r\n</html>\r\n";

  it.each([
    ["a web server", http(nginx404, "404 Not Found", "text/html"), /no Docker Engine: it answered HTTP 404/],
    [
      "a page for every path",
      http("<html>hello</html>", "200 OK", "text/html"),
      /\/version is no JSON object: "<html>hello/,
    ],
    ["a list for every path", http("[]"), /\/version is no JSON object/],
    [
      "the same answer for every path",
      http('{"ApiVersion":"1.43","Version":"24.0.7","Os":"linux"}'),
      /\/info names no ID/,
    ],
    [
      "a redirection",
      http("", "301 Moved Permanently").replace("Content", "Location: https://x/\r\nContent"),
      /HTTP 301: .*leads to https:\/\/x/,
    ],
    ["a proxy that asks for a password", http("denied", "407 Proxy Authentication Required"), /HTTP 407: denied/],
    [
      "Podman",
      http(
        '{"ApiVersion":"1.41","Version":"4.3.1","Os":"linux","Components":[{"Name":"Podman Engine","Version":"4.3.1"}]}',
      ),
      /^this is Podman \(Podman Engine 4\.3\.1\)/,
    ],
    [
      "another lookalike",
      http('{"ApiVersion":"1.43","Version":"1","Os":"linux","Components":[{"Name":"nerdctl","Version":"2.0"}]}'),
      /^this is nerdctl 2\.0: .*no Docker Engine/,
    ],
    ["another JSON API", http('{"version":"3"}'), /names no API version/],
    ["an ssh server", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", /does not speak HTTP/],
    ["one that closes", "", /closed without an answer/],
    ["an old engine", http('{"ApiVersion":"1.40","Version":"19.03.15","Os":"linux"}'), /19\.03\.15 speaks API 1\.40/],
    ["a Windows engine", http('{"ApiVersion":"1.43","Version":"24.0.7","Os":"windows"}'), /Windows containers/],
  ])("%s", async (_name, answer, seen) => {
    await using server = await garbage(answer);
    expect((await failure({ DOCKER_HOST: `127.0.0.1:${server.port}` })).seen).toMatch(seen);
  });

  it("an answer without end, in a moment and without filling the memory", async () => {
    await using flood = await garbage((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{");
      const pour = () => {
        while (!socket.destroyed && socket.write(" ".repeat(65_536)));
        socket.once("drain", pour);
      };
      pour();
    });
    expect((await failure({ DOCKER_HOST: `127.0.0.1:${flood.port}` })).seen).toMatch(/\/version doesn't end/);
  });

  it("an API of two digits more is not older", async () => {
    await using server = await serve(
      createHttpServer((request, response) => {
        const version = { ApiVersion: "1.141", Version: "99", Os: "linux" };
        response.end(
          JSON.stringify(request.url === "/version" ? version : { ID: "x", Name: "y", ServerVersion: "99" }),
        );
      }),
      { host: "127.0.0.1" },
    );
    await using connection = await connect({ DOCKER_HOST: `127.0.0.1:${server.port}` });
    expect(connection.engine).toEqual({ id: "x", name: "y", version: "99", apiVersion: "1.141" });
  });
});

describe("TLS", () => {
  let ours: string;
  let foreign: string;
  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), "engine-test-"));
    [ours, foreign] = await Promise.all([
      makeCertificates(join(directory, "ours")),
      makeCertificates(join(directory, "foreign")),
    ]);
    return () => rm(directory, { recursive: true });
  });
  const mutual = async () =>
    proxyTls({ ...(await readCertificates(ours)), requestCert: true, rejectUnauthorized: true });
  const verifying = (port: number, certificates: string) => ({
    DOCKER_HOST: `tcp://localhost:${port}`,
    DOCKER_TLS_VERIFY: "1",
    DOCKER_CERT_PATH: certificates,
  });

  it("reaches the engine with certificates on both sides, without a relay", async () => {
    await using proxy = await mutual();
    const env = verifying(proxy.port, ours);
    await using connection = await connect(env);
    expect(connection.env).toEqual(env);
    const { DOCKER_HOST: host } = env;
    // The CLI and dockerode through the environment that was handed out.
    expect(await idsThrough({ ...env })).toEqual({ dockerode: engineId, cli: engineId, host });
  });

  it("takes certificates from a context, where they lie", async () => {
    await using proxy = await mutual();
    const DOCKER_CONFIG = await scratch();
    const tls = await writeContext(DOCKER_CONFIG, "prod", { Host: `tcp://127.0.0.1:${proxy.port}` });
    await mkdir(tls, { recursive: true });
    for (const name of ["ca.pem", "cert.pem", "key.pem"]) await copyFile(join(ours, name), join(tls, name));
    await using connection = await connect({ DOCKER_CONFIG, DOCKER_CONTEXT: "prod" });
    expect(connection.engine.id).toBe(engineId);
    expect(connection.env.DOCKER_CERT_PATH).toBe(tls);
  });

  it("accepts any certificate only where SkipTLSVerify says so, by a relay", async () => {
    await using proxy = await proxyTls(await readCertificates(foreign));
    const DOCKER_CONFIG = await scratch();
    await writeContext(DOCKER_CONFIG, "blind", { Host: `tcp://127.0.0.1:${proxy.port}`, SkipTLSVerify: true });
    const ids = await idsThrough({ DOCKER_CONFIG, DOCKER_CONTEXT: "blind" });
    expect(ids).toEqual({ dockerode: engineId, cli: engineId, host: expect.stringMatching(/^unix:.*docker-relay-/) });
  });

  it("works with a server certificate only", async () => {
    await using proxy = await proxyTls(await readCertificates(ours));
    const directory = await scratch();
    await copyFile(join(ours, "ca.pem"), join(directory, "ca.pem"));
    const ids = await idsThrough(verifying(proxy.port, directory));
    expect(ids).toEqual({ dockerode: engineId, cli: engineId, host: expect.stringMatching(/docker-relay-/) });
  });

  it("wrong authority", async () => {
    await using proxy = await mutual();
    expect((await failure(verifying(proxy.port, foreign))).seen).toMatch(/certificate is not trusted/);
  });

  it("wrong authority, seen through a relay", async () => {
    await using proxy = await proxyTls(await readCertificates(ours));
    const directory = await scratch();
    await copyFile(join(foreign, "ca.pem"), join(directory, "ca.pem"));
    expect((await failure(verifying(proxy.port, directory))).seen).toMatch(/certificate is not trusted/);
  });

  it("certificate for another name", async () => {
    await using proxy = await mutual();
    const env = { ...verifying(proxy.port, ours), DOCKER_HOST: `tcp://127.0.0.2:${proxy.port}` };
    await using far = await serve(
      createServer((near) => near.pipe(dial(proxy.port, "127.0.0.1")).pipe(near)),
      { host: "127.0.0.2", port: proxy.port },
    );
    expect(far.port).toBe(proxy.port);
    expect((await failure(env)).seen).toMatch(/not trusted.*127\.0\.0\.2/);
  });

  it("client certificate that the engine does not accept, or none", async () => {
    await using proxy = await mutual();
    const strangers = await scratch();
    await copyFile(join(ours, "ca.pem"), join(strangers, "ca.pem"));
    expect(await failure(verifying(proxy.port, strangers))).toMatchObject({ todo: expect.stringMatching(/cert\.pem/) });
    for (const name of ["cert.pem", "key.pem"]) await copyFile(join(foreign, name), join(strangers, name));
    expect(await failure(verifying(proxy.port, strangers))).toMatchObject({ todo: expect.stringMatching(/cert\.pem/) });
  });

  it("a key that is none", async () => {
    await using proxy = await mutual();
    const directory = await scratch();
    for (const name of ["ca.pem", "cert.pem"]) await copyFile(join(ours, name), join(directory, name));
    await writeFile(join(directory, "key.pem"), "not a key");
    expect((await failure(verifying(proxy.port, directory))).seen).toMatch(/can't be used/);
  });

  it("plain HTTP to a TLS port", async () => {
    await using proxy = await mutual();
    expect((await failure({ DOCKER_HOST: `127.0.0.1:${proxy.port}` })).todo).toMatch(/DOCKER_TLS_VERIFY=1/);
    const words = "Client sent an HTTP request to an HTTPS server.\n";
    await using go = await garbage(`HTTP/1.0 400 Bad Request\r\n\r\n${words}`);
    expect((await failure({ DOCKER_HOST: `127.0.0.1:${go.port}` })).seen).toMatch(/requires TLS/);
  });

  it("TLS to a plain HTTP port", async () => {
    await using proxy = await proxyTcp();
    expect((await failure(verifying(proxy.port, ours))).seen).toMatch(/does not speak it/);
  });
});

function restore(variables: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
