import { afterAll, describe, expect, test } from "vitest";
import type { Deviation } from "../audits/deviation.ts";
import { type Looker, takeSnapshot } from "../snapshot/take-snapshot.ts";
import { bridge, busybox, nginx } from "../topology/spec.ts";
import { testContext } from "../topology/testing/test-context.ts";
import { Topology } from "../topology/topology.ts";
import { testRun } from "../vantage/testing/test-run.ts";
import { deviations } from "./checks/deviations.ts";
import { diagnose, takeLook } from "./diagnose.ts";

const run = await testRun();

describe.skipIf(run === null)("on a real engine", async () => {
  if (run === null) return;
  const { docker, runId, view } = run;
  const context = await testContext(run);
  const looker: Looker = { docker, runId, facts: context.facts, host: view };
  afterAll(async () => await run.end());

  const town = new Topology("diagnosis", {
    networks: { net: bridge() },
    containers: {
      web: nginx({ on: "net", publish: ["free:80"], aliases: ["shop"] }),
      client: busybox({ on: "net", after: ["web"] }),
      joiner: busybox({ joins: "web" }),
      alone: busybox<never>({ on: "none" }),
    },
  });

  /** A snapshot of the town, by the town's own names. */
  const looked = async () => {
    const { networks, containers } = await town.start(context);
    const snapshot = await takeSnapshot(looker);
    const insideOf = (name: keyof typeof containers) => {
      const inside = snapshot.containers.find(({ id }) => id === containers[name].id)?.inside;
      if (inside == null) throw new Error(`nothing was seen inside ${name}`);
      return inside;
    };
    return { networks, containers, snapshot, insideOf };
  };

  test("a look sees what the kernel has inside each container", async () => {
    const { containers, insideOf } = await looked();
    const [web, client, joiner, alone] = (["web", "client", "joiner", "alone"] as const).map(insideOf);
    expect(web?.links.map(({ name }) => name)).toEqual(expect.arrayContaining(["lo", "eth0"]));
    expect(web?.addresses.flatMap(({ addresses }) => addresses.map(({ address }) => address))).toContain(
      containers.web.address,
    );
    expect(web?.sockets).toContainEqual(
      expect.objectContaining({ state: "LISTEN", local: { address: "0.0.0.0", port: 80 } }),
    );
    expect(web?.resolvConf).toContain("nameserver 127.0.0.11");
    expect(web?.hostsFile).toContain(containers.web.address);
    expect(web?.hostname).toBe(containers.web.id.slice(0, 12));
    // The resolver's own rules.
    expect(
      web?.tables?.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules.map(({ text }) => text))).join("\n"),
    ).toContain("127.0.0.11");
    expect(client?.routes).toContainEqual(expect.objectContaining({ destination: "default", interface: "eth0" }));
    expect(client?.sysctls["ipv4/ip_default_ttl"]).toBe("64");
    expect(joiner?.namespaces.net).toBe(web?.namespaces.net);
    expect(client?.namespaces.net).not.toBe(web?.namespaces.net);
    expect(alone?.links.map(({ name }) => name)).toContain("lo");
    expect(alone?.routes.filter(({ destination }) => destination === "default")).toEqual([]);
  });

  test("a look sees the host's side of them", async () => {
    const { containers, networks, snapshot, insideOf } = await looked();
    const { host } = snapshot;
    const device = `br-${networks.net.id.slice(0, 12)}`;
    const peer = insideOf("web").links.find(({ name }) => name === "eth0")?.peerIndex;
    const veth = host?.links.find(({ index }) => index === peer);
    expect(veth).toMatchObject({ master: device, up: true });
    expect(host?.ports).toContainEqual(
      expect.objectContaining({ name: veth?.name, hairpin: false, isolated: false, learning: true, state: 3 }),
    );
    expect(host?.ways[containers.web.address]).toBe(device);
    expect(host?.sysctls["ipv4/ip_forward"]).toBe("1");
    expect(host?.sysctls[`ipv4/conf/${device}/rp_filter`]).toMatch(/^[012]$/);
    expect(host?.namespaces.net).toMatch(/^net:\[\d+\]$/);
  });

  /** Other tests change the same host meanwhile. */
  const ofTown = (found: readonly Deviation[]) =>
    found.filter(({ concerns }) => concerns.some((name) => name.includes(runId)));

  test("a healthy town deviates in nothing, and a broken one in what was broken", async () => {
    const { containers, snapshot } = await looked();
    expect(ofTown(deviations(snapshot))).toEqual([]);
    const { web, client } = containers;
    const pid = (await docker.getContainer(web.id).inspect()).State.Pid;
    const broken = await view.act(`nsenter -t ${pid} -n ip link set eth0 mtu 1200`);
    expect(broken.exitCode).toBe(0);
    const diagnosis = await diagnose(
      {
        direction: "differs",
        questions: [{ kind: "reach", from: client.place, to: web.address, protocol: "icmp", port: null, size: null }],
        subjects: [],
        scope: [],
        probes: [await client.ask(`ping -c 1 -W 2 ${web.address}`)],
        refusal: null,
      },
      async () => looker,
    );
    expect(diagnosis).toMatchObject({
      causes: [{ what: expect.stringMatching(/eth0.* MTU 1200|MTU 1200.*eth0/), certainty: "seen" }],
    });
  });

  test("what can't be looked at explains nothing", async () => {
    const failure = {
      direction: "blocked",
      questions: [],
      subjects: [],
      scope: [],
      probes: [],
      refusal: null,
    } as const;
    // Failures close together share a look: the one before is to be forgotten.
    await new Promise((resolve) => setTimeout(resolve, 2100));
    expect(await diagnose(failure, async () => Promise.reject(new Error("no engine")))).toMatchObject({
      causes: [],
      complete: false,
      follow: null,
      unread: ["the host: no engine"],
    });
  });

  test("who came up after the shared look is looked for anew, also where it was asked from the host", async () => {
    await new Promise((resolve) => setTimeout(resolve, 2100));
    let looks = 0;
    const open = async () => {
      looks++;
      return looker;
    };
    const base = { direction: "blocked", questions: [], subjects: [], probes: [], refusal: null } as const;
    const { containers } = await looked();
    const known = { ...base, scope: [containers.web.name] };
    // Side by side: one after the other they may be further apart than what shares a look on a busy machine.
    await Promise.all([diagnose(known, open), diagnose(known, open)]);
    expect(looks).toBe(1);
    await diagnose({ ...base, scope: [`${containers.web.name}-later`] }, open);
    expect(looks).toBe(2);
    // Nobody would find it any more: the look that was taken while it stood is asked.
    const taken = await takeLook(open);
    await diagnose({ ...base, scope: [`${containers.web.name}-gone`] }, open, taken);
    expect(looks).toBe(3);
  });
});
