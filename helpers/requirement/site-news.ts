import type { BoundPort, Site, SiteContainer, SiteNetwork } from "../model/site.ts";
import { type MadeContainer, type MadeNetwork, madeContainers, madeNetworks } from "../topology/made.ts";

/** Names of what was told: a worker tells each thing once, however many requirements share it. */
const told = new Set<string>();

/** The containers and networks of this worker's topologies that were made since it was last asked; null for none. */
export function siteNews(): Omit<Site, "file"> | null {
  const fresh = <T extends { readonly name: string }>(made: readonly T[]) => made.filter(({ name }) => !told.has(name));
  const [containers, networks] = [fresh(madeContainers()), fresh(madeNetworks())];
  if (containers.length + networks.length === 0) return null;
  for (const { name } of [...containers, ...networks]) told.add(name);
  return { networks: networks.map(siteNetwork), containers: containers.map((made) => siteContainer(made)) };
}

function siteNetwork({ name, asked, subnet }: MadeNetwork): SiteNetwork {
  const ranges = (asked.IPAM?.Config ?? []).flatMap(({ Subnet = "" }) => Subnet);
  return {
    name,
    driver: asked.Driver ?? "bridge",
    device: asked.Options?.parent ?? "",
    subnets: [...new Set([subnet, ...ranges])].filter((range) => range !== ""),
    internal: asked.Internal === true,
  };
}

function siteContainer({ name, asked, inspected }: MadeContainer): SiteContainer {
  const { NetworkSettings, HostConfig } = inspected();
  const mode = /^(host|none|container:.*)$/.exec(HostConfig.NetworkMode ?? "")?.[0] ?? null;
  return {
    name,
    mode: mode === null ? null : withName(mode),
    networks:
      mode === null
        ? Object.entries(NetworkSettings.Networks).map(([network, { IPAddress, GlobalIPv6Address }]) => ({
            name: network,
            addresses: [IPAddress, GlobalIPv6Address].filter((address) => (address ?? "") !== ""),
          }))
        : [],
    ports: Object.entries(NetworkSettings.Ports ?? {}).flatMap(([port, bindings]) =>
      (bindings ?? []).flatMap((binding) => boundPort(port, binding) ?? []),
    ),
    nameServers: [...(asked.host.Dns ?? [])],
  };
}

/** `container:ID` with the name in the place of the id, where it is one of this run's. */
function withName(mode: string): string {
  const owner = /^container:(.+)$/.exec(mode)?.[1];
  const name = owner === undefined ? undefined : madeContainers().find(({ id }) => id === owner)?.name;
  return name === undefined ? mode : `container:${name}`;
}

const PROTOCOLS: readonly BoundPort["protocol"][] = ["tcp", "udp", "sctp"];

/** @param port as the engine writes it: `80/tcp` */
function boundPort(port: string, { HostIp, HostPort }: { HostIp: string; HostPort: string }): BoundPort | null {
  const [number = "", name] = port.split("/");
  const protocol = PROTOCOLS.find((one) => one === name);
  if (protocol === undefined) return null;
  const hostAddress = HostIp === "" ? "0.0.0.0" : HostIp;
  return { protocol, hostAddress, hostPort: Number(HostPort), containerPort: Number(number) };
}
