import { isLoopback, isUnspecified } from "../model/address.ts";
import type { MadeContainer } from "../topology/made.ts";

/**
 * Names of the containers that may answer a question, beside those whose address or name it goes to: who publishes the
 * port that it names, and who shares the network namespace that it goes to. That is not told by the question itself.
 * @param from the asking container's name; null: the host
 * @param port null for a question without one
 */
export function serversOf(
  containers: readonly MadeContainer[],
  from: string | null,
  to: string,
  port: number | null,
): string[] {
  if (port === null) return [];
  const publishing = containers.filter((container) => publishes(container, port));
  if (publishing.length > 0) return publishing.map(({ name }) => name);
  const asker = containers.find(({ name }) => name === from);
  const local = isLoopback(to) || isUnspecified(to);
  const owner = local ? asker : containers.find((container) => addressesOf(container).includes(to));
  // An address of the host, or a name: a container in host mode may be the one that listens.
  const space = owner === undefined ? "host" : spaceOf(containers, owner);
  return containers.filter((one) => one !== asker && spaceOf(containers, one) === space).map(({ name }) => name);
}

/** Whether a container has this port of the host for one of its own. */
function publishes({ inspected }: MadeContainer, port: number): boolean {
  return Object.values(inspected().NetworkSettings.Ports).some((bindings) =>
    (bindings ?? []).some(({ HostPort }) => HostPort === String(port)),
  );
}

/** Its addresses, as the engine says. */
export function addressesOf({ inspected }: MadeContainer): string[] {
  return Object.values(inspected().NetworkSettings.Networks).flatMap(({ IPAddress, GlobalIPv6Address }) => [
    IPAddress,
    GlobalIPv6Address,
  ]);
}

/** The namespace that a container's processes are in: `host`, or the id of the container that it belongs to. */
function spaceOf(containers: readonly MadeContainer[], { id, asked }: MadeContainer): string {
  const [, joined] = /^container:(.+)$/.exec(asked.networkMode ?? "") ?? [];
  if (joined === undefined) return asked.networkMode === "host" ? "host" : id;
  const owner = containers.find((one) => one.id === joined || one.name === joined);
  return owner === undefined ? joined : spaceOf(containers, owner);
}
