import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Dockerode from "dockerode";
import { execa } from "execa";
import { expect, onTestFinished, type TestContext, it as vitestIt } from "vitest";
import { connect } from "./connect.ts";
import { UserError } from "./errors.ts";
import { ENGINE_SOCKET } from "./testing/engine-proxy.ts";
import { scratch } from "./testing/scratch.ts";
import { type SshServer, startSshd, whyNoSshd } from "./testing/sshd.ts";

/** A test with an ssh server of its own, whose client comes first in PATH. */
function it(title: string, body: (server: SshServer, directory: string) => Promise<void>): void {
  vitestIt(title, async (ctx: TestContext) => {
    const reason = await whyNoSshd();
    if (reason !== null) ctx.skip(reason);
    const directory = await scratch();
    await using server = await startSshd(directory);
    const path = process.env.PATH;
    onTestFinished(() => {
      process.env.PATH = path;
    });
    process.env.PATH = `${server.bin}:${path}`;
    await body(server, directory);
  });
}

async function failure(host: string, deadline = 8_000): Promise<UserError> {
  const error: unknown = await connect({ DOCKER_HOST: host }, { deadline }).catch((error: unknown) => error);
  if (error instanceof UserError) return error;
  throw new Error("no UserError", { cause: error });
}

it("carries all requests in one ssh process and leaves nothing behind", async ({ port }) => {
  const connection = await connect({ DOCKER_HOST: `ssh://root@127.0.0.1:${port}` });
  onTestFinished(() => connection.close());
  const { ID } = await new Dockerode({ socketPath: ENGINE_SOCKET }).info();
  expect(connection.engine.id).toBe(ID);
  const socket = connection.env.DOCKER_HOST?.replace("unix://", "") ?? "";
  expect(socket).toContain("docker-ssh-");
  const start = performance.now();
  await Promise.all(Array.from({ length: 20 }, () => connection.docker.ping()));
  expect(performance.now() - start).toBeLessThan(2_000);
  expect(await tunnels(socket)).toBe(1);
  const cli = await execa("docker", ["info", "--format", "{{.ID}}"], { env: { ...connection.env } });
  expect(cli.stdout).toBe(ID);

  await connection.close();
  await connection.close();
  expect(await tunnels(socket)).toBe(0);
  expect(await readdir(tmpdir())).not.toContain(socket.split("/").at(-2));
});

it("dies with its process, even by SIGKILL", async ({ port, bin }) => {
  const module = new URL("./connect.ts", import.meta.url).href;
  const source = `const { connect } = await import(${JSON.stringify(module)});
    const connection = await connect({ DOCKER_HOST: "ssh://root@127.0.0.1:${port}" });
    process.stdout.write(connection.env.DOCKER_HOST.slice(7));
    await new Promise((resolve) => process.stdout.write("", resolve));
    process.kill(process.pid, "SIGKILL");`;
  const env = { PATH: `${bin}:${process.env.PATH}` };
  const { stdout: socket, signal } = await execa(process.execPath, ["--input-type=module", "-e", source], {
    env,
    reject: false,
  });
  expect({ socket, signal }).toEqual({ socket: expect.stringContaining("docker-ssh-"), signal: "SIGKILL" });
  await expect.poll(() => tunnels(socket)).toBe(0);
  await expect.poll(async () => (await readdir(tmpdir())).includes(socket.split("/").at(-2) ?? "")).toBe(false);
});

it("does not keep a process running that forgot to close it", async ({ port, bin }) => {
  const module = new URL("./connect.ts", import.meta.url).href;
  const source = `const { connect } = await import(${JSON.stringify(module)});
    await connect({ DOCKER_HOST: "ssh://root@127.0.0.1:${port}" });`;
  const { exitCode } = await execa(process.execPath, ["--input-type=module", "-e", source], {
    env: { PATH: `${bin}:${process.env.PATH}` },
    timeout: 10_000,
  });
  expect(exitCode).toBe(0);
});

it("says that the far side has no such socket", async ({ port }) => {
  expect(await failure(`ssh://root@127.0.0.1:${port}/no/such.sock`)).toMatchObject({
    seen: expect.stringMatching(/open failed/),
    todo: expect.stringMatching(/\/no\/such\.sock exists/),
  });
});

it("says that the key is not accepted", async ({ port }, directory) => {
  await writeFile(join(directory, "authorized_keys"), "");
  expect(await failure(`ssh://root@127.0.0.1:${port}`)).toMatchObject({
    seen: expect.stringMatching(/Permission denied/),
    todo: expect.stringMatching(new RegExp(`"ssh -p ${port} root@127\\.0\\.0\\.1" work without a password`)),
  });
});

it("says that the host is unknown", async ({ port }, directory) => {
  await rm(join(directory, "known_hosts"));
  expect(await failure(`ssh://root@127.0.0.1:${port}`)).toMatchObject({
    seen: expect.stringMatching(/Host key verification failed/),
    todo: expect.stringMatching(/once by hand/),
  });
});

it("says that nobody listens", async () => {
  expect((await failure("ssh://root@127.0.0.1:1")).seen).toMatch(/Connection refused/);
});

it("says that the name is not resolved", async () => {
  expect((await failure("ssh://no-such-host.invalid")).seen).toMatch(/Could not resolve hostname/);
});

it("gives up at the deadline", async ({ clientConfig }) => {
  await writeFile(clientConfig, `${await readFile(clientConfig, "utf8")}ProxyCommand sleep 5\n`);
  const start = performance.now();
  expect((await failure("ssh://root@127.0.0.1", 500)).seen).toMatch(/did not finish in time/);
  expect(performance.now() - start).toBeLessThan(3_000);
});

it("says that ssh is missing", async () => {
  const path = process.env.PATH;
  const { stdout } = await execa("which", ["sh"]);
  const bin = await scratch();
  for (const tool of ["sh", "cat", "rm"]) await execa("ln", ["-s", join(stdout, "..", tool), join(bin, tool)]);
  process.env.PATH = bin;
  onTestFinished(() => {
    process.env.PATH = path;
  });
  expect((await failure("ssh://root@127.0.0.1")).todo).toBe("Install the OpenSSH client.");
});

it("reports a cut tunnel", async ({ port }) => {
  const connection = await connect({ DOCKER_HOST: `ssh://root@127.0.0.1:${port}` });
  onTestFinished(() => connection.close());
  const socket = connection.env.DOCKER_HOST?.replace("unix://", "") ?? "";
  for (const pid of await pidsOf(socket)) process.kill(pid);
  await expect.poll(() => tunnels(socket)).toBe(0);
  await expect(connection.docker.ping()).rejects.toMatchObject({ code: expect.stringMatching(/ECONN|ENOENT/) });
});

/** How many ssh processes forward this socket. */
async function tunnels(socket: string): Promise<number> {
  return (await pidsOf(socket)).length;
}

async function pidsOf(socket: string): Promise<number[]> {
  const pids: number[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "");
    // The shell that guards the tunnel has the socket among its arguments too.
    if (command.split("\0")[0]?.endsWith("ssh") && command.includes(`${socket}:`)) pids.push(Number(entry));
  }
  return pids;
}
