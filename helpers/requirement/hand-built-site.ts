import type { Site, SiteNetwork } from "../model/site.ts";
import type { IpLink } from "../probes/parse/parse-ip-address.ts";

/** A namespace with its devices. */
export interface Inhabited {
  readonly name: string;
  readonly links: readonly IpLink[];
}

/**
 * What was built by hand, as a map shows it: a namespace as a container, a bridge or a cable as a network.
 * @param host the devices of the host's own namespace that were made
 */
export function siteOfNamespaces(host: readonly IpLink[], namespaces: readonly Inhabited[]): Omit<Site, "file"> {
  const networks = new Map<string, SiteNetwork>();
  const add = (name: string, driver: string, link: IpLink | null): string => {
    const subnets = link === null ? [] : addressesOf(link).map(({ address, prefix }) => `${address}/${prefix}`);
    networks.set(name, { name, driver, device: link?.name ?? "", subnets, internal: false });
    return name;
  };
  const networkOf = (link: IpLink, namespace: string): string[] => {
    const near = host.find((other) => arePeers(link, other));
    const bridge = host.find(({ name }) => name === near?.master);
    if (bridge !== undefined) return [add(bridge.name, "bridge", bridge)];
    if (near !== undefined) return [add(near.name, "veth", near)];
    const far = namespaces.find(
      ({ name, links }) => name !== namespace && links.some((other) => arePeers(link, other)),
    );
    return far === undefined ? [] : [add([namespace, far.name].toSorted().join(" – "), "veth", null)];
  };
  const containers = namespaces.map(({ name, links }) => ({
    name,
    mode: null,
    networks: links.flatMap((link) =>
      networkOf(link, name).map((network) => ({
        name: network,
        addresses: addressesOf(link).map(({ address }) => address),
      })),
    ),
    ports: [],
    nameServers: [],
  }));
  for (const link of host)
    if (link.peerIndex === undefined && link.peerName === undefined) add(link.name, "bridge", link);
  return { networks: [...networks.values()], containers };
}

/** Both ends of one cable, each in a namespace of its own. */
function arePeers(one: IpLink, other: IpLink): boolean {
  return one.peerIndex !== undefined && one.peerIndex === other.index && other.peerIndex === one.index;
}

/** Without those that every device gives itself. */
function addressesOf({ addresses }: IpLink) {
  return addresses.filter(({ scope }) => scope !== "link");
}
