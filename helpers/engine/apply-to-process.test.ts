import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeCertificates, readCertificates } from "./testing/certificates.ts";
import { runModule } from "./testing/child.ts";
import { writeContext } from "./testing/context.ts";
import { ENGINE_SOCKET, proxyTcp, proxyTls } from "./testing/engine-proxy.ts";
import { scratch } from "./testing/scratch.ts";
import { startSshd, whyNoSshd } from "./testing/sshd.ts";

/** Applies the connection, and tells which engine testcontainers and the docker command reach then, and with what. */
const APPLY = `
  import { applyToProcess } from "engine/apply-to-process.ts";
  import { connect } from "engine/connect.ts";
  import { dockerCli } from "engine/../vantage/docker-cli.ts";
  const connection = await connect();
  applyToProcess(connection);
  const { getContainerRuntimeClient } = await import("testcontainers");
  const same = async () => {
    const { container } = await getContainerRuntimeClient();
    return (await container.dockerode.info()).ID === connection.engine.id;
  };
  const cli = async () => {
    const { stdout, stderr } = await dockerCli("info", "--format", "{{.ID}}");
    return stderr === "" ? stdout.trim() === connection.engine.id : stderr;
  };
  const reached = { same: await same().catch(String), cli: await cli().catch(String) };
  await connection.close();
  const names = Object.keys(process.env).filter((name) => /DOCKER|TESTCONTAINERS|PROXY/.test(name));
  console.log(JSON.stringify({ ...reached, env: Object.fromEntries(names.map((name) => [name, process.env[name]])) }));`;

const FIXED = {
  DOCKER_CONFIG: expect.stringMatching(/docker-network-conformance-\w+\/\.docker$/),
  TESTCONTAINERS_RYUK_DISABLED: "true",
  TESTCONTAINERS_REUSE_ENABLE: "false",
  TESTCONTAINERS_HOST_OVERRIDE: "localhost",
};
/** What is reached by both, with the environment that leads there. */
const reaching = (env: Record<string, unknown>) => ({ same: true, cli: true, env: { ...env, ...FIXED } });
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
    expect(await runModule(APPLY, { env })).toMatchObject({ stderr: "", answer: reaching({ DOCKER_HOST }) });
  });

  it("by plain TCP", async () => {
    await using proxy = await proxyTcp();
    const result = await runModule(APPLY, { env: { PATH, HOME, DOCKER_HOST: `127.0.0.1:${proxy.port}` } });
    expect(result.answer).toEqual(reaching({ DOCKER_HOST: `tcp://127.0.0.1:${proxy.port}` }));
  });

  it("by TCP over IPv6", async () => {
    await using proxy = await proxyTcp("::1");
    const result = await runModule(APPLY, { env: { PATH, HOME, DOCKER_HOST: `[::1]:${proxy.port}` } });
    expect(result.answer).toMatchObject({ same: true, cli: true });
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
    expect(direct.answer).toEqual(reaching(tls));
    const unverified = { ...tls, DOCKER_TLS_VERIFY: "", DOCKER_TLS: "1" };
    const relayed = await runModule(APPLY, { env: { PATH, HOME, ...unverified } });
    expect(relayed.answer).toEqual(reaching({ DOCKER_HOST: expect.stringMatching(/^unix:.*docker-relay-/) }));
  });

  it("by ssh", async (ctx) => {
    const reason = await whyNoSshd();
    if (reason !== null) ctx.skip(reason);
    await using server = await startSshd(await scratch());
    const env = { PATH: `${server.bin}:${PATH}`, HOME, DOCKER_HOST: `ssh://root@127.0.0.1:${server.port}` };
    expect((await runModule(APPLY, { env })).answer).toMatchObject({ same: true, cli: true });
  });
});

describe("what its user has set for docker's clients has no say", () => {
  const DOCKER_HOST = `unix://${ENGINE_SOCKET}`;

  it("in the environment", async () => {
    const env = {
      PATH,
      DOCKER_HOST,
      DOCKER_CONTENT_TRUST: "1",
      DOCKER_DEFAULT_PLATFORM: "linux/arm64",
      DOCKER_API_VERSION: "1.12",
      DOCKER_CLI_EXPERIMENTAL: "enabled",
      DOCKER_HIDE_LEGACY_COMMANDS: "1",
      BUILDKIT_PROGRESS: "plain",
      DOCKER_CUSTOM_HEADERS: "x=y",
      DOCKER_AUTH_CONFIG: "{",
      TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX: "mirror.invalid/",
      TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE: "/nowhere",
      HTTP_PROXY: "http://127.0.0.1:9",
      HTTPS_PROXY: "http://127.0.0.1:9",
      NODE_USE_ENV_PROXY: "1",
      LC_ALL: "de_DE.UTF-8",
      COLUMNS: "10",
    };
    // A port of TCP: only there a proxy could come in between.
    await using proxy = await proxyTcp("127.0.0.2");
    const host = `tcp://127.0.0.2:${proxy.port}`;
    const tcp = await runModule(APPLY, { env: { ...env, DOCKER_HOST: host } });
    expect(tcp.answer).toMatchObject({ same: true, cli: true });
    const { answer } = await runModule(APPLY, { env });
    expect(answer).toEqual(
      reaching({ DOCKER_HOST, HTTP_PROXY: env.HTTP_PROXY, HTTPS_PROXY: env.HTTPS_PROXY, NODE_USE_ENV_PROXY: "1" }),
    );
  });

  it("in the files of the home directory", async () => {
    await using other = await proxyTcp();
    const home = await scratch();
    await mkdir(join(home, ".docker"));
    const lines = [`tc.host=tcp://127.0.0.1:${other.port}`, "docker.tls.verify=1", "docker.cert.path=/nowhere", ""];
    await writeFile(join(home, ".testcontainers.properties"), lines.join("\n"));
    const settings = {
      psFormat: "table {{.Names}}",
      networksFormat: "{{.Name}}",
      HttpHeaders: { "X-Token": "s3cret" },
      proxies: { default: { httpProxy: "http://127.0.0.1:9" } },
      credHelpers: { "docker.io": "nowhere" },
      credsStore: "nowhere",
      plugins: { x: { hooks: "run,ps" } },
      detachKeys: "ctrl-x",
    };
    await writeFile(join(home, ".docker/config.json"), JSON.stringify(settings));
    const { answer } = await runModule(APPLY, { env: { PATH, HOME: home, DOCKER_HOST } });
    expect(answer).toEqual(reaching({ DOCKER_HOST }));
  });

  it("while contexts in it are still found", async () => {
    await using proxy = await proxyTcp();
    const home = await scratch();
    await writeContext(join(home, ".docker"), "staging", { Host: `tcp://127.0.0.1:${proxy.port}` });
    const { answer } = await runModule(APPLY, { env: { PATH, HOME: home, DOCKER_CONTEXT: "staging" } });
    expect(answer).toEqual(reaching({ DOCKER_HOST: `tcp://127.0.0.1:${proxy.port}` }));
  });
});
