import type Dockerode from "dockerode";
import type { PoolUser } from "../expectations/pool-room.ts";

/** Every network of the engine with its subnets. */
export async function networksInUse(docker: Dockerode): Promise<PoolUser[]> {
  const networks = (await docker.listNetworks()) as {
    Name: string;
    IPAM?: { Config?: { Subnet?: string }[] | null };
  }[];
  return networks.map(({ Name, IPAM }) => ({
    name: Name,
    subnets: (IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet === undefined ? [] : [Subnet])),
  }));
}
