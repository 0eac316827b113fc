import { type LivingContainer, type LivingEndpoint, type LivingSnapshot, runs } from "../snapshot/living.ts";
import { deviceOf } from "../snapshot/snapshot.ts";
import type { NetworkRecord } from "../topology/network-record.ts";

/** A bridge network of a snapshot with what is asked of it all the time. */
export interface Bridge {
  readonly network: NetworkRecord;
  readonly name: string;
  readonly device: string;
  readonly ranges: readonly Range[];
  readonly internal: boolean;
  readonly icc: boolean;
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
export function bridgesOf({ networks, facts }: LivingSnapshot): Bridge[] {
  return networks
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
          return [{ family, subnet: Subnet, gateway: Gateway.split("/")[0] ?? "", mode, masquerade } as const];
        }),
        internal: network.Internal,
        icc: options[`${OPTION}enable_icc`] !== "false",
      };
    });
}

/** A running container's attachment to a bridge network. */
export interface Attachment {
  readonly container: LivingContainer;
  readonly endpoint: LivingEndpoint;
  readonly bridge: Bridge;
}

/** Every attachment of running containers to bridge networks. */
export function attachmentsOf(snapshot: LivingSnapshot): Attachment[] {
  const bridges = new Map(bridgesOf(snapshot).map((bridge) => [bridge.network.Id, bridge]));
  return snapshot.containers.filter(runs).flatMap((container) =>
    container.endpoints.flatMap((endpoint) => {
      const bridge = bridges.get(endpoint.networkId);
      return bridge === undefined ? [] : [{ container, endpoint, bridge }];
    }),
  );
}
