import { afterAll, describe, expect, test } from "vitest";
import { LABEL, labelsOf, nameOf } from "../engine/run-identity.ts";
import { removeContainer } from "../engine/sweep.ts";
import type { EngineEvent } from "../model/engine-answers.ts";
import { parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import { testRun } from "../vantage/testing/test-run.ts";
import { ownerOf, watchActivity } from "./activity.ts";
import { comparableRoutes, compareFingerprints, type Fingerprint, takeFingerprint } from "./fingerprint.ts";
import { judgeResidue } from "./residue.ts";

const EMPTY: Fingerprint = {
  links: [],
  addresses: [],
  routes: [],
  "firewall rules": [],
  namespaces: [],
  listeners: [],
  sysctls: [],
  containers: [],
  networks: [],
  volumes: [],
  images: [],
  tracing: [],
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
    expect(
      judgeResidue(before, now, new Set(), false, true, { switched: ["forward=0", "forward=1"], bridge: "docker0" })
        .items,
    ).toEqual(["sysctls: rp_filter=1 appeared", "sysctls: rp_filter=0 disappeared"]);
  });

  test.each<[string, keyof Fingerprint, string]>([
    ["an address that fail2ban bans", "firewall rules", "iptables-save -A f2b-sshd -s 192.0.2.7/32 -j REJECT"],
    ["fail2ban's first jail", "firewall rules", "iptables-save -A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd"],
    ["its chain", "firewall rules", "iptables-save :f2b-sshd - "],
    ["a jump of an operator's out of DOCKER-USER", "firewall rules", "iptables-save -A DOCKER-USER -j ufw-docker"],
    ["a VPN", "links", "tun0 (index 77)"],
    ["its address", "addresses", "10.8.0.2/24 on tun0"],
    ["its route", "routes", "default via 10.8.0.1 dev tun0"],
    ["a virtual machine", "links", "vnet3 (index 78) on virbr0"],
    ["what dockerd puts back after a flush", "firewall rules", "nft ip docker-bridges chain raw-PREROUTING"],
    [
      "the same for the default bridge",
      "firewall rules",
      'nft ip docker-bridges filter-forward-in__docker0: iifname "docker0" counter accept comment "ICC"',
    ],
    ["an address that moves", "addresses", "192.0.2.100/24 on eth0"],
  ])("is not what others do on a host that lives: %s", (_, aspect, what) => {
    for (const [before, now] of [
      [EMPTY, { ...EMPTY, [aspect]: [what] }],
      [{ ...EMPTY, [aspect]: [what] }, EMPTY],
    ] as const)
      expect(judgeResidue(before, now, new Set(), false, true).items).toEqual([]);
  });

  test.each<[string, keyof Fingerprint, string]>([
    [
      "masquerading of a bridge",
      "firewall rules",
      "iptables-save -A POSTROUTING -s 10.9.0.0/24 ! -o br-x -j MASQUERADE",
    ],
    [
      "a container's hairpin rule",
      "firewall rules",
      "iptables-save -A POSTROUTING -s 172.17.0.5/32 -d 172.17.0.5/32 -p tcp -m tcp --dport 80 -j MASQUERADE",
    ],
    ["a published port", "firewall rules", "iptables-save -A DOCKER ! -i docker0 -p tcp -j DNAT --to 172.17.0.5:80"],
    [
      "a jump to one of its chains",
      "firewall rules",
      "ip6tables-save -A FORWARD -o br-0123456789ab -m conntrack --ctstate NEW -j DOCKER-ISOLATION-STAGE-1",
    ],
    ["a network's chain", "firewall rules", "nft ip docker-bridges chain nat-postrouting-in__br-0123456789ab"],
    [
      "a network's jump",
      "firewall rules",
      'nft ip docker-bridges filter-forward-in-jumps: "br-0123456789ab" : jump filter-forward-in__br-0123456789ab',
    ],
    [
      "a port published on the default bridge",
      "firewall rules",
      "nft ip docker-bridges filter-forward-in__docker0: ip daddr 172.17.0.2 tcp dport 80 counter accept",
    ],
    ["a veth", "links", "veth0a1b2c3 (index 9)"],
    ["a VLAN of a macvlan network", "links", "eth0.50 (index 9)"],
    ["an address of the operator's bridge", "addresses", "10.9.0.1/24 on cbr0"],
    ["a route to a network", "routes", "10.9.0.0/24 dev br-0123456789ab proto kernel scope link src 10.9.0.1"],
    ["a namespace", "namespaces", "x net:[4026532000]"],
    ["a switch", "sysctls", "net/ipv4/conf/all/rp_filter=0"],
  ])("is what an engine makes: %s", (_, aspect, what) => {
    const habits = { switched: [], bridge: "cbr0" };
    expect(judgeResidue(EMPTY, { ...EMPTY, [aspect]: [what] }, new Set(), false, true, habits).state).toBe("left");
    expect(judgeResidue({ ...EMPTY, [aspect]: [what] }, EMPTY, new Set(), false, true, habits).state).toBe("left");
  });

  test("is every such difference where nobody else was at work", () => {
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
  const event = (Type: NonNullable<EngineEvent["Type"]>, Attributes: Record<string, string>): EngineEvent => ({
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
    ["an event without an actor", { Type: "daemon" as const }, "foreign"],
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
    const [before, watch] = await Promise.all([
      takeFingerprint(docker, view),
      watchActivity(docker, runId, () => undefined),
    ]);
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
