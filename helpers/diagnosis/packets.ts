import { isIP } from "node:net";
import { cidr, isIpv4Cidr } from "../model/cidr.ts";
import type { AskedQuestion } from "../model/question.ts";
import { SOMEBODY } from "../model/somebody.ts";
import { HOPS, type Packet } from "../snapshot/firewall/index.ts";
import {
  type BridgeNetwork,
  bridgesOf,
  type ContainerState,
  endpointsOf,
  type HostState,
  type Snapshot,
} from "../snapshot/snapshot.ts";

/** A place that packets start or end at, as the host's packet filters see it. */
export interface End {
  readonly address: string;
  /** The host's device it is behind; null for the host itself. */
  readonly device: string | null;
  /** A container's hardware address on its bridge; missing for every other end. */
  readonly mac?: string;
}

/** Whether what goes from one place to another stays on one bridge. */
export function isBridged(from: End, to: End): boolean {
  return from.device !== null && from.device === to.device;
}

/** What a question sends over the host: one packet there, and the answers' like. */
export interface Sent {
  readonly from: End;
  readonly to: End;
  readonly packet: Packet;
}

const WORLD = { ip: SOMEBODY[4], ip6: SOMEBODY[6] } as const;
/** Bytes of an ordinary echo, a SYN, a small datagram. */
const LENGTHS = { icmp: 84, tcp: 60, udp: 60 } as const;

/**
 * The packet that a question sends by the host's packet filters, where that can be told from data: null for names that a
 * container answers to, for what stays in a namespace, and for places whose device is not known.
 */
export function sentBy(snapshot: Snapshot, question: AskedQuestion): Sent | null {
  const { host } = snapshot;
  if (host === null || question.kind === "read") return null;
  if (question.kind === "reach" && (isIP(question.to) === 0 || question.protocol === "arp")) return null;
  const target = question.kind === "reach" ? question.to : worldOf(question.name);
  if (target === null) return null;
  const family = isIP(target) === 6 ? "ip6" : "ip";
  const to = endAt(snapshot, host, target);
  const from = startOf(snapshot, host, question, to, family);
  if (to === null || from === null || isLoopback(target)) return null;
  const protocol = question.kind === "resolve" ? "udp" : question.protocol;
  if (protocol === "arp") return null;
  return {
    from,
    to,
    packet: {
      family,
      protocol: protocol === "icmp" && family === "ip6" ? "icmpv6" : protocol,
      source: from.address,
      destination: target,
      ...(protocol === "icmp"
        ? { icmpType: family === "ip6" ? 128 : 8 }
        : { sourcePort: 49_152, destinationPort: question.kind === "resolve" ? 53 : (question.port ?? 0) }),
      ...(protocol === "tcp" ? { tcpFlags: ["syn"] } : {}),
      ...(to.device === null ? { destinationType: "local" } : { destinationType: "unicast" }),
      state: "new",
      status: [],
      mark: 0,
      ttl: HOPS,
      ...senderOf(from),
      ...returnOf(host, from),
      length: question.kind === "reach" && question.size !== null ? question.size + 28 : LENGTHS[protocol],
    },
  };
}

/** The hardware address that its packets come with, where that is known. */
export function senderOf({ device, mac }: End): Partial<Packet> {
  if (device === null) return { sourceMac: null };
  return mac === undefined || mac === "" ? {} : { sourceMac: mac };
}

/** By which device the way back leads, as long as no rule of the operator's has a say in it. */
export function returnOf(host: HostState, { address, device }: End): Partial<Packet> {
  if (device === null || host.rules.length > 0) return {};
  return { returnDevice: host.ways[address] ?? wayOut(host, address) };
}

/** Names beyond the host are asked of somebody there; a single label is a container's. */
function worldOf(name: string): string | null {
  return name.replace(/\.$/, "").includes(".") ? WORLD.ip : null;
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/**
 * Where an address is, by the containers' endpoints, the host's addresses, its bridges and its way out. Null for one of a
 * bridge network that nobody has: a gateway that the bridge lacks is no container's, whatever rules lie on the way there.
 */
export function endAt(snapshot: Snapshot, host: HostState, address: string): End | null {
  const bridges = bridgesOf(snapshot);
  for (const container of snapshot.containers)
    for (const { name, settings } of endpointsOf(container)) {
      const bridge = bridges.find((candidate) => candidate.name === name);
      if (![settings.IPAddress, settings.GlobalIPv6Address].includes(address)) continue;
      return bridge === undefined ? null : { address, device: bridge.device, mac: settings.MacAddress.toLowerCase() };
    }
  if (host.addresses.some(({ addresses }) => addresses.some((own) => own.address === address)))
    return { address, device: null };
  const bridge = bridges.find(({ subnet }) => isIpv4Cidr(subnet) && cidr(subnet).contains(address));
  if (bridge !== undefined && !isGiven(bridge.network, address)) return null;
  const device = bridge?.device ?? wayOut(host, address);
  return device === null ? null : { address, device };
}

/** Whether a container of a network has an address there, of this run or anybody's. */
function isGiven({ Containers }: BridgeNetwork["network"], address: string): boolean {
  return Object.values(Containers ?? {}).some(({ IPv4Address }) => IPv4Address.split("/")[0] === address);
}

/** The device of the most specific route; the default one's otherwise. */
function wayOut({ routes }: HostState, address: string): string | null {
  const [best] = routes
    .filter(
      ({ destination, interface: device }) =>
        device !== undefined && isIpv4Cidr(destination) && cidr(destination).contains(address),
    )
    .toSorted((a, b) => cidr(b.destination).prefix - cidr(a.destination).prefix);
  const isV6 = isIP(address) === 6;
  const usual = routes.find(
    ({ destination, gateway }) => destination === "default" && (gateway?.includes(":") ?? false) === isV6,
  );
  return (best ?? usual)?.interface ?? null;
}

function startOf(
  snapshot: Snapshot,
  host: HostState,
  { from }: AskedQuestion,
  to: End | null,
  family: "ip" | "ip6",
): End | null {
  if (to === null) return null;
  if (from.kind === "other machine") {
    const device = wayOut(host, WORLD[family]);
    return device === null ? null : { address: WORLD[family], device };
  }
  if (from.kind === "host") {
    const own = host.addresses
      .filter(({ name }) => name === (to.device ?? "lo"))
      .flatMap(({ addresses }) => addresses)
      .find((one) => (one.family === 4) === (family === "ip"));
    return own === undefined ? null : { address: own.address, device: null };
  }
  if (from.kind !== "container") return null;
  const container = snapshot.containers.find(({ name }) => name === from.name);
  if (container === undefined) return null;
  const ends = endpointsOf(container).flatMap(({ name, settings }) => {
    const bridge = bridgesOf(snapshot).find((candidate) => candidate.name === name);
    const address = family === "ip" ? settings.IPAddress : settings.GlobalIPv6Address;
    return bridge === undefined || address === "" || address === undefined
      ? []
      : [{ address, device: bridge.device, mac: settings.MacAddress.toLowerCase() }];
  });
  const leaves = defaultMac(container, family);
  return ends.find(({ device }) => device === to.device) ?? ends.find(({ mac }) => mac === leaves) ?? ends[0] ?? null;
}

/** The hardware address of the interface by which a container sends what is for somebody on none of its networks. */
function defaultMac({ inside }: ContainerState, family: "ip" | "ip6"): string | undefined {
  const way = inside?.defaults.find((one) => (one.family === 4) === (family === "ip"));
  return inside?.links.find(({ name }) => name === way?.interface)?.mac.toLowerCase();
}
