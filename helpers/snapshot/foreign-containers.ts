import type Dockerode from "dockerode";
import pLimit from "p-limit";
import { askForContainer } from "../engine/answers.ts";
import { dockerErrorOf } from "../engine/docker-error.ts";
import type { Inspected } from "../model/engine-answers.ts";
import { isIpv6 } from "../model/ipv6.ts";
import type { AskedBinding, ContainerStatus, LivingContainer, LivingPort } from "./living.ts";
import { networkError } from "./network-error.ts";

/** Inspects asked for at once: the engine answers no more of them at a time than it has processors anyway. */
const AT_ONCE = 16;

const COMPOSE = "com.docker.compose.project";
const STACK = "com.docker.stack.namespace";
const TASK = "com.docker.swarm.task.id";

/** Runtimes by the names that their documentation gives them. */
const OWN_STACK = /runsc|gvisor|kata|firecracker|urunc/i;

/** A container with the engine's paths of the files that it made for it. These never leave the look. */
export interface FoundContainer {
  readonly container: LivingContainer;
  readonly resolvConfPath: string;
  readonly hostsPath: string;
}

/** What the engine says of containers, by id; one that is gone by now is left out. */
export async function inspectAll(docker: Dockerode, ids: readonly string[]): Promise<FoundContainer[]> {
  const limit = pLimit(AT_ONCE);
  const found = await Promise.all(
    ids.map((id) =>
      limit(async () => {
        try {
          return pick(await askForContainer(docker, id));
        } catch (error) {
          if (dockerErrorOf(error)?.statusCode === 404) return null;
          throw error;
        }
      }),
    ),
  );
  return found.filter((container) => container !== null);
}

/** Takes of an inspect what concerns the network, and nothing else. */
export function pick(inspected: Inspected): FoundContainer {
  const { HostConfig, State, NetworkSettings } = inspected;
  const labels: Readonly<Record<string, string | undefined>> = inspected.Config.Labels ?? {};
  const capabilities = (HostConfig.CapAdd ?? []).map((name: string) => name.toUpperCase().replace(/^CAP_/, ""));
  const dns = HostConfig.Dns ?? [];
  const sysctls = Object.entries<string>(HostConfig.Sysctls ?? {}).filter(([name]) => name.startsWith("net."));
  // Older engines tell an address that they gave before the option took IPv6 away; 28 tells none.
  const ipv6Off = HostConfig.Sysctls?.["net.ipv6.conf.all.disable_ipv6"] === "1";
  return {
    container: {
      id: inspected.Id,
      name: inspected.Name.replace(/^\//, ""),
      project: labels[COMPOSE] ?? labels[STACK] ?? null,
      isTask: labels[TASK] !== undefined,
      status: State.Status as ContainerStatus,
      error: networkError(State.Error, modeOf(HostConfig.NetworkMode)),
      everRan: !State.StartedAt.startsWith("0001-"),
      pid: State.Running ? State.Pid : 0,
      restartPolicy: HostConfig.RestartPolicy?.Name || "no",
      networkMode: modeOf(HostConfig.NetworkMode),
      administersNetwork:
        HostConfig.Privileged === true || capabilities.includes("NET_ADMIN") || capabilities.includes("ALL"),
      ownStack: OWN_STACK.test(HostConfig.Runtime ?? ""),
      endpoints: Object.entries(NetworkSettings.Networks ?? {}).map(([network, settings]) => ({
        network,
        networkId: settings.NetworkID,
        endpointId: settings.EndpointID,
        address: settings.IPAddress,
        prefix: settings.IPPrefixLen,
        gateway: settings.Gateway,
        address6: ipv6Off ? "" : settings.GlobalIPv6Address,
        prefix6: ipv6Off ? 0 : settings.GlobalIPv6PrefixLen,
        gateway6: ipv6Off ? "" : settings.IPv6Gateway,
        mac: settings.MacAddress.toLowerCase(),
        asked: [settings.IPAMConfig?.IPv4Address, settings.IPAMConfig?.IPv6Address].flatMap((one) => one || []),
      })),
      ports: portsOf(NetworkSettings.Ports ?? {}),
      bindings: bindingsOf(HostConfig.PortBindings),
      dns,
      ...(sysctls.length === 0 ? {} : { sysctls: Object.fromEntries(sysctls) }),
      inside: null,
    },
    resolvConfPath: inspected.ResolvConfPath,
    hostsPath: inspected.HostsPath,
  };
}

/** The engine calls the default network `default` or `bridge`, by its version. */
function modeOf(mode: string | undefined): string {
  return mode === undefined || mode === "" || mode === "default" ? "bridge" : mode;
}

function portsOf(ports: Inspected["NetworkSettings"]["Ports"]): LivingPort[] {
  return Object.entries(ports).flatMap(([key, bindings]) => {
    const [containerPort, protocol] = key.split("/");
    if (protocol !== "tcp" && protocol !== "udp" && protocol !== "sctp") return [];
    return (bindings ?? []).map(({ HostIp, HostPort }) => ({
      protocol,
      containerPort: Number(containerPort),
      hostAddress: HostIp === "" ? "0.0.0.0" : HostIp,
      hostPort: Number(HostPort),
    }));
  });
}

function bindingsOf(asked: unknown): AskedBinding[] {
  const bindings = (asked ?? {}) as Readonly<
    Record<string, readonly { readonly HostIp?: string; readonly HostPort?: string }[] | null>
  >;
  return Object.entries(bindings).flatMap(([key, wanted]) => {
    const [containerPort, protocol = "tcp"] = key.split("/");
    return (wanted ?? []).map(({ HostIp = "", HostPort = "" }) => ({
      protocol,
      containerPort: Number(containerPort),
      hostAddress: HostIp,
      hostPort: HostPort,
    }));
  });
}

/** Of which family a published port is. */
export function familyOfPort({ hostAddress }: LivingPort): 4 | 6 {
  return isIpv6(hostAddress) ? 6 : 4;
}
