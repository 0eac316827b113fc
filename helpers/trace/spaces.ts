import type Dockerode from "dockerode";
import { quoted } from "../model/shell-words.ts";
import type { Where } from "../model/walk.ts";
import { type IpLink, parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import { UnreadableOutput } from "../probes/parse/unreadable-output.ts";
import type { HostView } from "../vantage/host-view.ts";

/** A network namespace that the packet may pass, with its devices. */
export interface Space {
  readonly where: Where;
  /** A process in it, by the host's numbers. */
  readonly pid: number;
  readonly links: readonly IpLink[];
}

interface Running {
  readonly id: string;
  readonly name: string;
  /** Network name → addresses. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  readonly network: string;
}

/** Containers that run, with their addresses. */
export async function runningContainers(docker: Dockerode): Promise<Running[]> {
  const list = await docker.listContainers();
  return list.map(({ Id, Names, NetworkSettings, HostConfig }) => ({
    id: Id,
    name: (Names[0] ?? Id.slice(0, 12)).replace(/^\//, ""),
    network: HostConfig.NetworkMode,
    addresses: new Map(
      Object.entries(NetworkSettings.Networks).map(([network, { IPAddress, GlobalIPv6Address }]) => [
        network,
        [IPAddress, GlobalIPv6Address].filter((address) => address !== "" && address !== undefined),
      ]),
    ),
  }));
}

/** The container that a name or id means; null when none runs that is called so. */
export function containerCalled(containers: readonly Running[], name: string): Running | null {
  return (
    containers.find((each) => each.name === name) ??
    containers.find((each) => name.length >= 6 && each.id.startsWith(name)) ??
    null
  );
}

/** The container that has an address; null when none has. */
export function containerAt(containers: readonly Running[], address: string): Running | null {
  return containers.find((each) => [...each.addresses.values()].some((list) => list.includes(address))) ?? null;
}

/** Runs a line of shell with the view's BusyBox in the network namespace of a process. */
export async function inSpace(host: HostView, pid: number, command: string, seconds = 5): Promise<string> {
  const { stdout, stderr } = await host.act(`nsenter -t ${pid} -n -- sh -c ${quoted(command)}`, { seconds });
  return `${stdout}${stderr}`;
}

/** Runs a line of shell with the host's own programs in the network namespace of a process. */
export async function ownInSpace(host: HostView, pid: number, command: string, seconds = 5): Promise<string> {
  const { stdout, stderr } = await host.own(`nsenter -t ${pid} -n -- sh -c ${quoted(command)}`, { seconds });
  return `${stdout}${stderr}`;
}

/** Reads a namespace's devices. */
export async function lookInto(host: HostView, where: Where, pid: number): Promise<Space> {
  const text = await inSpace(host, pid, "ip addr");
  try {
    return { where, pid, links: parseIpAddress(text) };
  } catch (error) {
    if (!(error instanceof UnreadableOutput)) throw error;
    return { where, pid, links: [] };
  }
}

/** The pid of a container's main process; null when it does not run. */
export async function pidOf(docker: Dockerode, id: string): Promise<number | null> {
  const { State } = await docker.getContainer(id).inspect();
  return State.Running && State.Pid > 0 ? State.Pid : null;
}

/** The other end of a virtual cable, where it is in one of these namespaces. */
export function peerOf(
  spaces: readonly Space[],
  space: Space,
  device: string,
): { readonly space: Space; readonly device: string } | null {
  const own = space.links.find(({ name }) => name === device);
  if (own === undefined) return null;
  const index = peerIndex(own, space);
  if (index === null) return null;
  for (const other of spaces) {
    if (other === space) continue;
    const link = other.links.find((each) => each.index === index && peerIndex(each, other) === own.index);
    if (link !== undefined) return { space: other, device: link.name };
  }
  return null;
}

/** BusyBox looks the peer's number up in its own namespace, and then prints the name of the device that has it there. */
function peerIndex(link: IpLink, space: Space): number | null {
  return link.peerIndex ?? space.links.find(({ name }) => name === link.peerName)?.index ?? null;
}

/** Whether a device is a port of a bridge (or of another device that has ports). */
export function masterOf(space: Space, device: string): string | null {
  return space.links.find(({ name }) => name === device)?.master ?? null;
}
