import type { Deviation } from "../../audits/deviation.ts";
import { nicOf, sharesNetwork } from "../../snapshot/nic.ts";
import { type ContainerState, endpointsOf, type Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";

/** Containers of one network that have the same MAC. */
export function checkDuplicates({ host, containers, networks }: Snapshot): Deviation[] {
  if (host === null) return [];
  const owners = Map.groupBy(
    containers
      .filter((container) => !sharesNetwork(container))
      .flatMap((container) => marksOf(container, networks).map((mark) => ({ ...mark, name: container.name }))),
    ({ network, mac }) => `MAC address ${mac} on network ${network}`,
  );
  return [...owners].flatMap(([mark, all]) => {
    const names = [...new Set(all.map(({ name }) => name))];
    if (names.length === 1) return [];
    const shown = all.map(({ name, nic }) => `${name} (${nic})`).join(", ");
    return [
      {
        ...finding(
          "links",
          "blocks",
          names,
          [],
          `${names.length} containers have the same ${mark}: ${shown}. It was changed by hand, or the engine gave it twice; restart all but one.`,
        ),
        // Who has it changes with the containers that come and go; that several have it is the same deviation.
        key: `links same ${mark}`,
      },
    ];
  });
}

/** A container's MAC on each of its networks. */
function marksOf(container: ContainerState, networks: Snapshot["networks"]) {
  return endpointsOf(container).flatMap(({ name: network, settings }) => {
    const nic = nicOf(container, settings);
    if (nic === undefined || !networks.some(({ Name }) => Name === network)) return [];
    return [{ network, nic: nic.name, mac: nic.mac }];
  });
}
