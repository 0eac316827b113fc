import { type PortVantage, portService } from "../../../helpers/expectations/port-service.ts";
import { automaticGateway } from "../../../helpers/expectations/user-network.ts";
import { cidr } from "../../../helpers/model/cidr.ts";
import type { Vantage } from "../../../helpers/model/evidence.ts";
import type { BridgeKind, Facts } from "../../../helpers/model/facts.ts";
import { keptOffTheHost } from "../../../helpers/model/host-listeners.ts";
import type { ReportedTable } from "../../../helpers/model/results.ts";
import { bannerService } from "../../../helpers/probes/banner.ts";
import { http, type Question, udp } from "../../../helpers/probes/reach.ts";
import { bridge, busybox, chapter, cite, nginx, type Session, topology } from "../../../helpers/requirement/index.ts";
import { lanAddress } from "../../../helpers/requirement/lan-address.ts";
import { mustBeServed } from "../../../helpers/requirement/served.ts";
import type { StartedNetwork } from "../../../helpers/topology/create-network.ts";
import type { Endpoint } from "../../../helpers/topology/endpoint.ts";

export const LOOPBACK_ONLY = cite(
  "docs/port-publishing#publishing-ports",
  "If you include the localhost IP address (127.0.0.1, or ::1) with the publish flag, only the Docker host can access the published container port.",
);

/** Says a line to whoever connects, as ssh does; published. */
export const TALKER = { port: 4022, line: "SSH-2.0-conformance" };

/** The same, exposed and not published. */
export const HIDDEN = { port: 4023, line: "SSH-2.0-hidden" };

/**
 * Servers published on every address and on 127.0.0.1, a neighbour on their network, and a stranger on another one.
 * "Every address" is asked for: `default-network-opts` may have made another one the default.
 * The host ports are ours: the Engine chooses per address, so it may choose one number on two addresses, and what must
 * not be answered by one server would be answered by another.
 */
export const ports = topology("ports", {
  networks: { front: bridge(), back: bridge() },
  containers: {
    web: nginx({ on: "front", publish: ["0.0.0.0:free:80", "0.0.0.0:free:53/udp"] }),
    local: nginx({ on: "front", publish: ["127.0.0.1:free:80", "127.0.0.1:free:53/udp"] }),
    talker: busybox({
      on: "front",
      publish: [`0.0.0.0:free:${TALKER.port}`],
      expose: [`${HIDDEN.port}/tcp`],
      prelude: [bannerService(TALKER.port, TALKER.line), bannerService(HIDDEN.port, HIDDEN.line)],
    }),
    neighbour: busybox({ on: "front" }),
    stranger: busybox({ on: "back" }),
  },
});

/** A server published on one of the host's own addresses, the one that its default route leaves by. */
export const uplink = topology("ports-uplink", {
  containers: {
    lan: nginx({ publish: (facts) => [`${lanAddress(facts)}:free:80`, `${lanAddress(facts)}:free:53/udp`] }),
  },
});

/** The address of a network's bridge: the engine chooses the first of the subnet that was asked for. */
export function gatewayOf({ subnet }: StartedNetwork): string {
  return automaticGateway(cidr(subnet));
}

export interface Grid {
  readonly server: Endpoint;
  readonly gateway: string;
  readonly neighbour?: Endpoint;
  readonly stranger: Endpoint;
  readonly protocol: "tcp" | "udp";
  readonly on: BridgeKind;
}

export interface Cell {
  readonly vantage: PortVantage;
  readonly from: Vantage;
  readonly asked: string;
  /** The address that the asker has. */
  readonly client: string;
}

/** Where one host can ask from: itself on both of its addresses, the server's own container and network, another network. */
export async function cells({ server, neighbour, stranger }: Grid, session: Session): Promise<Cell[]> {
  const host = await session.host();
  const own = lanAddress(session.facts);
  const from = (vantage: PortVantage, container: Endpoint): Cell => ({
    vantage,
    from: container,
    asked: own,
    client: container.address,
  });
  return [
    { vantage: "host loopback", from: host, asked: "127.0.0.1", client: "127.0.0.1" },
    { vantage: "host address", from: host, asked: own, client: own },
    from("own container", server),
    ...(neighbour === undefined ? [] : [from("same network", neighbour)]),
    from("other network", stranger),
  ];
}

export function ask(protocol: "tcp" | "udp", from: Vantage, address: string, port: number): Question {
  return protocol === "tcp" ? http(from, address, port) : udp(from, address, port);
}

export const containerPort = (protocol: "tcp" | "udp"): number => (protocol === "tcp" ? 80 : 53);

/**
 * Asserts who serves each cell and whom the server sees.
 * @returns a line per cell: from where, what was asked, and who had to serve it
 * @throws NotApplicable where one of them is closed by the configuration, or nothing is known of it
 */
export async function mustServe(
  { server, gateway, protocol, on }: Omit<Grid, "neighbour" | "stranger">,
  judged: readonly Cell[],
  session: Session,
): Promise<string[][]> {
  const port = server.hostPortOf(`${containerPort(protocol)}/${protocol}`);
  return await Promise.all(
    judged.map(async ({ vantage, from, asked, client }) => {
      const service = portService(session.facts, vantage, on);
      await mustBeServed(ask(protocol, from, asked, port), service, {
        server: server.name,
        containerPort: containerPort(protocol),
        client,
        gateway,
      });
      return [vantage, `${asked}:${port}/${protocol}`, `${service.outcome} by ${service.by}: ${service.why}`];
    }),
  );
}

/** What a requirement on a published port shows beside its verdict. */
export function servedTable(rows: readonly (readonly string[])[]): ReportedTable {
  return { title: "Who serves the published port", columns: ["from", "asked", "had to be"], rows };
}

export const USER = { on: "user-defined network" } as const;

/** How a port where nobody listens answers: UDP's refusal is not told by the one UDP client that every BusyBox has. */
export const closed = (protocol: "tcp" | "udp") => (protocol === "tcp" ? "refused" : "timed out");

export const FROM_ITS_OWN_NETWORK = cite(
  "moby/port_mapping_linux_test.go#TestAccessPublishedPortFromCtr",
  "checks that a container's published ports can be reached from the container that published the ports, and a neighbouring container on the same network",
);

export const FROM_OTHER_NETWORKS = cite(
  "docs/release-29#2900",
  "Containers can now access ports published to host addresses by containers in other networks when the userland-proxy is not running",
);

export const onPorts = chapter({ given: ports, needs: ["host view"] });

/** Why a container of another network can't tell a closed port of the host's address from an open one here. */
export function noWayToOwnAddress(facts: Facts): string | null {
  const { outcome, why } = portService(facts, "other network");
  if (outcome === "replied") return keptOffTheHost(facts, "user-defined network");
  return `containers of other networks don't reach published ports with this configuration: ${why}`;
}

/** Whether a closed port of the host refuses them, or the host's own packet filter drops it before. */
export function tellsOpenFromClosed(facts: Facts): boolean {
  return keptOffTheHost(facts, "user-defined network") === null;
}

/** Whether something of the host itself listens on a number that a row takes to be free there. */
export function takenOnHost({ host }: Facts, port: number): string | null {
  return host?.boundPorts.includes(port) ? `the host itself uses port ${port}` : null;
}
