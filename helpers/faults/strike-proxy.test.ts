import Dockerode from "dockerode";
import fc from "fast-check";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { UserError } from "../engine/errors.ts";
import { labelsOf, nameOf } from "../engine/run-identity.ts";
import { ENGINE_SOCKET } from "../engine/testing/engine-proxy.ts";
import { HostView } from "../vantage/host-view.ts";
import { type TestRun, testRun } from "../vantage/testing/test-run.ts";
import type { Strike } from "./fault.ts";
import { alteredBody, StrikeProxy, withoutPrefix } from "./strike-proxy.ts";

const run: TestRun | null = await testRun();

test("a container is known by its name without the run's prefix", () => {
  expect(withoutPrefix("/dnc-r1a2b3c4-bridge-web")).toBe("bridge-web");
  expect(withoutPrefix("/dnc-web")).toBe("dnc-web");
  expect(withoutPrefix("/somebody-elses-dnc-r1a2b3c4-web")).toBe("somebody-elses-dnc-r1a2b3c4-web");
});

describe("a lie", () => {
  const body = (json: unknown) => Buffer.from(JSON.stringify(json));

  test("in place, by another answer, or not at all", () => {
    const inPlace = alteredBody(body({ Mtu: 1500 }), (answer) => void Object.assign(answer, { Mtu: 9000 }));
    expect(JSON.parse(String(inPlace))).toEqual({ Mtu: 9000 });
    expect(JSON.parse(String(alteredBody(body([1, 2]), () => [])))).toEqual([]);
    expect(alteredBody(body({ Mtu: 1500 }), () => false)).toBeNull();
  });

  test("that says what was said before is none", () => {
    expect(alteredBody(body({ Mtu: 1500 }), () => undefined)).toBeNull();
    expect(alteredBody(body({ Mtu: 1500 }), (answer) => Object.assign(answer, { Mtu: 1500 }))).toBeNull();
  });

  test("never touches what is no JSON object or array, whatever the bytes are", () => {
    const bytes = fc.uint8Array().filter((piece) => !/^\s*[[{]/.test(Buffer.from(piece).toString()));
    fc.assert(fc.property(bytes, (piece) => alteredBody(Buffer.from(piece), () => ({ lied: true })) === null));
  });

  test("is JSON again, whatever it was", () => {
    fc.assert(
      fc.property(fc.object(), (answer) => {
        const altered = alteredBody(body(answer), (own) => ({ ...own, lied: "é\u2028" }));
        expect(JSON.parse(String(altered))).toMatchObject({ lied: "é\u2028" });
      }),
    );
  });
});

/** On the real engine; the shell of the strikes is only written down, never run. */
describe.skipIf(run === null)("strikes", { timeout: 90_000 }, () => {
  const real = new Dockerode({ socketPath: ENGINE_SOCKET });
  const lines: string[] = [];
  let done: (line: string) => Promise<string> = async () => "";
  const host = {
    url: `unix://${ENGINE_SOCKET}`,
    docker: real,
    must: async (line: string) => {
      lines.push(line);
      return await done(line);
    },
  };
  let proxy: StrikeProxy;
  const opened: StrikeProxy[] = [];

  async function behind(strike: Strike | null): Promise<Dockerode> {
    proxy = await StrikeProxy.open(host, strike);
    opened.push(proxy);
    lines.length = 0;
    done = async () => "";
    return new Dockerode({ host: "127.0.0.1", port: Number(new URL(proxy.url).port), protocol: "http" });
  }
  afterEach(async () => {
    for (const one of opened.splice(0)) await one[Symbol.asyncDispose]();
  });
  afterAll(async () => await run?.end(), 60_000);

  const runId = run?.runId ?? "";
  const sleeping = (docker: Dockerode, what: string, networkMode: string, shell = "sleep 60") =>
    docker.createContainer({
      name: nameOf(runId, what),
      Image: run?.images.busybox ?? "",
      Labels: labelsOf(runId),
      Entrypoint: ["sh", "-c", shell],
      Cmd: [],
      HostConfig: { NetworkMode: networkMode },
    });

  test("come before the answer to a container's start, with its process in the environment", async () => {
    const docker = await behind({ when: "a container is up", shell: ["one", "two"] });
    let over = false;
    done = async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      over = true;
      return "";
    };
    const container = await sleeping(docker, "struck", "none");
    await container.start();
    expect([over, proxy.strikes, proxy.trouble]).toEqual([true, 1, null]);
    const { State } = await container.inspect();
    expect(lines).toEqual([
      `export PID='${State.Pid}' ID='${container.id}' NAME='struck' NETWORK_MODE='none' IP=''; one`,
      `export PID='${State.Pid}' ID='${container.id}' NAME='struck' NETWORK_MODE='none' IP=''; two`,
    ]);
    await container.start().catch(() => undefined);
    expect(proxy.strikes, "it ran already").toBe(1);
    await container.kill();
  });

  test("are done to the chosen only, and never to the suites' vantages unless these are chosen", async () => {
    const docker = await behind({ when: "a container is up", shell: ["any"] });
    await (await HostView.open(docker, run?.images.busybox ?? "", runId, "spared", "looks")).close();
    expect(proxy.strikes).toBe(0);
    const choosy = await behind({ when: "a container is up", of: ({ name }) => name === "chosen", shell: ["any"] });
    const other = await sleeping(choosy, "other", "none");
    await other.start();
    expect(proxy.strikes).toBe(0);
    await (await HostView.open(choosy, run?.images.busybox ?? "", runId, "chosen", "looks")).close();
    expect(proxy.strikes).toBe(1);
    await other.kill();
  });

  test("are told when they could not be done, with the line and what it said; the suites go on", async () => {
    const docker = await behind({ when: "a container is up", shell: ["ip link del nothing"] });
    done = async (line) => {
      throw new UserError({ tried: `On lab host a: ${line}`, seen: "Cannot find device", todo: "" });
    };
    const container = await sleeping(docker, "spoiled", "none");
    await container.start();
    expect(proxy.strikes).toBe(0);
    expect(proxy.trouble).toMatch(/: ip link del nothing: Cannot find device$/);
    await container.kill();
  });

  test("follow a container to the network that it is connected to, and a network to its device", async () => {
    const docker = await behind({ when: "a network is up", shell: ["tear"] });
    const network = await docker.createNetwork({ Name: nameOf(runId, "torn"), Labels: labelsOf(runId) });
    const { IPAM } = (await network.inspect()) as { IPAM: { Config: readonly { Subnet: string }[] } };
    expect(lines).toEqual([
      `export NETWORK='${nameOf(runId, "torn")}' BRIDGE='br-${network.id.slice(0, 12)}' SUBNET='${IPAM.Config[0]?.Subnet}'; tear`,
    ]);
    const other = await behind({ when: "a container is up", shell: ["cut"] });
    const container = await sleeping(other, "joins", "bridge");
    await other.getNetwork(network.id).connect({ Container: container.id });
    expect(proxy.strikes, "it does not run yet").toBe(0);
    await container.start();
    await other.getNetwork(network.id).disconnect({ Container: container.id });
    await other.getNetwork(network.id).connect({ Container: container.id });
    expect(proxy.strikes).toBe(2);
    await container.kill();
    await network.remove();
  });

  test("never meet the making of a network", async () => {
    const docker = await behind({ when: "a container is up", shell: ["slow"] });
    const events: string[] = [];
    done = async () => {
      events.push("strike begins");
      await new Promise((resolve) => setTimeout(resolve, 300));
      events.push("strike ends");
      return "";
    };
    const container = await sleeping(docker, "beside", "none");
    const making = async (what: string) => {
      const network = await docker.createNetwork({
        Name: nameOf(runId, what),
        Labels: labelsOf(runId),
        Driver: "bridge",
        Internal: true,
      });
      events.push("made");
      return network;
    };
    const starting = container.start();
    await vi.waitFor(() => expect(events).toContain("strike begins"), { timeout: 20_000, interval: 5 });
    const networks = await Promise.all([making("first"), making("second")]);
    await starting;
    expect(events).toEqual(["strike begins", "strike ends", "made", "made"]);
    await Promise.all([container.kill(), ...networks.map((network) => network.remove())]);
  });

  test("alter the answers that are meant, and no others", async () => {
    const docker = await behind({
      when: "the engine answers",
      to: /^\/networks\/bridge$/,
      alter: (answer) => ({ ...answer, Driver: "lied" }),
    });
    expect(await docker.getNetwork("bridge").inspect()).toMatchObject({ Name: "bridge", Driver: "lied" });
    expect(await docker.getNetwork("host").inspect()).toMatchObject({ Name: "host", Driver: "host" });
    expect([proxy.strikes, proxy.trouble]).toEqual([1, null]);
  });

  test("that throw are told, and the answer is the engine's own", async () => {
    const docker = await behind({
      when: "the engine answers",
      to: /^\/networks\/bridge$/,
      alter: () => {
        throw new Error("no such field");
      },
    });
    expect(await docker.getNetwork("bridge").inspect()).toMatchObject({ Driver: "bridge" });
    expect([proxy.strikes, proxy.trouble]).toEqual([0, "the answer to /networks/bridge: no such field"]);
  });

  test("alter what the engine is asked", async () => {
    const docker = await behind({
      when: "the engine is asked",
      to: /^\/containers\/create$/,
      alter: (asked) => Object.assign(asked, { Hostname: "other" }),
    });
    const container = await sleeping(docker, "altered", "none");
    expect((await container.inspect()).Config.Hostname).toBe("other");
    expect(proxy.strikes).toBe(1);
  });

  test("none: everything as the engine says it", async () => {
    const docker = await behind(null);
    expect((await docker.version()).Version).toBe((await real.version()).Version);
    expect(proxy.strikes).toBe(0);
  });
});
