import { expect } from "vitest";
import type { HostInLab } from "../../helpers/lab/host-in-lab.ts";
import { hostInLab } from "../../helpers/lab/host-in-lab.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { link, links } from "../../helpers/probes/links.ts";
import { chapter, cite, D0, D1, D2, D3, requirement, stage } from "../../helpers/requirement/index.ts";

/** A machine on which dockerd never ran. */
const machine = hostInLab("untouched", { engineRuns: false });

/** The host's links, routes and rules, as they are asked for before and after. */
async function look({ host }: HostInLab) {
  const routes = await host.shell.act("ip -4 route show table main");
  const rules = await host.shell.act("iptables-save");
  const forwarding = await host.shell.act("cat /proc/sys/net/ipv4/ip_forward");
  for (const answer of [routes, rules, forwarding])
    if (answer.exitCode !== 0) throw new ProbeFailed(`\`${answer.command}\` failed`, answer);
  return {
    links: (await links(host.shell)).map(({ name }) => name),
    routes: routes.stdout.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()])),
    rules: rules.stdout,
    forwarding: forwarding.stdout.trim(),
  };
}

async function networkIds({ host }: HostInLab): Promise<Record<string, string>> {
  const networks = await host.docker.listNetworks();
  return Object.fromEntries(networks.map(({ Name, Id }) => [Name, Id]));
}

const NETWORKS_LOST =
  "the networks of before were lost: /var/lib/docker/network was removed at the start (ExecStartPre in the unit file) or does not outlive it";

/** Before the first start of dockerd, and after it. */
const firstStart = stage(machine, async (inLab) => {
  const before = await look(inLab);
  await inLab.host.startEngine();
  return { inLab, before, after: await look(inLab), networks: await networkIds(inLab) };
});

const onFirstStart = chapter({ given: firstStart, needs: ["lab"] });

onFirstStart(
  "BRIDGE-35",
  {
    must: "A host on which dockerd never started MUST have no device `docker0`; its first start MUST make it",
    from: [
      cite(
        "docs/bridge",
        "When you start Docker, a default bridge network (also called bridge) is created automatically",
      ),
      D1("5.1.1"),
    ],
    cause:
      "something else makes docker0 (a profile of systemd-networkd or NetworkManager), or dockerd runs without its bridge (`bridge`, in a flag)",
  },
  ({ before, after }) => {
    expect(before.links, "links before the first start").not.toContain("docker0");
    expect(after.links, "links after it").toContain("docker0");
  },
);

onFirstStart(
  "NAT-01",
  {
    must: "Before dockerd runs for the first time, none of its rules MUST be on the host",
    from: [D1("5.1.1")],
    cause:
      "rules that were saved elsewhere were restored (iptables-persistent, a machine's image), or dockerd ran before",
  },
  ({ before, after }) => {
    // The embedded resolver's chains (DOCKER_OUTPUT …) are the outer engine's: to it the machine is a container.
    const chains = (rules: string) => [...rules.matchAll(/^:(DOCKER(?:-\S+)?) /gm)].map(([, name]) => name);
    expect(chains(before.rules), "dockerd's chains before the first start").toEqual([]);
    expect(chains(after.rules), "dockerd's chains after it").toContain("DOCKER-USER");
  },
);

onFirstStart(
  "NAT-07",
  {
    must: "The policy of filter FORWARD MUST be DROP if dockerd itself switched IPv4 forwarding on",
    from: [
      cite(
        "man/dockerd#--ip-forward-no-drop",
        "if Docker enables IP forwarding itself (see --ip-forward), and --iptables or --ip6tables are enabled, it also sets the default policy for the FORWARD chain",
      ),
      D1("5.1.1"),
      D1("5.3"),
    ],
    cause: "net.ipv4.ip_forward was on before dockerd started (a sysctl file), or dockerd runs with ip-forward-no-drop",
  },
  ({ before, after }) => {
    expect([before.forwarding, after.forwarding], "net.ipv4.ip_forward before and after dockerd's start").toEqual([
      "0",
      "1",
    ]);
    const filter = /^\*filter$([\s\S]*?)^COMMIT$/m.exec(after.rules)?.[1] ?? "";
    expect(/^:FORWARD (\w+)/m.exec(filter)?.[1], "policy of filter FORWARD").toBe("DROP");
  },
);

onFirstStart(
  "BRIDGE-47",
  {
    must: "Starting dockerd MUST leave the host's default route and the routes of its other interfaces as they were",
    from: [D1("5.2")],
    cause: "something sets routes when docker.service starts (ExecStartPre in its unit file, a dispatcher script)",
  },
  ({ before, after }) => {
    expect(
      before.routes.some((route) => route.startsWith("default ")),
      "whether the host had a default route",
    ).toBe(true);
    expect(
      after.routes.filter((route) => !route.includes("dev docker0")),
      "the routes after dockerd's start, but for its own bridge's",
    ).toEqual(before.routes);
  },
);

onFirstStart(
  "NETLS-04",
  {
    must: "An engine on which nobody has created a network MUST list no other than `bridge`, `host` and `none`",
    from: [
      cite("cli/network_ls#type", "builtin displays predefined networks (bridge, none, host)"),
      D0("3.1"),
      D1("intro"),
      D2("摘要"),
      D3("二.1"),
    ],
    cause:
      "dockerd runs without its default bridge (`bridge`, in a flag), or its data directory came with networks in it",
  },
  ({ networks }) => {
    expect(Object.keys(networks).toSorted(), "networks of a fresh engine").toEqual(["bridge", "host", "none"]);
  },
);

/** The same host after a restart of dockerd, with a network that somebody made in between; no container runs. */
const restarted = stage(firstStart, async ({ inLab }) => {
  await inLab.host.docker.createNetwork({ Name: "kept" });
  const before = await networkIds(inLab);
  await inLab.host.stopEngine();
  await inLab.host.startEngine();
  return {
    inLab,
    before,
    after: await networkIds(inLab),
    device: await link(inLab.host.shell, "docker0"),
    addresses: await addresses(inLab.host.shell, "docker0"),
  };
});

const onRestarted = chapter({ given: restarted, needs: ["lab"] });

onRestarted(
  "NETLS-19",
  {
    must: "A restart of dockerd MUST give the default network `bridge` a new id and leave the ids of `host` and `none` as they were, unless containers keep running over it (`live-restore`)",
    from: [D0("3.1"), D0("3.3.3"), D1("新建网桥"), D1("5.6")],
    cause: NETWORKS_LOST,
  },
  ({ before, after }) => {
    expect(after.bridge, "id of network bridge after the restart").not.toBe(before.bridge);
    expect([after.host, after.none], "ids of host and none after the restart").toEqual([before.host, before.none]);
  },
);

onRestarted(
  "DAEMON-26",
  {
    must: "After a restart without containers the default bridge's device MUST be up again, without carrier",
    from: [D0("3.3.2")],
    cause:
      "docker0 has a port that is no container's (a veth or tap that was left on it), or something takes the device down",
  },
  ({ device, addresses: carried }) => {
    expect(device, "docker0 after the restart").toMatchObject({ up: true, carrier: false });
    expect(carried.filter(({ family }) => family === 4).length, "IPv4 addresses of docker0").toBe(1);
  },
);

onRestarted(
  "DAEMON-27",
  {
    must: "User-defined networks MUST survive a restart of dockerd, with their id",
    from: [
      cite(
        "moby/service_test.go#TestDaemonRestartWithExistingNetwork",
        "assert.Equal(t, res2.Network.IPAM.Config[0].Subnet, networkip)",
      ),
      D1("5.6"),
    ],
    cause: NETWORKS_LOST,
  },
  ({ before, after }) => {
    expect(before.kept, "id of the network before the restart").toBeDefined();
    expect(after.kept, "id of the network after the restart").toBe(before.kept);
  },
);

/** The device taken away while dockerd is down, as a reboot does. */
const madeAnew = stage(restarted, async ({ inLab: { host }, device }) => {
  await host.stopEngine();
  await host.shell.act("ip link del docker0");
  await host.startEngine();
  return { before: device, after: await link(host.shell, "docker0") };
});

requirement(
  "BRIDGE-42",
  {
    must: "The default bridge's device MUST get another MAC when dockerd makes it anew",
    from: [D0("3.1"), D0("3.2"), D1("host模式"), D1("5.1.1"), D2("三")],
    needs: ["lab"],
    cause:
      "something else makes docker0 before dockerd does, with a hardware address of its own (a profile of systemd-networkd or NetworkManager)",
  },
  madeAnew,
  ({ before, after }) => {
    expect(before?.mac, "its MAC before").toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    expect(after?.mac, "its MAC after").toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    expect(after?.mac, "its MAC after it was made anew").not.toBe(before?.mac);
  },
);
