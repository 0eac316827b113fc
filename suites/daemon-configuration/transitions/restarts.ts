import { expect } from "vitest";
import { askForInfo, askForNetwork } from "../../../helpers/engine/answers.ts";
import type { HostInLab } from "../../../helpers/lab/host-in-lab.ts";
import { cidr } from "../../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../../helpers/model/evidence.ts";
import { http } from "../../../helpers/probes/reach.ts";
import { eventually } from "../../../helpers/requirement/eventually.ts";
import { cite, engine, mustReach, requirement } from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { hostItself } from "../look.ts";
import { countRules, host, needs, onDocker0, PORT, stateOf, untilServing, webServer } from "./site.ts";

/** How long an engine may take to bring back what a restart policy asks for. */
const BACK_MS = 30_000;

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

const edited = host.under({}, async (inLab) => {
  const asInstalled = await mtuOfNew(inLab);
  await inLab.host.configure(
    '{ "mtu": 1430, "live-restore": true, "default-address-pools": [{ "base": "10.211.0.0/16", "size": 24 }] }',
  );
  await inLab.host.must("pkill -HUP -x dockerd");
  const reloaded = await eventually(async () => {
    const info = await askForInfo(inLab.host.docker);
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
  const { IPAM } = await askForNetwork(docker, network.id);
  await network.remove();
  return IPAM.Config?.[0]?.Subnet ?? "";
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
