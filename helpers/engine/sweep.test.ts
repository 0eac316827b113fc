import type Dockerode from "dockerode";
import { afterAll, describe, expect, test } from "vitest";
import { testRun } from "../vantage/testing/test-run.ts";
import { labelsOf, nameOf, newRunId } from "./run-identity.ts";
import { removeContainer, removeNetwork, sweep } from "./sweep.ts";

const run = await testRun();

/** An engine whose first removal of a container fails as if its process had not ended in time. */
function slowEngine(wait: () => Promise<unknown>) {
  const late = Object.assign(new Error("late"), {
    statusCode: 500,
    json: { message: "tried to kill container, but did not receive an exit event" },
  });
  let asked = 0;
  const remove = async (): Promise<void> => {
    asked += 1;
    if (asked === 1) throw late;
  };
  const docker = { getContainer: () => ({ remove, wait }) } as unknown as Dockerode;
  return { docker, late, asked: () => asked };
}

test("a container whose process ends later than the engine waits for it is removed then", async () => {
  const ended = slowEngine(async () => ({ StatusCode: 137 }));
  await removeContainer(ended.docker, "slow");
  expect(ended.asked()).toBe(2);
  const lost = slowEngine(async () => await Promise.reject(new Error("connection lost")));
  await expect(removeContainer(lost.docker, "slow")).rejects.toBe(lost.late);
  expect(lost.asked()).toBe(1);
});

describe.skipIf(run === null)("sweep", () => {
  if (run === null) return;
  const { docker, images, runId } = run;
  const foreign: (() => Promise<void>)[] = [];
  afterAll(async () => {
    await Promise.all(foreign.map((remove) => remove()));
    await run.end();
  });

  const container = async (name: string, labels: Record<string, string>, network = "none"): Promise<string> => {
    const { id } = await docker.createContainer({
      name,
      Image: images.busybox,
      Entrypoint: ["sleep", "600"],
      Labels: labels,
      HostConfig: { NetworkMode: network },
    });
    return id;
  };
  const exists = async (kind: "containers" | "networks", id: string): Promise<boolean> => {
    const list = kind === "containers" ? await docker.listContainers({ all: true }) : await docker.listNetworks();
    return list.some((one) => one.Id === id);
  };

  test("removes what a dead run left, running containers on its networks too; leaves living runs and everything foreign", async () => {
    const dead = newRunId();
    const deadNetwork = (await docker.createNetwork({ Name: nameOf(dead, "net"), Labels: labelsOf(dead) })).id;
    const [created, running, ours, theirs] = await Promise.all([
      container(nameOf(dead, "created"), labelsOf(dead)),
      container(nameOf(dead, "running"), labelsOf(dead), nameOf(dead, "net")),
      container(nameOf(runId, "living"), labelsOf(runId)),
      container(`foreign-${dead}`, { "docker-network-conformance.other": "true" }),
    ]);
    const theirNetwork = (await docker.createNetwork({ Name: `foreign-${dead}` })).id;
    foreign.push(
      () => removeContainer(docker, theirs),
      () => removeNetwork(docker, theirNetwork),
    );
    await docker.getContainer(running).start();
    const swept = await sweep(docker);
    // Another run's start on this engine may have swept it first.
    for (const name of swept.containers) expect(name).not.toContain(runId);
    expect(swept.living).toContain(runId);
    const left = await Promise.all([
      exists("containers", created),
      exists("containers", running),
      exists("networks", deadNetwork),
      exists("containers", ours),
      exists("containers", theirs),
      exists("networks", theirNetwork),
    ]);
    expect(left).toEqual([false, false, false, true, true, true]);
  });

  test("a run that begins while another one's remains are removed keeps its networks", async () => {
    const begun = newRunId();
    const made: string[] = [];
    // Between the two lists, as a container that does not end for seconds leaves room for.
    const begin = async (): Promise<void> => {
      const { id } = await docker.createNetwork({ Name: nameOf(begun, "net"), Labels: labelsOf(begun) });
      made.push(id);
    };
    const slow = new Proxy(docker, {
      get: (target, key) =>
        key === "listContainers"
          ? async (...asked: Parameters<typeof docker.listContainers>) => {
              const listed = await target.listContainers(...asked);
              await begin();
              return listed;
            }
          : Reflect.get(target, key),
    });
    await sweep(slow);
    const [network = ""] = made;
    foreign.push(() => removeNetwork(docker, network));
    expect(await exists("networks", network)).toBe(true);
  });

  test("of one run, all but the lease", async () => {
    const [id, network] = await Promise.all([
      container(nameOf(runId, "one"), labelsOf(runId)),
      docker.createNetwork({ Name: nameOf(runId, "one"), Labels: labelsOf(runId) }),
    ]);
    const swept = await sweep(docker, { only: runId, keepLease: true });
    expect(swept.containers).toContain(nameOf(runId, "one"));
    expect(swept.networks).toEqual([nameOf(runId, "one")]);
    expect(await exists("containers", id)).toBe(false);
    expect(await exists("networks", network.id)).toBe(false);
    expect(await exists("containers", run.view.containerId)).toBe(true);
  });

  test("removing twice at once, or what is gone, is no error", async () => {
    const id = await container(nameOf(runId, "twice"), labelsOf(runId));
    const network = await docker.createNetwork({ Name: nameOf(runId, "twice"), Labels: labelsOf(runId) });
    await Promise.all([removeContainer(docker, id), removeContainer(docker, id), removeNetwork(docker, network.id)]);
    await Promise.all([removeContainer(docker, id), removeNetwork(docker, network.id)]);
  });
});
