import type Dockerode from "dockerode";
import type { ReachRequest } from "../model/walk.ts";
import { evaluate, type Firewall, type Packet } from "../snapshot/firewall/index.ts";
import { addressNumber } from "../snapshot/firewall/values.ts";
import type { HostView } from "../vantage/host-view.ts";
import { containerAt, containerCalled, inSpace, lookInto, pidOf, runningContainers, type Space } from "./spaces.ts";

/** One of the two ends is not there, or can't be asked. */
export class NoSuchEnd extends Error {
  override readonly name = "NoSuchEnd";
}

/** Both ends of a question, found. */
export interface Ends {
  readonly host: Space;
  readonly from: Space;
  /** null when it is another machine. */
  readonly to: Space | null;
  readonly source: string;
  /** As the sender addresses it. */
  readonly destination: string;
  readonly family: "ip" | "ip6";
  /** The device by which the sender sends; null when it has no route. */
  readonly device: string | null;
  /** A container that shares no network with the target, which is addressed directly; null otherwise. */
  readonly apart: { readonly network: string; readonly container: string } | null;
  /** Where a published port leads; the same as the destination otherwise. */
  readonly translated: { readonly address: string; readonly port: number | null };
}

/**
 * Finds the namespaces and addresses that a question is about.
 * @param firewall the host's: a published port leads where its rules translate it to
 * @throws NoSuchEnd
 */
export async function findEnds(
  docker: Dockerode,
  host: HostView,
  firewall: Firewall,
  request: ReachRequest,
): Promise<Ends> {
  const hostPid = (await host.dockerdPid()) ?? 1;
  const [containers, hostSpace] = await Promise.all([
    runningContainers(docker),
    lookInto(host, { kind: "host" }, hostPid),
  ]);
  const spaceOf = async (found: {
    readonly id: string;
    readonly name: string;
    readonly network: string;
  }): Promise<Space> => {
    if (found.network === "host") return hostSpace;
    const pid = await pidOf(docker, found.id);
    if (pid === null) throw new NoSuchEnd(`container ${found.name} does not run`);
    return await lookInto(host, { kind: "container", name: found.name }, pid);
  };
  const sender = request.from === "host" ? null : containerCalled(containers, request.from);
  if (request.from !== "host" && sender === null)
    throw new NoSuchEnd(`no container called ${request.from} runs, and it is not \`host\``);
  const from = sender === null ? hostSpace : await spaceOf(sender);
  const named = request.to === "host" ? null : containerCalled(containers, request.to);
  const destination =
    named !== null
      ? addressOf(named.addresses, sender?.addresses)
      : request.to === "host"
        ? hostAddress(from, hostSpace)
        : request.to;
  const address = destination === null ? null : addressNumber(destination);
  if (destination === null || address === null)
    throw new NoSuchEnd(
      named === null
        ? `${request.to} is no container that runs, no address and not \`host\``
        : `container ${named.name} has no address`,
    );
  const route = await inSpace(host, from.pid, `ip route get ${destination} | head -n 1`);
  const [, device = null] = / dev (\S+)/.exec(route) ?? [];
  const [, chosen] = / src (\S+)/.exec(route) ?? [];
  const source = chosen ?? firstAddress(from, address.family) ?? "";
  const translated = translatedTo(firewall, request, {
    source,
    destination,
    family: address.family,
    device,
    from,
    host: hostSpace,
  });
  const owner = containerAt(containers, translated.address);
  const isHosts = (space: Space, text: string): boolean =>
    space.links.some(({ addresses }) => addresses.some((each) => each.address === text));
  const to =
    owner !== null
      ? await spaceOf(owner)
      : isHosts(from, translated.address)
        ? from
        : isHosts(hostSpace, translated.address)
          ? hostSpace
          : null;
  const networks = [...(owner?.addresses.keys() ?? [])];
  const isApart =
    sender !== null &&
    owner !== null &&
    translated.address === destination &&
    !networks.some((network) => sender.addresses.has(network));
  return {
    apart: isApart && networks[0] !== undefined ? { network: networks[0], container: sender.name } : null,
    host: hostSpace,
    from,
    to,
    source,
    destination,
    family: address.family,
    device,
    translated,
  };
}

/** An address on a network that both are on, else any. */
function addressOf(
  of: ReadonlyMap<string, readonly string[]>,
  by: ReadonlyMap<string, readonly string[]> | undefined,
): string | null {
  const shared = [...of].find(([network, list]) => by?.has(network) === true && list.length > 0);
  return (shared?.[1] ?? [...of.values()].find((list) => list.length > 0))?.[0] ?? null;
}

function firstAddress(space: Space, family: "ip" | "ip6"): string | null {
  const all = space.links.filter(({ name }) => name !== "lo").flatMap(({ addresses }) => addresses);
  return (
    all.find(({ address, scope }) => scope !== "link" && addressNumber(address)?.family === family)?.address ?? null
  );
}

/** The host as a container reaches it: by its uplink's address. */
function hostAddress(from: Space, host: Space): string | null {
  return from === host ? "127.0.0.1" : firstAddress(host, "ip");
}

function translatedTo(
  firewall: Firewall,
  { protocol, port }: ReachRequest,
  ends: {
    readonly source: string;
    readonly destination: string;
    readonly family: "ip" | "ip6";
    readonly device: string | null;
    readonly from: Space;
    readonly host: Space;
  },
): { readonly address: string; readonly port: number | null } {
  const plain = { address: ends.destination, port: port ?? null };
  if (port === undefined || protocol === "icmp") return plain;
  const own = ends.host.links.some(({ addresses }) => addresses.some(({ address }) => address === ends.destination));
  const sent = ends.from === ends.host;
  const peer = ends.from.links.find(({ name }) => name === ends.device)?.peerIndex;
  const port_ = ends.host.links.find(({ index }) => index === peer);
  const packet: Packet = {
    family: ends.family,
    protocol,
    source: ends.source,
    destination: ends.destination,
    destinationPort: port,
    inDevice: sent ? null : (port_?.master ?? port_?.name ?? null),
    outDevice: sent ? (ends.device ?? null) : null,
    state: "new",
    status: [],
    mark: 0,
    destinationType: own ? "local" : "unicast",
  };
  const { packet: after, changes } = evaluate(firewall, packet, sent ? "output" : "prerouting");
  if (changes.every(({ action }) => action.kind !== "dnat")) return plain;
  return { address: after.destination ?? ends.destination, port: after.destinationPort ?? port };
}

/** The namespaces that the packet may pass, each once. */
export function spacesOf({ host, from, to }: Ends): Space[] {
  return [...new Set([host, from, ...(to === null ? [] : [to])])];
}
