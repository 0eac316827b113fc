import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, type EngineConnection } from "../engine/connect.ts";
import { labelsOf, nameOf, newRunId } from "../engine/run-identity.ts";
import { sweep } from "../engine/sweep.ts";
import { hasEngineImage, provideEngineImage } from "./engine-image.ts";
import { labEngines } from "./engine-versions.ts";
import { Lab } from "./lab.ts";

const connection: EngineConnection | null = await connect().catch(() => null);
const available: string[] = [];
for (const engine of labEngines(""))
  if (connection !== null && (await hasEngineImage(connection.docker, engine))) available.push(engine.version);

/** Real engines in containers; the images are assembled by `npm run test:lab` and `npm run matrix`, not here. */
describe.skipIf(connection === null || available.length === 0)("lab", () => {
  let lab: Lab;

  beforeAll(async () => {
    if (connection !== null) lab = await Lab.open(connection.docker, () => undefined);
  }, 60_000);

  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
    await connection?.close();
  }, 60_000);

  test("two hosts on one LAN answer, with the suites' images and addresses of their own", async () => {
    const [engine] = labEngines(available[0]);
    if (engine === undefined || connection === null) return;
    await provideEngineImage(connection.docker, engine, () => undefined);
    const { a, b } = await lab.start({ a: { engine }, b: { engine } });
    expect(((await a.docker.version()) as { Version: string }).Version).toContain(engine.version);
    expect((await b.docker.listImages()).length).toBe(2);
    expect(new Set([a.address, b.address]).size).toBe(2);
    expect((await a.shell.ask(`ping -c 1 -W 5 ${b.address} || busybox ping -c 1 -W 5 ${b.address}`)).exitCode).toBe(0);
    await Promise.all([a.remove(), b.remove()]);
  }, 90_000);

  test.each([
    ['{"bip": "nonsense"}', /invalid CIDR address: nonsense/],
    ['{"bip": "10.1.2.3/24",}', /invalid character '}'/],
    ['{"no-such-key": 1}', /no-such-key/],
    ['{"bip":"192.168.1.5/24","default-gateway":"10.20.1.1"}', /10\.20\.1\.1.* must belong to the master pool/],
  ])(
    "a host that can't start with %s says so in its engine's own words",
    async (daemonJson, words) => {
      const [engine] = labEngines(available[0]);
      if (engine === undefined) return;
      await expect(lab.start({ bad: { engine, daemonJson } })).rejects.toThrow(words);
    },
    60_000,
  );

  test("what an earlier run left and can't be removed is told, and keeps no lab from opening", async () => {
    if (connection === null) return;
    const { docker } = connection;
    const dead = newRunId();
    const left = await docker.createNetwork({ Name: nameOf(dead, "left"), Labels: labelsOf(dead) });
    const stubborn = new Proxy(docker, {
      get(target, name) {
        if (name !== "getNetwork") return Reflect.get(target, name, target);
        return (id: string) =>
          id === left.id
            ? { remove: async () => await Promise.reject(new Error("it has active endpoints")) }
            : target.getNetwork(id);
      },
    });
    const told: string[] = [];
    try {
      await using _lab = await Lab.open(stubborn, (line) => told.push(line));
      expect(told).toEqual(["left by an earlier run, and not removed: it has active endpoints"]);
    } finally {
      await sweep(docker, { only: dead });
    }
  }, 60_000);
});
