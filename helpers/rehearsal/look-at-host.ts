import pLimit from "p-limit";
import type { HostContainer, HostNetwork, HostSituation } from "../configuration/step.ts";
import { askForContainer, askForContainers, askForInfo, askForNetworks } from "../engine/answers.ts";
import type { EngineConnection } from "../engine/connect.ts";
import { dockerErrorOf } from "../engine/docker-error.ts";
import { findImages } from "../engine/images.ts";
import { LABEL } from "../engine/run-identity.ts";
import { bridgeDeviceName } from "../expectations/user-network.ts";
import { type DaemonFile, readDaemonFile } from "../host/daemon-file.ts";
import { gatherFacts } from "../host/gather-facts.ts";
import { takeHostState } from "../host/host-state.ts";
import { takeStanding } from "../host/standing.ts";
import type { Inspected, NetworkRecord } from "../model/engine-answers.ts";
import { HostView } from "../vantage/host-view.ts";

const PROJECT = "com.docker.compose.project";

/** Reads the host that a candidate is meant for; nothing on it is changed. One short-lived container looks at it. */
export async function lookAtHost({
  docker,
}: EngineConnection): Promise<{ readonly situation: HostSituation; readonly file: DaemonFile }> {
  const images = await findImages(docker);
  const view = await HostView.alone(docker, images.busybox.reference, "rehearse");
  try {
    const [facts, standing, state, info, networks, containers] = await Promise.all([
      gatherFacts(docker, view),
      takeStanding(view),
      takeHostState(view),
      askForInfo(docker),
      askForNetworks(docker),
      askForContainers(docker, { all: true }),
    ]);
    const turn = pLimit(8);
    const inspected = await Promise.all(
      containers
        .filter(({ Labels }) => Labels?.[LABEL.project] === undefined)
        .map(({ Id }) =>
          turn(async () => {
            try {
              return await askForContainer(docker, Id);
            } catch (error) {
              // Gone since it was listed.
              if (dockerErrorOf(error)?.statusCode === 404) return null;
              throw error;
            }
          }),
        ),
    );
    return {
      file: await readDaemonFile(view, facts),
      situation: {
        facts,
        standing,
        rules: state["firewall rules"],
        liveRestore: info.LiveRestoreEnabled === true,
        store: { root: info.DockerRootDir, driver: info.Driver },
        networks: networks.filter(({ Labels }) => Labels?.[LABEL.project] === undefined).map(networkOf),
        containers: inspected.flatMap((container) => (container === null ? [] : [containerOf(container)])),
      },
    };
  } finally {
    await view.close();
  }
}

function networkOf(network: NetworkRecord): HostNetwork {
  const options = network.Options ?? {};
  return {
    name: network.Name,
    driver: network.Driver,
    device: network.Driver === "bridge" ? bridgeDeviceName(network.Id, options) : "",
    subnets: (network.IPAM.Config ?? []).flatMap(({ Subnet, Gateway }) =>
      Subnet === undefined ? [] : [{ subnet: Subnet, gateway: (Gateway ?? "").split("/")[0] ?? "" }],
    ),
    internal: network.Internal,
    ipv6: network.EnableIPv6,
    options,
    project: network.Labels?.[PROJECT] ?? "",
  };
}

function containerOf(container: Inspected): HostContainer {
  return {
    name: container.Name.replace(/^\//, ""),
    running: container.State.Running,
    restart: container.HostConfig.RestartPolicy?.Name ?? "",
    networks: Object.keys(container.NetworkSettings.Networks ?? {}),
    ports: Object.entries(container.HostConfig.PortBindings ?? {}).flatMap(([containerPort, bindings]) =>
      (bindings ?? []).map(({ HostIp, HostPort }) => ({
        hostIp: HostIp ?? "",
        hostPort: HostPort ?? "",
        containerPort,
      })),
    ),
    project: container.Config.Labels?.[PROJECT] ?? "",
  };
}
