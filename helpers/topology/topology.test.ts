import { afterAll, describe, expect, test } from "vitest";
import { LABEL, labelsOf, nameOf } from "../engine/run-identity.ts";
import { testRun } from "../vantage/testing/test-run.ts";
import { bridge, busybox, nginx } from "./spec.ts";
import { testContext } from "./testing/test-context.ts";
import { Topology } from "./topology.ts";
import { parseWebAnswer } from "./web-server.ts";

const run = await testRun();

describe.skipIf(run === null)("topology", async () => {
  if (run === null) return;
  const { docker, images, runId } = run;
  const context = await testContext(run);
  const { facts } = context;
  afterAll(async () => await run.end());

  const left = async (name: string): Promise<string[]> => {
    const filters = { label: [`${LABEL.run}=${runId}`] };
    const [containers, networks] = await Promise.all([
      docker.listContainers({ all: true, filters }),
      docker.listNetworks({ filters }),
    ]);
    return [...containers.flatMap((one) => one.Names), ...networks.map((one) => one.Name)].filter((one) =>
      one.includes(`-${name}-`),
    );
  };

  test("keeps the order that `after` and `joins` ask for, answers, and leaves nothing", async () => {
    const topology = new Topology("order", {
      networks: { net: bridge({ layout: (subnet) => ({ Gateway: subnet.replace(/0\/24$/, "1") }) }) },
      containers: {
        third: busybox({ on: "net", after: ["second"] }),
        first: nginx({ on: "net" }),
        second: busybox({ on: "net", after: ["first"] }),
        joiner: busybox({ joins: "first" }),
        outside: busybox(),
      },
    });
    const starts = await Promise.all([topology.start(context), topology.start(context)]);
    expect(starts[0]).toBe(starts[1]);
    const { containers, networks } = starts[0];
    const { first, second, third, joiner, outside } = containers;
    const base = networks.net.subnet.replace(/0\/24$/, "");
    expect([first, second, third].map((one) => one.addressOn("net"))).toEqual(
      [2, 3, 4].map((host) => `${base}${host}`),
    );
    expect(outside.settingsOn("default")).toMatchObject({ IPAddress: outside.address });
    const answers = await Promise.all([
      second.ask(`wget -q -O - http://${first.address}/`),
      joiner.ask("wget -q -O - http://127.0.0.1/"),
    ]);
    const [fromSecond, fromJoiner] = answers.map(({ stdout }) => parseWebAnswer(stdout));
    expect(fromSecond).toMatchObject({
      server: first.name,
      localAddress: first.address,
      localPort: 80,
      peerAddress: second.address,
    });
    expect(fromJoiner).toMatchObject({ server: first.name, peerAddress: "127.0.0.1" });
    await topology.remove(context);
    expect(await left("order")).toEqual([]);
  });

  test("a start that fails midway tells the engine's words, and everything is removed", async () => {
    const topology = new Topology("broken", {
      networks: { net: bridge(), other: bridge() },
      containers: {
        fine: busybox({ on: ["net", "other"] }),
        wrong: busybox({ on: "net", ip: "192.0.2.1" }),
        dependent: busybox({ joins: "wrong" }),
      },
    });
    await expect(topology.start(context)).rejects.toThrow(/address|subnet/i);
    await expect(topology.start(context)).rejects.toThrow(/address|subnet/i);
    await topology.remove(context);
    expect(await left("broken")).toEqual([]);
  });

  test("a `free` host port that somebody took meanwhile is replaced by another, also for a restartable container", async () => {
    const ports = await freePorts(4);
    const [free, ...taken] = ports;
    const holder = await docker.createContainer({
      name: nameOf(runId, "holder"),
      Image: images.busybox,
      Entrypoint: ["sleep", "600"],
      Labels: labelsOf(runId),
      ExposedPorts: Object.fromEntries(taken.map((_, index) => [`${80 + index}/tcp`, {}])),
      HostConfig: {
        AutoRemove: true,
        PortBindings: Object.fromEntries(
          taken.map((port, index) => [`${80 + index}/tcp`, [{ HostPort: String(port) }]]),
        ),
      },
    });
    await holder.start();
    // The host as it looked when these four were the only free ports.
    const low = Array.from({ length: 32_768 - 15_000 }, (_, index) => 15_000 + index).filter(
      (port) => !ports.includes(port),
    );
    const narrow =
      facts.host === null
        ? facts
        : { ...facts, host: { ...facts.host, ephemeralPorts: [32_768, 60_999] as const, boundPorts: low } };
    const topology = new Topology("ports", {
      containers: { web: busybox({ publish: ["free:80"], restartable: true }) },
    });
    const { containers } = await topology.start({ ...context, facts: narrow });
    expect(containers.web.hostPortOf("80/tcp")).toBe(free);
    await topology.remove(context);
    expect(await left("ports")).toEqual([]);
  });

  async function freePorts(count: number): Promise<number[]> {
    const bound = new Set(facts.host?.boundPorts ?? []);
    return Array.from({ length: 1000 }, (_, index) => 31_000 + index)
      .filter((port) => !bound.has(port))
      .slice(-count);
  }
});
