import type { NetworkRecord } from "../model/engine-answers.ts";
import { type LivingContainer, type LivingEndpoint, type LivingSnapshot, runs } from "../snapshot/living.ts";
import { deviceOf } from "../snapshot/snapshot.ts";
import { once } from "./once.ts";

/** A bridge network of a snapshot with what is asked of it all the time. */
export interface Bridge {
  readonly network: NetworkRecord;
  readonly name: string;
  readonly device: string;
  readonly ranges: readonly Range[];
  readonly internal: boolean;
  readonly icc: boolean;
  /** Its IPv4 is translated to the host's own address. Others (`routed`, `isolated`, `host_ipv4`) have other rules. */
  readonly usual: boolean;
}

/** One subnet of a network. */
export interface Range {
  readonly family: 4 | 6;
  readonly subnet: string;
  /** Empty where the engine does not tell it. */
  readonly gateway: string;
  /** `nat` unless the network says `routed`, `isolated` or `nat-unprotected`. */
  readonly mode: string;
  readonly masquerade: boolean;
}

const OPTION = "com.docker.network.bridge.";

/** Every bridge network. */
export const bridgesOf = once(({ networks, facts, containers }: LivingSnapshot): readonly Bridge[] =>
  networks
    .filter(({ Driver }) => Driver === "bridge")
    .map((network) => {
      const options = network.Options ?? {};
      return {
        network,
        name: network.Name,
        device: deviceOf(network),
        ranges: (network.IPAM.Config ?? []).flatMap(({ Subnet = "", Gateway = "" }) => {
          if (Subnet === "") return [];
          const family = Subnet.includes(":") ? 6 : 4;
          if (family === 6 && !network.EnableIPv6) return [];
          const mode = options[`${OPTION}gateway_mode_ipv${family}`] ?? "nat";
          const masquerade =
            options[`${OPTION}enable_ip_masquerade`] !== "false" &&
            mode.startsWith("nat") &&
            (network.Name !== "bridge" || facts.configuration["ip-masq"] !== false);
          const gateway = Gateway.split("/")[0] || toldGateway(network, family, containers);
          return [{ family, subnet: Subnet, gateway, mode, masquerade } as const];
        }),
        internal: network.Internal,
        icc: options[`${OPTION}enable_icc`] !== "false",
        usual:
          (options[`${OPTION}gateway_mode_ipv4`] ?? "nat") === "nat" &&
          options["com.docker.network.host_ipv4"] === undefined,
      };
    }),
);

/**
 * The gateway that a network's containers were told, where the engine names none of the network (the default one before
 * 28). Empty where they were told none, or another machine's (`default-gateway`).
 */
function toldGateway(network: NetworkRecord, family: 4 | 6, containers: readonly LivingContainer[]): string {
  const elsewhere = (network.IPAM.Config ?? []).flatMap(({ AuxiliaryAddresses }) =>
    Object.values(AuxiliaryAddresses ?? {}),
  );
  const told = containers
    .filter(runs)
    .flatMap(({ endpoints }) => endpoints)
    .filter(({ networkId }) => networkId === network.Id)
    .map(({ gateway, gateway6 }) => (family === 4 ? gateway : gateway6))
    .filter((gateway) => gateway !== "" && !elsewhere.includes(gateway));
  const [first = "", ...others] = new Set(told);
  return others.length === 0 ? first : "";
}

/** A running container's attachment to a bridge network. */
export interface Attachment {
  readonly container: LivingContainer;
  readonly endpoint: LivingEndpoint;
  readonly bridge: Bridge;
}

/** Every attachment of running containers to bridge networks. */
export const attachmentsOf = once((snapshot: LivingSnapshot): readonly Attachment[] => {
  const bridges = new Map(bridgesOf(snapshot).map((bridge) => [bridge.network.Id, bridge]));
  return snapshot.containers.filter(runs).flatMap((container) =>
    container.endpoints.flatMap((endpoint) => {
      const bridge = bridges.get(endpoint.networkId);
      return bridge === undefined ? [] : [{ container, endpoint, bridge }];
    }),
  );
});
