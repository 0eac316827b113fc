import type { NetworkRecord } from "../model/engine-answers.ts";
import type { BesideThings } from "./living.ts";
import { deviceOf, ipv4Range } from "./snapshot.ts";

/** A container as the engine's list gives it. */
interface ListedBeside {
  readonly NetworkSettings?: {
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string; readonly GlobalIPv6Address: string }>>;
  };
  readonly Ports?: readonly { readonly PublicPort?: number }[] | null;
}

/** What containers and networks that a look does not judge have of the host. */
export function besideThings(containers: readonly ListedBeside[], networks: readonly NetworkRecord[]): BesideThings {
  const settings = containers.flatMap(({ NetworkSettings }) => Object.values(NetworkSettings?.Networks ?? {}));
  return {
    addresses: settings
      .flatMap(({ IPAddress, GlobalIPv6Address }) => [IPAddress, GlobalIPv6Address])
      .filter((text) => text),
    subnets: networks.map((network) => ipv4Range(network).subnet).filter((text) => text !== ""),
    devices: networks.map(deviceOf),
    hostPorts: containers.flatMap(({ Ports }) => (Ports ?? []).flatMap(({ PublicPort }) => PublicPort ?? [])),
  };
}
