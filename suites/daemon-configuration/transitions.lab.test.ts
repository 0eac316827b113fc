import type Dockerode from "dockerode";
import { expect } from "vitest";
import { dockerErrorOf } from "../../helpers/engine/docker-error.ts";
import { labelsOf } from "../../helpers/engine/run-identity.ts";
import { configuredInTurn, type HostInLab } from "../../helpers/lab/host-in-lab.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { http } from "../../helpers/probes/reach.ts";
import { eventually } from "../../helpers/requirement/eventually.ts";
import { chapter, cite, engine, mustNotReach, mustReach, requirement } from "../../helpers/requirement/index.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import { webServerPrelude } from "../../helpers/topology/web-server.ts";
import { hostItself, machineBeside, proxies, rulesOf } from "./look.ts";

/** What becomes of networks, ports and rules when dockerd is restarted, configured anew or killed with containers on it. */
const host = configuredInTurn("transitions");
const needs = ["lab"] as const;
const PORT = 18080;
/** How long an engine may take to bring back what a restart policy asks for. */
const BACK_MS = 30_000;

/**
 * A web server that serves, and lives without this process: a resident shell ends with its standard input, and that is dockerd's
 * to hold.
 */
async function webServer(
  inLab: HostInLab,
  name: string,
  hostConfig: Dockerode.HostConfig = {},
): Promise<Dockerode.Container> {
  const { docker, images, runId } = await inLab.context();
  const container = await docker.createContainer({
    name,
    Image: images.nginx,
    Labels: labelsOf(runId),
    Entrypoint: ["sh", "-c", [...webServerPrelude(name, [80], []), "exec sleep 86400"].join("\n")],
    Cmd: [],
    // Its first process hears no SIGTERM: dockerd would wait ten seconds for it.
    StopSignal: "SIGKILL",
    ExposedPorts: { "80/tcp": {} },
    HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: String(PORT) }] }, ...hostConfig },
  });
  await container.start();
  await untilServing(inLab, container);
  return container;
}

/** Started is not serving: docker-proxy resets a connection that nobody takes yet. */
async function untilServing(inLab: HostInLab, container: Dockerode.Container): Promise<void> {
  const { pid } = await stateOf(container);
  const listens = `grep -q ':0050 00000000:0000 0A' /proc/${pid}/net/tcp`;
  await inLab.host.must(`timeout 20 sh -c "until ${listens}; do sleep 0.05; done"`);
}

interface Running {
  readonly pid: number;
  readonly running: boolean;
  readonly address: string;
}

async function stateOf(container: Dockerode.Container): Promise<Running> {
  const { State, NetworkSettings } = await container.inspect();
  const [settings] = Object.values(NetworkSettings.Networks);
  return { pid: State.Pid, running: State.Running, address: settings?.IPAddress ?? "" };
}

async function onDocker0({ host: { shell } }: HostInLab): Promise<readonly string[]> {
  return (await addresses(shell, "docker0"))
    .filter(({ family }) => family === 4)
    .map(({ address, prefix }) => `${address}/${prefix}`);
}

/** Rules of dockerd's that stand more than once, and how many translate the port. */
async function countRules(inLab: HostInLab) {
  const lines = (await rulesOf(inLab)).map(({ table, chain, args }) => `${table} ${chain} ${args.join(" ")}`);
  const own = lines.filter((line) => !line.includes("DOCKER_"));
  return {
    twice: own.filter((line, index) => own.indexOf(line) !== index),
    dnat: own.filter((line) => line.startsWith("nat DOCKER ") && line.includes(`--dport ${PORT} `)).length,
  };
}

/** MTU of eth0 of a container that is made now. */
async function mtuOfNew(inLab: HostInLab): Promise<number> {
  const container = await webServer(inLab, "made-now", { PortBindings: {} });
  try {
    const { pid } = await stateOf(container);
    const stdout = await inLab.host.must(`nsenter -t ${pid} -n ip -o link show eth0`);
    return Number(/mtu (\d+)/.exec(stdout)?.[1]);
  } finally {
    await container.remove({ force: true });
  }
}

/** What is waited for has not come: where it never comes, that is the answer. */
class NotYet extends Error {}

// The file edited: without a restart, with one, and rolled back.

const edited = host.under({}, async (inLab) => {
  const asInstalled = await mtuOfNew(inLab);
  await inLab.host.configure(
    '{ "mtu": 1430, "live-restore": true, "default-address-pools": [{ "base": "10.211.0.0/16", "size": 24 }] }',
  );
  await inLab.host.must("pkill -HUP -x dockerd");
  const reloaded = await eventually(async () => {
    const info = (await inLab.host.docker.info()) as { LiveRestoreEnabled?: boolean };
    if (info.LiveRestoreEnabled !== true) throw new NotYet();
    return true;
  }).catch((error: unknown) => {
    if (error instanceof NotYet) return false;
    throw error;
  });
  const onReload = await mtuOfNew(inLab);
  const subnetOnReload = await newSubnet(inLab);
  await inLab.host.stopEngine();
  await inLab.host.startEngine();
  return {
    asInstalled,
    reloaded,
    onReload,
    subnetOnReload,
    onRestart: await mtuOfNew(inLab),
    subnetOnRestart: await newSubnet(inLab),
  };
});

/** Subnet of a network that is made now. */
async function newSubnet({ host: { docker } }: HostInLab): Promise<string> {
  const network = await docker.createNetwork({ Name: "made-now" });
  const { IPAM } = (await network.inspect()) as { IPAM: { Config: readonly { Subnet: string }[] } };
  await network.remove();
  return IPAM.Config[0]?.Subnet ?? "";
}

requirement(
  "KEY-160",
  {
    must: "A reload (SIGHUP) MUST take `live-restore` over and no key of the network: `mtu` and the pools are in force after a restart only",
    from: [
      cite(
        "cli/dockerd#configuration-reload-behavior",
        "Some options can be reconfigured when the daemon is running without requiring to restart the process.",
      ),
    ],
    needs,
    tags: ["mtu:transition", "default-address-pools:transition", "live-restore:transition"],
  },
  edited,
  ({ asInstalled, reloaded, onReload, subnetOnReload, onRestart, subnetOnRestart }) => {
    expect(reloaded, "LiveRestoreEnabled after the reload").toBe(true);
    expect([asInstalled, onReload, onRestart], "MTU before, after the reload and after the restart").toEqual([
      1500, 1500, 1430,
    ]);
    expect(subnetOnReload, "subnet of a network made after the reload").toMatch(/^172\.18\./);
    expect(subnetOnRestart, "subnet of a network made after the restart").toMatch(/^10\.211\./);
  },
);

const rolledBack = host.under({ bip: "10.154.70.1/24" }, async (inLab) => {
  const given = await onDocker0(inLab);
  await inLab.host.configure("{}");
  await inLab.host.stopEngine();
  await inLab.host.startEngine();
  return { given, without: await onDocker0(inLab) };
});

requirement(
  "KEY-161",
  {
    must: "`bip` taken out again MUST leave the device the address it has: a restart alone does not bring the pools' back",
    from: [engine("dockerd: bip")],
    needs,
    tags: ["bip:transition", "bip:default"],
  },
  rolledBack,
  ({ given, without }) => {
    expect(given, "addresses of docker0 with the key").toEqual(["10.154.70.1/24"]);
    expect(without, "addresses of docker0 after the restart without it").toEqual(given);
  },
);

const repooled = host.under({ "default-address-pools": [{ base: "10.212.0.0/16", size: 24 }] }, async (inLab) => {
  const { docker } = inLab.host;
  await docker.createNetwork({ Name: "kept" });
  const subnet = async (): Promise<string | undefined> => {
    const kept = (await docker.listNetworks()).find(({ Name }) => Name === "kept");
    return kept === undefined ? "none: the network is gone" : kept.IPAM?.Config?.[0]?.Subnet;
  };
  const before = await subnet();
  await inLab.host.configure('{ "default-address-pools": [{ "base": "10.213.0.0/16", "size": 24 }] }');
  await inLab.host.stopEngine();
  await inLab.host.startEngine();
  return {
    before,
    after: await subnet(),
    made: await newSubnet(inLab),
    device: await onDocker0(inLab),
  };
});

requirement(
  "KEY-162",
  {
    must: "Other pools MUST leave networks that are there their subnets, and serve docker0 and new networks",
    from: [
      cite(
        "moby/service_test.go#TestDaemonRestartWithExistingNetwork",
        "assert.Equal(t, res2.Network.IPAM.Config[0].Subnet, networkip)",
      ),
    ],
    needs,
    tags: ["default-address-pools:transition"],
  },
  repooled,
  ({ before, after, made, device }) => {
    expect(before, "subnet of the network").toBe("10.212.1.0/24");
    expect(after, "its subnet with the other pools").toBe(before);
    expect(made, "subnet of a network made afterwards").toBe("10.213.1.0/24");
    expect(device, "addresses of docker0").toEqual(["10.213.0.1/24"]);
  },
);

// Containers on it.

const withPolicy = host.under({}, async (inLab) => {
  const always = await webServer(inLab, "always", { RestartPolicy: { Name: "always" } });
  const once = await webServer(inLab, "once", { PortBindings: {} });
  try {
    const before = await stateOf(always);
    await inLab.host.configure('{ "bip": "10.154.71.1/24" }');
    await inLab.host.stopEngine();
    await inLab.host.startEngine();
    const after = await eventually(async () => {
      const state = await stateOf(always);
      if (!state.running) throw new ProbeFailed("the container has not come back yet");
      return state;
    }, BACK_MS);
    await untilServing(inLab, always);
    return {
      before,
      after,
      once: await stateOf(once),
      served: await atThisMoment(mustReach(http(hostItself(inLab), "127.0.0.1", PORT))),
      rules: await countRules(inLab),
    };
  } finally {
    await Promise.all([always, once].map((container) => container.remove({ force: true })));
  }
});

requirement(
  "KEY-163",
  {
    must: "Without `live-restore` containers MUST end with dockerd; those with a restart policy come back with their published ports, where the file says now",
    from: [
      cite("docs/live-restore", "By default, when the Docker daemon terminates, it shuts down running containers."),
    ],
    needs,
    tags: ["live-restore:default", "bip:transition"],
  },
  withPolicy,
  ({ before, after, once, served, rules }) => {
    expect(after.pid, "process of the container that came back").not.toBe(before.pid);
    expect(once.running, "whether the one without a policy runs").toBe(false);
    expect(cidr("10.154.71.0/24").contains(after.address), `whether ${after.address} is of the new subnet`).toBe(true);
    served();
    expect(rules.dnat, "DNAT rules of the port").toBe(1);
  },
);

/** A published port served while dockerd is down, and after it has come back with another `bip` in the file. */
const survived = host.under({ "live-restore": true, bip: "10.154.72.1/24" }, async (inLab) => {
  const neighbour = await machineBeside(inLab);
  const web = await webServer(inLab, "survivor");
  try {
    const translated = http(neighbour, neighbour.host, PORT);
    const proxied = http(hostItself(inLab), "127.0.0.1", PORT);
    const before = { ...(await stateOf(web)), device: await onDocker0(inLab), rules: await countRules(inLab) };
    const beforeServed = [await atThisMoment(mustReach(translated)), await atThisMoment(mustReach(proxied))];
    await inLab.host.configure('{ "live-restore": true, "bip": "10.154.73.1/24" }');
    await inLab.host.stopEngine();
    const down = {
      alive: (await inLab.host.shell.act(`kill -0 ${before.pid}`)).exitCode === 0,
      translated: await atThisMoment(mustReach(translated)),
      proxied: await atThisMoment(mustNotReach(proxied, { as: "refused", control: translated })),
      proxies: await proxies(inLab),
    };
    await inLab.host.startEngine();
    const after = {
      ...(await stateOf(web)),
      device: await onDocker0(inLab),
      rules: await countRules(inLab),
      translated: await atThisMoment(mustReach(translated)),
      proxied: await atThisMoment(mustReach(proxied)),
    };
    await web.remove({ force: true });
    const freed = await webServer(inLab, "successor").then(
      async (successor) => {
        await successor.remove({ force: true });
        return "published again";
      },
      (error: unknown) => String(error),
    );
    await inLab.host.stopEngine();
    await inLab.host.startEngine();
    return { before, beforeServed, down, after, freed, idle: await onDocker0(inLab) };
  } finally {
    await web.remove({ force: true }).catch(() => undefined);
  }
});

const onSurvived = chapter({ given: survived });

onSurvived(
  "KEY-164",
  {
    must: "With `live-restore` containers MUST outlive dockerd: the same process, the same address",
    from: [
      cite(
        "docs/live-restore",
        "You can configure the daemon so that containers remain running if the daemon becomes unavailable.",
      ),
    ],
    needs,
    tags: ["live-restore:effect"],
  },
  ({ before, down, after }) => {
    expect(down.alive, "whether the container's process lives while dockerd is down").toBe(true);
    expect(
      [after.running, after.pid, after.address],
      "the container after dockerd has come back: running, process, address",
    ).toEqual([true, before.pid, before.address]);
  },
);

onSurvived(
  "KEY-165",
  {
    must: "While dockerd is down, the translated way to a published port MUST stay open and the proxied one be closed: docker-proxy ends with dockerd",
    from: [engine("dockerd: live-restore"), engine("moby#34660")],
    needs,
    tags: ["live-restore:effect", "userland-proxy:transition"],
  },
  ({ beforeServed, down }) => {
    for (const served of beforeServed) served();
    down.translated();
    down.proxied();
    expect(down.proxies, "what docker-proxy processes hold").toEqual([]);
  },
);

onSurvived(
  "KEY-166",
  {
    must: "When dockerd has come back, both ways to a published port MUST be open, and no rule stand twice",
    from: [engine("dockerd: live-restore"), engine("moby#31647")],
    needs,
    tags: ["live-restore:effect", "userland-proxy:transition"],
  },
  ({ before, after }) => {
    after.translated();
    after.proxied();
    expect([before.rules.dnat, after.rules.dnat], "DNAT rules of the port, before and after").toEqual([1, 1]);
    expect(
      after.rules.twice.filter((rule) => !before.rules.twice.includes(rule)),
      "rules that stand twice since the restart",
    ).toEqual([]);
  },
);

onSurvived(
  "KEY-167",
  {
    must: "With `live-restore` and a running container another `bip` MUST NOT move the default bridge; when none runs, the next restart does",
    from: [
      cite(
        "docs/live-restore#live-restore-upon-restart",
        "The live restore option only works to restore containers if the daemon options, such as bridge IP addresses and graph driver, didn't change.",
      ),
    ],
    needs,
    tags: ["live-restore:scope", "bip:transition"],
  },
  ({ before, after, idle }) => {
    expect(before.device, "addresses of docker0").toEqual(["10.154.72.1/24"]);
    expect(after.device, "addresses of docker0 after the restart with a container").toEqual(before.device);
    expect(idle, "addresses of docker0 after the restart without").toEqual(["10.154.73.1/24"]);
  },
);

onSurvived(
  "KEY-168",
  {
    must: "A port of a container that outlived dockerd MUST be free again once the container is gone",
    from: [engine("moby#20486")],
    needs,
    tags: ["live-restore:transition"],
  },
  ({ freed }) => {
    expect(freed, "a successor on the same port").toBe("published again");
  },
);

// dockerd killed.

const killed = host.under({}, async (inLab) => {
  const first = await webServer(inLab, "first");
  await inLab.host.killEngine();
  await inLab.host.startEngine();
  const after = await stateOf(first);
  const stale = await countRules(inLab);
  const held = await proxies(inLab);
  await first.remove({ force: true });
  const anew = await servedAnew(inLab).catch((error: unknown) => {
    // The engine's refusal is the answer; that anything else went wrong is none.
    const said = dockerErrorOf(error);
    if (said === null) throw error;
    return said.message;
  });
  return { after, stale, held, anew };
});

/** Another container on the port, looked at and removed. */
async function servedAnew(inLab: HostInLab) {
  const second = await webServer(inLab, "second");
  try {
    return {
      served: await atThisMoment(mustReach(http(hostItself(inLab), "127.0.0.1", PORT))),
      rules: await countRules(inLab),
    };
  } finally {
    await second.remove({ force: true });
  }
}

requirement(
  "KEY-169",
  {
    must: "When dockerd was killed and started again, nothing MUST stay of the ports of containers that ended: no rule, no docker-proxy",
    from: [engine("moby#20486"), engine("moby#25981")],
    needs,
    tags: ["live-restore:default", "iptables:transition"],
  },
  killed,
  ({ after, stale, held }) => {
    expect(after.running, "whether the container runs").toBe(false);
    expect(stale.dnat, "DNAT rules of the port").toBe(0);
    expect(held, "what docker-proxy processes hold").toEqual([]);
  },
);

requirement(
  "KEY-170",
  {
    must: "A port whose container was lost with a killed dockerd MUST be free for another one",
    from: [engine("moby#20486"), engine("moby#25877")],
    needs,
    tags: ["live-restore:default", "userland-proxy:transition"],
  },
  killed,
  ({ anew }) => {
    if (typeof anew === "string") return expect(anew, "another container on the port").toBe("started");
    anew.served();
    expect(anew.rules.dnat, "DNAT rules of the port").toBe(1);
  },
);

const killedAlive = host.under({ "live-restore": true }, async (inLab) => {
  const neighbour = await machineBeside(inLab);
  const web = await webServer(inLab, "survivor");
  try {
    const before = await stateOf(web);
    await inLab.host.killEngine();
    await inLab.host.startEngine();
    return {
      before,
      after: await stateOf(web),
      rules: await countRules(inLab),
      translated: await atThisMoment(mustReach(http(neighbour, neighbour.host, PORT))),
      proxied: await atThisMoment(mustReach(http(hostItself(inLab), "127.0.0.1", PORT))),
    };
  } finally {
    await web.remove({ force: true });
  }
});

requirement(
  "KEY-171",
  {
    must: "With `live-restore` a killed dockerd MUST find its containers again, their ports served both ways by one rule",
    from: [engine("dockerd: live-restore"), engine("moby#20486")],
    needs,
    tags: ["live-restore:effect"],
  },
  killedAlive,
  ({ before, after, rules, translated, proxied }) => {
    expect([after.running, after.pid], "the container: running, process").toEqual([true, before.pid]);
    expect(rules.dnat, "DNAT rules of the port").toBe(1);
    translated();
    proxied();
  },
);

requirement(
  "KEY-172",
  {
    must: "An engine with `live-restore` MUST refuse to become a swarm's, with words that say why",
    from: [
      cite(
        "moby/config_linux.go#IsSwarmCompatible",
        "--live-restore daemon configuration is incompatible with swarm mode",
      ),
    ],
    needs,
    tags: ["live-restore:refusal"],
  },
  host.under({ "live-restore": true }, async ({ host: { docker } }) =>
    docker.swarmInit({ ListenAddr: "127.0.0.1:2377", AdvertiseAddr: "127.0.0.1" }).then(
      () => "it became one",
      (error: unknown) => String(error),
    ),
  ),
  (answer) => {
    expect(answer, "the engine's words").toMatch(/live-restore.*incompatible with swarm mode/);
  },
);
