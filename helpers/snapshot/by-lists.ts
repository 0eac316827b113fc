import type { NetworkRecord } from "../model/engine-answers.ts";
import { stateOf } from "./container-state.ts";
import type { Snapshot } from "./snapshot.ts";

/** The same moment with what the engine's lists say, wherever its inspects say something else. */
export function byLists(snapshot: Snapshot): Snapshot {
  const { lists } = snapshot;
  return {
    ...snapshot,
    networks: snapshot.networks.map((inspected) => {
      const { Containers: _, ...listed } = listedAs(inspected, lists.networks) ?? inspected;
      return { ...inspected, ...listed };
    }),
    containers: snapshot.containers.map((container) => {
      const listed = lists.containers.find(({ Id }) => Id === container.id);
      if (listed === undefined) return container;
      const { HostConfig, NetworkSettings } = container.inspected;
      const inspected = {
        ...container.inspected,
        HostConfig: { ...HostConfig, NetworkMode: listed.HostConfig.NetworkMode ?? HostConfig.NetworkMode },
        NetworkSettings: {
          ...NetworkSettings,
          Networks: Object.fromEntries(
            Object.entries(listed.NetworkSettings?.Networks ?? {}).map(([name, settings]) => [
              name,
              // The list leaves out what was asked for: names and links.
              { ...settings, ...kept(NetworkSettings.Networks?.[name]) },
            ]),
          ),
          Ports: portsOf(listed.Ports ?? []),
        },
      };
      return stateOf(inspected, container);
    }),
  };
}

/** A network's entry in the list: by its id, and by its name where only one has that. */
export function listedAs(
  inspected: Pick<NetworkRecord, "Id" | "Name">,
  listed: readonly NetworkRecord[],
): NetworkRecord | undefined {
  const byId = listed.find(({ Id }) => Id === inspected.Id);
  if (byId !== undefined) return byId;
  const byName = listed.filter(({ Name }) => Name === inspected.Name);
  return byName.length === 1 ? byName[0] : undefined;
}

type Attachment = Snapshot["containers"][number]["inspected"]["NetworkSettings"]["Networks"][string];

function kept(settings: Attachment | undefined): Partial<Attachment> {
  if (settings === undefined) return {};
  const { IPAMConfig, Links, Aliases, DNSNames, DriverOpts } = settings;
  return {
    ...(IPAMConfig === undefined ? {} : { IPAMConfig }),
    ...(Links === undefined ? {} : { Links }),
    ...(DriverOpts === undefined ? {} : { DriverOpts }),
    ...(Aliases === undefined ? {} : { Aliases }),
    ...(DNSNames === undefined ? {} : { DNSNames }),
  };
}

/** Ports as inspect has them. */
function portsOf(
  listed: NonNullable<Snapshot["lists"]["containers"][number]["Ports"]>,
): Record<string, { HostIp: string; HostPort: string }[]> {
  const ports: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { IP = "", PrivatePort, PublicPort, Type } of listed) {
    const key = `${PrivatePort}/${Type}`;
    ports[key] ??= [];
    if (PublicPort !== undefined && PublicPort !== 0) ports[key].push({ HostIp: IP, HostPort: String(PublicPort) });
  }
  return ports;
}
