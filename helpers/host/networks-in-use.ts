import type Dockerode from "dockerode";
import { askForNetworks } from "../engine/answers.ts";
import type { PoolUser } from "../expectations/pool-room.ts";

/** Every network of the engine with its subnets. */
export async function networksInUse(docker: Dockerode): Promise<PoolUser[]> {
  const networks = await askForNetworks(docker);
  return networks.map(({ Name, IPAM }) => ({
    name: Name,
    subnets: (IPAM.Config ?? []).flatMap(({ Subnet }) => (Subnet === undefined ? [] : [Subnet])),
  }));
}
