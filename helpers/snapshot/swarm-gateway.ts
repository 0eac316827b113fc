import type Dockerode from "dockerode";
import { askForNetwork } from "../engine/answers.ts";
import { dockerErrorOf } from "../engine/docker-error.ts";
import type { NetworkRecord } from "../model/engine-answers.ts";
import type { LivingEndpoint } from "./living.ts";

/** The bridge by which containers of overlay networks reach the outside, and are reached at ports of their host. */
export const SWARM_GATEWAY = "docker_gwbridge";

/**
 * Attachments to {@link SWARM_GATEWAY}, by the container's id. The engine tells them of that network only: a container's
 * own inspect leaves them out.
 * @returns none where there is no such network
 */
export async function swarmGateways(
  docker: Dockerode,
  networks: readonly NetworkRecord[],
): Promise<ReadonlyMap<string, LivingEndpoint>> {
  const listed = networks.find(({ Name, Driver }) => Name === SWARM_GATEWAY && Driver === "bridge");
  if (listed === undefined) return new Map();
  try {
    return endpointsOf(await askForNetwork(docker, listed.Id));
  } catch (error) {
    // The swarm was left meanwhile.
    if (dockerErrorOf(error)?.statusCode === 404) return new Map();
    throw error;
  }
}

function endpointsOf({ Name, Id, IPAM, Containers }: NetworkRecord): ReadonlyMap<string, LivingEndpoint> {
  const gateways = (IPAM.Config ?? []).map(({ Gateway = "" }) => Gateway.split("/")[0] ?? "");
  const gatewayOf = (family: 4 | 6): string => gateways.find((one) => one.includes(":") === (family === 6)) ?? "";
  return new Map(
    Object.entries(Containers ?? {}).map(([container, { EndpointID, MacAddress, IPv4Address, IPv6Address }]) => {
      const [address = "", prefix = "0"] = IPv4Address.split("/");
      const [address6 = "", prefix6 = "0"] = IPv6Address.split("/");
      return [
        container,
        {
          network: Name,
          networkId: Id,
          endpointId: EndpointID,
          address,
          prefix: Number(prefix),
          gateway: address === "" ? "" : gatewayOf(4),
          address6,
          prefix6: Number(prefix6),
          gateway6: address6 === "" ? "" : gatewayOf(6),
          mac: MacAddress.toLowerCase(),
          asked: [],
        },
      ];
    }),
  );
}
