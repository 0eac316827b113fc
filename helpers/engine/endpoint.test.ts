import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Endpoint, parseDockerHost, resolveEndpoint } from "./endpoint.ts";
import { EXIT, UserError } from "./errors.ts";
import { writeContext } from "./testing/context.ts";
import { scratch } from "./testing/scratch.ts";

const FILES = { verify: true, ca: "/c/ca.pem", cert: null, key: null };
const parse = (text: string, on = false): Endpoint => parseDockerHost(text, "DOCKER_HOST", { on, files: FILES });
const kindAndUrl = (text: string, on = false) => `${parse(text, on).kind} ${parse(text, on).url}`;

describe("addresses", () => {
  it.each([
    ["unix:///run/d.sock", "unix unix:///run/d.sock"],
    ["unix://", "unix unix:///var/run/docker.sock"],
    ["tcp://host:1234", "tcp tcp://host:1234"],
    ["tcp://host", "tcp tcp://host:2375"],
    ["tcp://", "tcp tcp://localhost:2375"],
    ["host:1234", "tcp tcp://host:1234"],
    [":1234", "tcp tcp://localhost:1234"],
    ["192.0.2.1:1234/", "tcp tcp://192.0.2.1:1234"],
    ["TCP://host:1", "tcp tcp://host:1"],
    ["tcp://[::1]:1234", "tcp tcp://[::1]:1234"],
    ["[2001:db8::1]", "tcp tcp://[2001:db8::1]:2375"],
    ["http://host", "tcp tcp://host:80"],
    ["https://host", "tls tcp://host:443"],
    ["https://[::1]:2376", "tls tcp://[::1]:2376"],
    ["ssh://host", "ssh ssh://host/var/run/docker.sock"],
    ["ssh://me@host:2222", "ssh ssh://me@host:2222/var/run/docker.sock"],
    ["ssh://me@[::1]:22/run/user/1000/docker.sock", "ssh ssh://me@[::1]:22/run/user/1000/docker.sock"],
    ["ssh://me%40corp@host/", "ssh ssh://me%40corp@host/var/run/docker.sock"],
  ])("%s", (text, expected) => {
    expect(kindAndUrl(text)).toBe(expected);
  });

  it("takes tcp:// for TLS, at its own default port, when TLS is asked for", () => {
    expect(kindAndUrl("tcp://host", true)).toBe("tls tcp://host:2376");
    expect(kindAndUrl("unix:///x", true)).toBe("unix unix:///x");
  });

  it.each([
    ["unix://relative/path", /must be absolute/],
    ["tcp://::1", /IPv6 address needs brackets: \[::1\]/],
    ["tcp://[::g]:1", /no IPv6 address/],
    ["tcp://host:0", /between 1 and 65535/],
    ["tcp://host:65536", /between 1 and 65535/],
    ["tcp://host:port", /not host:port/],
    ["tcp://host:1/prefix", /not host:port/],
    ["tcp://user@host:1", /gives a user or a password/],
    ["user:s3cret@host", /^"…@host" gives a user or a password/],
    ["tcp://user:s3cret@host:2375", /^"…@host:2375" gives a user or a password/],
    ["/var/run/docker.sock", /not host:port/],
    ["ftp://host", /no way to reach an engine/],
    ["://host", /no way to reach an engine/],
    ["npipe:////./pipe/docker_engine", /Windows/],
    ["ssh://", /host is missing/],
    ["ssh://me:secret@host", /no password/],
    ["ssh://-oProxyCommand=x", /not host:port/],
    ["ssh://%@host", /no user name/],
    ["ssh://host/a:b", /can't be forwarded/],
  ])("%s is wrong usage", (text, seen) => {
    const error = thrownBy(() => parse(text));
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ exitCode: EXIT.usage, seen: expect.stringMatching(seen) });
  });

  it("http:// and TLS exclude each other", () => {
    expect(() => parse("http://host", true)).toThrow(/exclude each other/);
  });

  it("gives the same endpoint for its own URL, or a UserError: nothing else", () => {
    const piece = fc.constantFrom(
      "tcp",
      "ssh",
      "unix",
      "://",
      "/",
      ":",
      "[",
      "]",
      "::1",
      "host",
      "22",
      "@",
      "%",
      "-",
      "me",
    );
    const text = fc.oneof(
      fc.array(piece).map((pieces) => pieces.join("")),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (text) => {
        let endpoint: Endpoint;
        try {
          endpoint = parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          return;
        }
        expect(parse(endpoint.url)).toEqual(endpoint);
      }),
    );
  });
});

describe("precedence", () => {
  it("DOCKER_HOST, DOCKER_CONTEXT, current context, default socket", async () => {
    const DOCKER_CONFIG = await scratch();
    await writeContext(DOCKER_CONFIG, "prod", { Host: "tcp://prod:1" });
    await writeContext(DOCKER_CONFIG, "stage", { Host: "ssh://me@stage" });
    await writeFile(join(DOCKER_CONFIG, "config.json"), JSON.stringify({ currentContext: "stage" }));
    const env = { DOCKER_CONFIG };
    expect(await resolveEndpoint({ ...env, DOCKER_CONTEXT: "prod", DOCKER_HOST: "h:1" })).toMatchObject({
      origin: "DOCKER_HOST",
      url: "tcp://h:1",
    });
    expect(await resolveEndpoint({ ...env, DOCKER_CONTEXT: "prod", DOCKER_TLS_VERIFY: "1" })).toMatchObject({
      origin: "docker context prod",
      url: "tcp://prod:1",
      kind: "tcp",
    });
    expect(await resolveEndpoint({ ...env, DOCKER_HOST: "", DOCKER_CONTEXT: "" })).toMatchObject({
      origin: "docker context stage",
      kind: "ssh",
    });
    expect(await resolveEndpoint({ ...env, DOCKER_CONTEXT: "default" })).toMatchObject({
      origin: "default socket",
      url: "unix:///var/run/docker.sock",
    });
    expect(await resolveEndpoint({ DOCKER_CONFIG: join(DOCKER_CONFIG, "none") })).toMatchObject({
      origin: "default socket",
    });
  });

  it("finds the configuration in the home directory", async () => {
    const HOME = await scratch();
    await writeContext(join(HOME, ".docker"), "home", { Host: "tcp://home:1" });
    expect(await resolveEndpoint({ HOME, DOCKER_CONTEXT: "home" })).toMatchObject({ url: "tcp://home:1" });
  });

  it("takes the rootless socket only when the default one does not exist", async () => {
    const directory = await scratch();
    const env = { DOCKER_CONFIG: directory, XDG_RUNTIME_DIR: directory };
    const usual = join(directory, "default.sock");
    expect(await resolveEndpoint(env, usual)).toMatchObject({ origin: "default socket" });
    await writeFile(join(directory, "docker.sock"), "");
    expect(await resolveEndpoint(env, usual)).toMatchObject({
      origin: "rootless socket",
      socketPath: join(directory, "docker.sock"),
    });
    await writeFile(usual, "");
    expect(await resolveEndpoint(env, usual)).toMatchObject({ origin: "default socket", socketPath: usual });
  });

  it("reads TLS from the environment as the CLI does", async () => {
    const DOCKER_CERT_PATH = await scratch();
    const env = { DOCKER_CONFIG: DOCKER_CERT_PATH, DOCKER_CERT_PATH, DOCKER_HOST: "tcp://h" };
    const ca = join(DOCKER_CERT_PATH, "ca.pem");
    await expect(resolveEndpoint({ ...env, DOCKER_TLS_VERIFY: "1" })).rejects.toThrow(/there is no .*ca\.pem/);
    await writeFile(ca, "");
    expect(await resolveEndpoint(env)).toMatchObject({ kind: "tcp", port: 2375 });
    expect(await resolveEndpoint({ ...env, DOCKER_TLS_VERIFY: "0" })).toMatchObject({
      kind: "tls",
      port: 2376,
      tls: { verify: true, ca, cert: null, key: null },
    });
    expect(await resolveEndpoint({ ...env, DOCKER_TLS: "1" })).toMatchObject({ kind: "tls", tls: { verify: false } });
    expect(await resolveEndpoint({ ...env, DOCKER_HOST: "https://h" })).toMatchObject({ tls: { verify: true, ca } });
    expect(await resolveEndpoint({ ...env, DOCKER_HOST: "", DOCKER_TLS_VERIFY: "1" })).toMatchObject({
      origin: "DOCKER_TLS_VERIFY",
      url: "tcp://localhost:2376",
    });
  });
});

describe("contexts", () => {
  it("have TLS when TLS files or SkipTLSVerify are stored with them", async () => {
    const DOCKER_CONFIG = await scratch();
    const tls = await writeContext(DOCKER_CONFIG, "safe", { Host: "tcp://h" });
    await mkdir(tls, { recursive: true });
    for (const name of ["ca.pem", "cert.pem", "key.pem"]) await writeFile(join(tls, name), "");
    await writeContext(DOCKER_CONFIG, "blind", { Host: "tcp://h", SkipTLSVerify: true });
    expect(await resolveEndpoint({ DOCKER_CONFIG, DOCKER_CONTEXT: "safe" })).toMatchObject({
      kind: "tls",
      tls: { verify: true, ca: join(tls, "ca.pem"), cert: join(tls, "cert.pem"), key: join(tls, "key.pem") },
    });
    expect(await resolveEndpoint({ DOCKER_CONFIG, DOCKER_CONTEXT: "blind" })).toMatchObject({
      kind: "tls",
      tls: { verify: false, ca: null, cert: null, key: null },
    });
  });

  it("that are missing are named together with those that exist", async () => {
    const DOCKER_CONFIG = await scratch();
    await writeContext(DOCKER_CONFIG, "b", { Host: "tcp://h" });
    await writeContext(DOCKER_CONFIG, "a", { Host: "tcp://h" });
    await expect(resolveEndpoint({ DOCKER_CONFIG, DOCKER_CONTEXT: "c" })).rejects.toThrow(
      /"c".*there are: default, a, b/,
    );
  });

  it("without an engine, and a broken config.json, lead nowhere instead of to the default engine", async () => {
    const DOCKER_CONFIG = await scratch();
    await writeContext(DOCKER_CONFIG, "empty", {});
    await expect(resolveEndpoint({ DOCKER_CONFIG, DOCKER_CONTEXT: "empty" })).rejects.toThrow(/names no Docker engine/);
    await writeFile(join(DOCKER_CONFIG, "config.json"), "{ not json");
    await expect(resolveEndpoint({ DOCKER_CONFIG })).rejects.toThrow(/Mend the file/);
  });
});

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}
