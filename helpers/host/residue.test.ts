import { afterAll, describe, expect, test } from "vitest";
import { LABEL, labelsOf, nameOf } from "../engine/run-identity.ts";
import { removeContainer } from "../engine/sweep.ts";
import { parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import { testRun } from "../vantage/testing/test-run.ts";
import { comparableRoutes, compareFingerprints, type Fingerprint, takeFingerprint } from "./fingerprint.ts";
import { type EngineEvent, judgeResidue, ownerOf, watchActivity } from "./residue.ts";

const EMPTY: Fingerprint = {
  links: [],
  addresses: [],
  routes: [],
  "routing rules": [],
  "firewall rules": [],
  namespaces: [],
  listeners: [],
  sysctls: [],
  containers: [],
  networks: [],
  volumes: [],
  images: [],
};

describe("fingerprints", () => {
  test("are compared as multisets", () => {
    const before = { ...EMPTY, "firewall rules": ["a", "b", "b"], links: ["lo", "eth0"] };
    const after = { ...EMPTY, "firewall rules": ["b", "a", "a", "c"], links: ["eth0", "lo"] };
    expect(compareFingerprints(before, after)).toEqual([
      { aspect: "firewall rules", change: "appeared", what: "a" },
      { aspect: "firewall rules", change: "appeared", what: "c" },
      { aspect: "firewall rules", change: "disappeared", what: "b" },
    ]);
    expect(compareFingerprints(before, before)).toEqual([]);
  });
  test("know no route that comes with an address once its device has had a carrier, but any other local one", () => {
    const links = parseIpAddress(
      "3: docker0: <BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue\n    inet6 2001:db8:1::1/64 scope global tentative\n",
    );
    const ofAddress = "local 2001:db8:1::1 dev docker0 table local  metric 0";
    const others = ["local 2001:db8:1::2 dev docker0 table local  metric 0", "local 2001:db8:1::1 dev lo  metric 1"];
    expect(comparableRoutes([ofAddress, ...others, "10.0.0.0/8 dev eth0 linkdown"], links)).toEqual([
      ...others,
      "10.0.0.0/8 dev eth0",
    ]);
  });
});

describe("residue", () => {
  const after = { ...EMPTY, links: ["br-0123456789ab (index 7)", "veth1 (index 9) on docker0"], sysctls: ["x=1"] };

  test("is no switch that the engine turns by itself, and every other one", () => {
    const before = { ...EMPTY, sysctls: ["forward=0", "rp_filter=0"] };
    const now = { ...EMPTY, sysctls: ["forward=1", "rp_filter=1"] };
    expect(judgeResidue(before, now, new Set(), false, true, ["forward=0", "forward=1"]).items).toEqual([
      "sysctls: rp_filter=1 appeared",
      "sysctls: rp_filter=0 disappeared",
    ]);
  });

  test("is every difference where nobody else was at work", () => {
    expect(judgeResidue(EMPTY, after, new Set(["0123456789ab"]), false, true)).toEqual({
      state: "left",
      items: [
        "links: br-0123456789ab (index 7) appeared",
        "links: veth1 (index 9) on docker0 appeared",
        "sysctls: x=1 appeared",
      ],
    });
  });

  test("is only what carries our marks where others were", () => {
    const marks = new Set(["r1234567", "0123456789ab"]);
    expect(judgeResidue(EMPTY, after, marks, true, true).items).toEqual(["links: br-0123456789ab (index 7) appeared"]);
    expect(judgeResidue(EMPTY, after, new Set(["ffffffffffff"]), true, true)).toEqual({ state: "clean", items: [] });
  });

  test("is unknown where the host was not seen, unless something of ours was", () => {
    expect(judgeResidue(EMPTY, EMPTY, new Set(), false, false).state).toBe("unknown");
    expect(judgeResidue(EMPTY, { ...EMPTY, networks: ["n"] }, new Set(), false, false).state).toBe("left");
  });
});

describe("the owner of an event", () => {
  const id = "0123456789abcdef".repeat(4);
  const event = (Type: string, Attributes: Record<string, string>): EngineEvent => ({
    Type,
    Actor: { ID: id, Attributes },
  });
  test.each([
    ["our container", event("container", { [LABEL.run]: "r1234567" }), "0123456789ab"],
    ["a container of another run", event("container", { [LABEL.run]: "r7654321" }), "foreign"],
    ["somebody's container", event("container", { name: "web" }), "foreign"],
    ["our network", event("network", { name: "dnc-r1234567-x" }), "0123456789ab"],
    ["a network of another run", event("network", { name: "dnc-r7654321-x" }), "foreign"],
    [
      "our container on a network of the engine",
      event("network", { name: "bridge", container: "ffffffffffff0000" }),
      "ffffffffffff",
    ],
    ["somebody's container on it", event("network", { name: "bridge", container: "eeeeeeeeeeee0000" }), "foreign"],
    ["an image that was pulled", event("image", { name: "busybox" }), "foreign"],
    ["a volume", event("volume", {}), "foreign"],
    ["an event without an actor", { Type: "daemon" }, "foreign"],
  ])("%s", (_, given, owner) => {
    expect(ownerOf(given, "r1234567", new Set(["ffffffffffff"]))).toBe(owner);
  });
});

const run = await testRun();

describe.skipIf(run === null)("residue on an engine", () => {
  if (run === null) return;
  const { docker, images, runId, view } = run;
  afterAll(async () => await run.end());

  test("a foreign container that starts or ends meanwhile is not residue; a network and a link of ours are", async () => {
    const [before, watch] = await Promise.all([takeFingerprint(docker, view), watchActivity(docker, runId)]);
    const judge = async (): Promise<readonly string[]> => {
      const after = await takeFingerprint(docker, view);
      const { foreign, own } = watch.seen();
      return judgeResidue(before, after, new Set([runId, ...own]), foreign, true).items;
    };
    const foreign = await docker.createContainer({
      Image: images.busybox,
      Entrypoint: ["sleep", "600"],
      ExposedPorts: { "80/tcp": {} },
      HostConfig: { AutoRemove: true, PublishAllPorts: true },
    });
    const network = await docker.createNetwork({ Name: nameOf(runId, "left"), Labels: labelsOf(runId) });
    const bridge = `${runId}x`;
    try {
      await foreign.start();
      const withNetwork = await judge();
      expect(withNetwork).toContain(`networks: dnc-${runId}-left ${network.id.slice(0, 12)} appeared`);
      expect(withNetwork.join("\n")).toMatch(new RegExp(`links: br-${network.id.slice(0, 12)} .* appeared`));
      expect(withNetwork.join("\n")).not.toContain(foreign.id.slice(0, 12));
      expect(withNetwork.join("\n")).not.toMatch(/^listeners/m);
      await network.remove();
      await view.act(`ip link add ${bridge} type bridge`);
      expect((await judge()).join("\n")).toMatch(new RegExp(`^links: ${bridge} .* appeared$`));
      await view.act(`ip link del ${bridge}`);
      expect(await judge()).toEqual([]);
    } finally {
      await view.act(`ip link del ${bridge}`);
      await removeContainer(docker, foreign.id);
      watch.stop();
    }
  });
});
