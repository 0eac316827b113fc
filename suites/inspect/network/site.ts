import { askForInfo } from "../../../helpers/engine/answers.ts";
import { labelsOf, nameOf } from "../../../helpers/engine/run-identity.ts";
import { removeNetwork } from "../../../helpers/engine/sweep.ts";
import { expectedDefaultBridge } from "../../../helpers/expectations/default-bridge.ts";
import type { NetworkRecord } from "../../../helpers/model/engine-answers.ts";
import {
  bridge,
  busybox,
  chapter,
  NotApplicable,
  type Session,
  stage,
  theEngine,
  topology,
} from "../../../helpers/requirement/index.ts";
import { inFreeSubnet } from "../../../helpers/topology/free-subnet.ts";
import { inspectNetwork } from "../../../helpers/topology/network-record.ts";

/** Options of the network `app`: two that the driver reads, one of which shows in its containers. */
export const APP_OPTIONS = {
  "com.docker.network.driver.mtu": "1400",
  "com.docker.network.bridge.enable_icc": "true",
};

/** A container on the default bridge and one on a network with options of its own: their view is what inspect is held against. */
export const inspected = topology("inspect-network", {
  networks: { app: bridge({ options: APP_OPTIONS }) },
  containers: {
    web: busybox(),
    member: busybox({ on: "app" }),
  },
});

/** The network `bridge`, reached by the id that a container started without a network option reports. */
export const defaultBridge = stage(inspected, async ({ web, member, networks }, { docker }) => ({
  web,
  record: await inspectNetwork(docker, web.settingsOn("bridge").NetworkID),
  member,
  app: await inspectNetwork(docker, networks.app.id),
}));

/** A network with a name and a subnet, asked for as `docker network create --subnet … NAME` does, and the engine's clock around it. */
export const bare = stage(theEngine, async (_, { docker, runId, subnets }) => {
  const name = nameOf(runId, "inspect-bare");
  const labels = labelsOf(runId);
  return await inFreeSubnet(subnets, 24, async (subnet) => {
    try {
      const before = await systemTime(docker);
      await docker.createNetwork({
        Name: name,
        Labels: labels,
        Options: {},
        IPAM: { Driver: "default", Options: {}, Config: [{ Subnet: subnet }] },
      });
      const after = await systemTime(docker);
      return { labels, before, after, record: await inspectNetwork(docker, name) };
    } finally {
      await removeNetwork(docker, name);
    }
  });
});

/** The engine's own networks that have no settings of their own to speak of. */
export const predefined = stage(theEngine, async (_, { docker }) => {
  return await Promise.all(["host", "none"].map(async (name) => await inspectNetwork(docker, name)));
});

async function systemTime(docker: Session["docker"]): Promise<number> {
  const { SystemTime } = await askForInfo(docker);
  return Date.parse(SystemTime);
}

/** What the configuration asks of the default bridge; the need "default bridge" has made sure that there is one. */
export function configured({ facts }: Session) {
  const expected = expectedDefaultBridge(facts);
  if (expected === null) throw new NotApplicable('"bridge": "none"');
  return expected;
}

export const ON_THE_BRIDGE = ["default bridge", "host view"] as const;

export const onDefaultBridge = chapter({ given: defaultBridge, needs: ["default bridge"] });

export const onBare = chapter({ given: bare });

export function configuredDevice(session: Session): string {
  const { device } = configured(session);
  return device.known ? device.value : (session.facts.defaultBridge?.device ?? "");
}

/** A setting of the networks, by name. */
export function byName<T>(
  networks: readonly NetworkRecord[],
  setting: (network: NetworkRecord) => T,
): Record<string, T> {
  return Object.fromEntries(networks.map((network) => [network.Name, setting(network)]));
}
