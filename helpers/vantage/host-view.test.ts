import { afterAll, describe, expect, test } from "vitest";
import { HostView } from "./host-view.ts";
import { testRun } from "./testing/test-run.ts";

const run = await testRun();

describe.skipIf(run === null)("host view", () => {
  if (run === null) return;
  const { docker, images, runId, view } = run;
  afterAll(async () => await run.end());

  test("finds the dockerd of its own network namespace", async () => {
    const pid = await view.dockerdPid();
    expect(pid).toBeGreaterThan(0);
    const { stdout } = await view.ask(`cat /proc/${pid}/comm; readlink /proc/${pid}/ns/net /proc/self/ns/net`);
    const [name, theirs, own] = stdout.trim().split("\n");
    expect([name, theirs]).toEqual(["dockerd", own]);
  });

  test("its own programs are the host's, quotes included", async () => {
    const { stdout, exitCode } = await view.own(`readlink /proc/self/ns/mnt; printf '%s\\n' "it's" '$HOME'; exit 3`);
    const [mount, ...rest] = stdout.trim().split("\n");
    const dockerds = await view.ask(`readlink /proc/${await view.dockerdPid()}/ns/mnt`);
    expect(mount).toBe(dockerds.stdout.trim());
    expect([rest, exitCode]).toEqual([["it's", "$HOME"], 3]);
  });

  test("is not privileged: it can change neither a sysctl nor a file of the host", async () => {
    const { exitCode } = await view.ask("echo 0 >/proc/sys/net/ipv4/ip_forward");
    expect(exitCode).not.toBe(0);
  });

  test("removes its container when it can't be opened", async () => {
    const opening = HostView.open(docker, `${images.busybox}-missing`, runId, "missing", "looks");
    await expect(opening).rejects.toThrow(/no such image/i);
    const before = await docker.listContainers({ all: true, filters: { name: [`dnc-${runId}-missing`] } });
    expect(before).toEqual([]);
  });

  test("its container is gone once it is closed", async () => {
    const other = await HostView.open(docker, images.busybox, runId, "other", "looks");
    await other.close();
    await expect(docker.getContainer(other.containerId).inspect()).rejects.toMatchObject({ statusCode: 404 });
    await expect(other.ask("true")).rejects.toThrow("host can't be asked: it was closed");
  });
});
