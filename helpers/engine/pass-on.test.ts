import { type RequestOptions, request } from "node:http";
import { text } from "node:stream/consumers";
import Dockerode from "dockerode";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestRun, testRun } from "../vantage/testing/test-run.ts";
import { type Attendant, engineAt, listening, type PassingCall, passOn } from "./pass-on.ts";
import { labelsOf, nameOf } from "./run-identity.ts";
import { ENGINE_SOCKET } from "./testing/engine-proxy.ts";

const run: TestRun | null = await testRun();

test("an address is a unix socket or plain TCP; anything else has no plain connection", () => {
  expect(engineAt("unix:///var/run/docker.sock")).toEqual({ socketPath: "/var/run/docker.sock" });
  expect(engineAt("tcp://127.0.0.1:2375")).toEqual({ host: "127.0.0.1", port: "2375" });
  for (const address of ["", "ssh://ops@web-7", "tcp://web-7", "unix://"])
    expect(engineAt(address), address).toBeNull();
});

/** The real engine, behind a server that passes on. */
describe.skipIf(run === null)("passed on", { timeout: 90_000 }, () => {
  const seen: PassingCall[] = [];
  let attend: (call: PassingCall) => Attendant = () => ({});
  const server = passOn({ socketPath: ENGINE_SOCKET }, (call) => {
    seen.push(call);
    return attend(call);
  });
  let port = 0;
  let docker: Dockerode;

  beforeAll(async () => {
    port = await listening(server, { host: "127.0.0.1" });
    docker = new Dockerode({ host: "127.0.0.1", port, protocol: "http" });
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await run?.end();
  }, 60_000);

  function container(what: string, shell: string, more: Dockerode.ContainerCreateOptions = {}) {
    return docker.createContainer({
      name: nameOf(run?.runId ?? "", what),
      Image: run?.images.busybox ?? "",
      Labels: labelsOf(run?.runId ?? ""),
      Entrypoint: ["sh", "-c", shell],
      Cmd: [],
      HostConfig: { NetworkMode: "none" },
      ...more,
    });
  }

  test("attach is a bare connection whose input can end before its output does", async () => {
    const counting = await container("attach", "wc -c; sleep 0.3; echo done", {
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      Tty: false,
    });
    const stream = await counting.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true });
    const said = text(stream);
    await counting.start();
    stream.write("x".repeat(100_000));
    stream.end();
    expect(await said).toMatch(/100000[\s\S]*done/);
    expect(seen.some(({ path, upgrade }) => path.endsWith("/attach") && upgrade)).toBe(true);
  });

  test("exec has a body and then a bare connection; one that is refused is answered", async () => {
    const sleeping = await container("exec", "sleep 60");
    await sleeping.start();
    const exec = await sleeping.exec({ Cmd: ["cat"], AttachStdin: true, AttachStdout: true });
    const stream = await exec.start({ hijack: true, stdin: true });
    stream.end("heard");
    expect(await text(stream)).toContain("heard");
    await sleeping.kill();
    await expect(sleeping.exec({ Cmd: ["true"] })).rejects.toThrow(/not running/);
    const refused = docker.getExec("0".repeat(64)).start({ hijack: true, stdin: true });
    await expect(refused).rejects.toThrow(/no such exec/i);
  });

  test("what is followed comes as it happens: events and logs", async () => {
    const talking = await container("logs", "echo first; sleep 60");
    const events = await docker.getEvents({ filters: { container: [talking.id], event: ["start"] } });
    const event = new Promise<string>((resolve) => events.once("data", (piece: Buffer) => resolve(piece.toString())));
    await talking.start();
    expect(JSON.parse(await event)).toMatchObject({ Action: "start" });
    const logs = await talking.logs({ follow: true, stdout: true });
    expect(String(await new Promise((resolve) => logs.once("data", resolve)))).toContain("first");
    for (const stream of [events, logs]) (stream as unknown as { destroy(): void }).destroy();
    await talking.kill();
  });

  test("the docker CLI runs a container, with its output and its exit code", async () => {
    const words = ["run", "--rm", "-i", "--network", "none", "--name", nameOf(run?.runId ?? "", "cli")];
    const labels = Object.entries(labelsOf(run?.runId ?? "")).flatMap(([name, value]) => [
      "--label",
      `${name}=${value}`,
    ]);
    const done = await execa(
      "docker",
      [...words, ...labels, "--entrypoint", "sh", run?.images.busybox ?? "", "-c", "cat; exit 7"],
      { env: { DOCKER_HOST: `tcp://127.0.0.1:${port}` }, input: "piped", reject: false },
    );
    expect([done.stdout, done.exitCode]).toEqual(["piped", 7]);
  });

  test("an answer is held back as long as somebody looks at it, and its body may become another", async () => {
    let over = false;
    attend = ({ path }) => ({
      async answered({ status }) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        over = true;
        return path === "/version" ? async (body) => Buffer.from(`{"was": ${body.length}, "status": ${status}}`) : null;
      },
    });
    const answer = await ask({ path: "/v1.41/version" });
    expect(over).toBe(true);
    expect(JSON.parse(answer)).toMatchObject({ status: 200 });
    attend = () => ({});
  });

  test("a call's body may become another before the engine gets it", async () => {
    const runId = run?.runId ?? "";
    const wanted = { Name: nameOf(runId, "asked"), Labels: labelsOf(runId), Internal: true };
    attend = () => ({ asked: async () => Buffer.from(JSON.stringify(wanted)) });
    const answer = await ask({ method: "POST", path: "/networks/create" }, '{"Name": ""}');
    attend = () => ({});
    const { Id } = JSON.parse(answer) as { Id: string };
    const made = docker.getNetwork(Id);
    try {
      expect(((await made.inspect()) as { Name: string }).Name).toBe(wanted.Name);
    } finally {
      await made.remove();
    }
  });

  function ask(options: RequestOptions, body = ""): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request(
        { host: "127.0.0.1", port, headers: { "content-type": "application/json" }, ...options },
        (reply) => void text(reply).then(resolve, reject),
      );
      call.on("error", reject).end(body);
    });
  }
});
