import { configuredInTurn, type HostInLab } from "../../../helpers/lab/host-in-lab.ts";
import { http, ping } from "../../../helpers/probes/reach.ts";
import { bridge, busybox, mustNotReach, mustReach, nginx } from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import type { CountedRule } from "../../../helpers/snapshot/firewall/rule-list.ts";
import type { Started } from "../../../helpers/topology/topology.ts";
import { during, machineBeside, type Neighbour } from "../look.ts";

/** What dockerd's rules let pass, translate and drop, by key. */
export const host = configuredInTurn("filtering");

export const needs = ["lab"] as const;

export const FORWARDING = "/proc/sys/net/ipv4/ip_forward";

type Network = "appnet" | "othernet";

type Container = "plain" | "peer" | "member" | "web" | "stranger";

interface Scene {
  readonly inLab: HostInLab;
  readonly neighbour: Neighbour;
  readonly containers: Started<Network, Container>["containers"];
  /** Host port of the default bridge's web server. */
  readonly port: number;
}

/** Two containers on the default bridge, two on a user-defined network, one on another, and a machine beside the host. */
export function scene<T>(look: (scene: Scene) => Promise<T>): (inLab: HostInLab) => Promise<T> {
  return async (inLab) => {
    const neighbour = await machineBeside(inLab);
    return await during(
      inLab,
      "filtered",
      {
        networks: { appnet: bridge({ subnet: "automatic" }), othernet: bridge({ subnet: "automatic" }) },
        containers: {
          plain: busybox<Network>(),
          peer: nginx<Network>({ publish: ["free:80"] }),
          member: busybox<Network>({ on: "appnet" }),
          web: nginx<Network>({ on: "appnet" }),
          stranger: busybox<Network>({ on: "othernet" }),
        },
      },
      async ({ containers }) =>
        await look({ inLab, neighbour, containers, port: containers.peer.hostPortOf("80/tcp") }),
    );
  };
}

/** The chains and jumps that are dockerd's: those that name DOCKER or a bridge of its. */
export function ofDocker(rules: readonly CountedRule[]): string[] {
  // DOCKER_OUTPUT and DOCKER_POSTROUTING are the outer engine's: to it the machine is a container.
  return rules
    .filter(({ chain, args }) => !/^DOCKER_/.test(chain) && !args.join(" ").includes("DOCKER_"))
    .filter(({ chain, args }) => /^DOCKER/.test(chain) || /\b(DOCKER|docker0|br-)/.test(args.join(" ")))
    .map(({ table, chain, args }) => `${table} ${chain} ${args.join(" ")}`);
}

export const routed = host.under(
  { "allow-direct-routing": true },
  scene(async ({ neighbour, containers: { plain, peer }, port }) => ({
    direct: await atThisMoment(mustReach(http(neighbour, peer.address))),
    unpublished: await atThisMoment(
      mustNotReach(ping(neighbour, plain.address), {
        as: "timed out",
        control: http(neighbour, neighbour.host, port),
      }),
    ),
  })),
);
