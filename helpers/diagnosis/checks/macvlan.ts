import type { Deviation } from "../../audits/deviation.ts";
import { nicOf } from "../../snapshot/nic.ts";
import { endpointsOf, type HostState, type Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";

/** The children of macvlan networks: their mode, their parent, their MTU, and what else hangs on the same parent. */
export function checkMacvlan(snapshot: Snapshot): Deviation[] {
  const { host, networks } = snapshot;
  if (host === null) return [];
  return networks
    .filter(({ Driver }) => Driver === "macvlan")
    .flatMap((network) => {
      const parent = host.links.find(({ name }) => name === network.Options?.parent);
      return parent === undefined ? [] : ofNetwork(snapshot, host, network, parent);
    });
}

function ofNetwork(
  { containers }: Snapshot,
  host: HostState,
  { Name: network, Options }: Snapshot["networks"][number],
  parent: HostState["links"][number],
): Deviation[] {
  const found: Deviation[] = [];
  for (const { name, mode } of host.macvlans.filter((one) => one.parent === parent.name))
    found.push(
      finding(
        "links",
        "opens",
        [network],
        ["host", "macvlan"],
        `The host has a macvlan interface of its own on ${parent.name}, the parent of network ${network}: ${name} (mode ${mode}). By it host and containers reach each other, which macvlan keeps apart. \`ip link del ${name}\` if that is not meant.`,
      ),
    );
  const mode = Options?.macvlan_mode ?? "bridge";
  for (const container of containers) {
    const settings = endpointsOf(container).find(({ name }) => name === network)?.settings;
    const nic = settings === undefined ? undefined : nicOf(container, settings);
    if (nic === undefined) continue;
    const say = (topics: readonly string[], what: string): void => {
      found.push(finding("links", "blocks", [container.name], ["macvlan", ...topics], what));
    };
    const own = container.inside?.macvlans.find(({ name }) => name === nic.name)?.mode;
    if (own !== undefined && own !== mode)
      say(
        ["mode"],
        `${nic.name} of ${container.name} is in macvlan mode ${own}, its network ${network} in mode ${mode}: somebody changed it.`,
      );
    if (nic.peerIndex !== parent.index)
      say(
        ["parent"],
        `${nic.name} of ${container.name} hangs on interface ${host.links.find(({ index }) => index === nic.peerIndex)?.name ?? `number ${nic.peerIndex}`}, the parent of its network ${network} is ${parent.name} (number ${parent.index}): the parent was made anew or the container was not started by this engine.`,
      );
    if (nic.mtu !== parent.mtu)
      say(
        ["mtu"],
        `${nic.name} of ${container.name} has MTU ${nic.mtu}, the parent ${parent.name} of network ${network} has ${parent.mtu}: it was changed after the start.`,
      );
  }
  return found;
}
