import type { Deviation } from "../../audits/deviation.ts";
import { sharesNetwork } from "../../snapshot/nic.ts";
import type { ContainerState, Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";

/** The kernel's, for every loopback. */
const LOOPBACK_MTU = 65_536;
const LOOPBACK_QUEUE = 1000;

/** The loopback in the namespace of each container. */
export function checkLoopback({ containers }: Snapshot): Deviation[] {
  return containers.flatMap((container) => [...ofLoopback(container), ...alteredLoopback(container)]);
}

/** The loopback of a namespace of the container's own, or of one that it joined: whose it is may be gone. */
function ofLoopback(container: ContainerState): Deviation[] {
  const { inside, name, inspected } = container;
  if (inside === null || inspected.HostConfig.NetworkMode === "host") return [];
  const say = (topics: readonly string[], what: string): Deviation[] => [
    finding("links", "blocks", [name], ["lo", "loopback", ...topics], what),
  ];
  const lo = inside.addresses.find((link) => link.name === "lo");
  if (lo === undefined) return [];
  // That of a container with a network of its own is a claim about everybody's.
  if (!lo.flags.includes("UP") && !sharesNetwork(container)) return [];
  if (!lo.flags.includes("UP"))
    return say(
      [],
      `The loopback interface lo is down in ${name}: 127.0.0.1 answers nobody there. \`ip link set lo up\` in its namespace, or restart it.`,
    );
  if (lo.addresses.some(({ address }) => address === "127.0.0.1")) return [];
  return say(["127.0.0.1"], `lo in ${name} has no address 127.0.0.1: somebody removed it.`);
}

/** What somebody changed at a container's loopback, which every kernel makes alike. */
function alteredLoopback(container: ContainerState): Deviation[] {
  const { name, inside, inspected } = container;
  if (inside === null || inside.links.length === 0 || sharesNetwork(container)) return [];
  const lo = inside.links.find((link) => link.name === "lo");
  const shown = inside.addresses.find((link) => link.name === "lo");
  // The engine itself puts the addresses of swarm services there.
  const ofSwarm = inspected.Config.Labels?.["com.docker.swarm.service.id"] !== undefined;
  const more = (shown?.addresses ?? []).filter(({ address, family }) => family === 4 && address !== "127.0.0.1");
  const changed = [
    ...(lo !== undefined && lo.mtu !== LOOPBACK_MTU ? [`MTU ${lo.mtu} instead of ${LOOPBACK_MTU}`] : []),
    ...(lo !== undefined && lo.queueLength > 1 && lo.queueLength !== LOOPBACK_QUEUE
      ? [`a queue of ${lo.queueLength} instead of ${LOOPBACK_QUEUE} packets`]
      : []),
    ...(lo !== undefined && lo.mac !== "00:00:00:00:00:00" ? [`the MAC ${lo.mac}`] : []),
    ...(more.length === 0 || ofSwarm
      ? []
      : [`the address ${more.map(({ address, prefix }) => `${address}/${prefix}`).join(", ")} beside 127.0.0.1`]),
  ];
  if (changed.length === 0) return [];
  return [
    finding(
      "links",
      "differs",
      [name],
      ["loopback"],
      `The loopback interface lo of ${name} has ${changed.join(", ")}: an entry point or a person changed it inside the container.`,
    ),
  ];
}
