import type Dockerode from "dockerode";
import type { Facts } from "../engine/facts.ts";
import { forwardingTurnedOnBy, type PlannedNetwork } from "../expectations/engine-switches.ts";
import { NotRun } from "./verdicts.ts";

/** @throws NotRun where dockerd would turn the host's forwarding on with this network, and nobody has allowed it */
export function mustKeepForwarding(facts: Facts, network: PlannedNetwork): void {
  const change = forwardingTurnedOnBy(facts, network);
  if (change !== null) throw new NotRun(change);
}

/** Has this engine make no network that would turn the host's forwarding on: see {@link mustKeepForwarding}. */
export function keepingForwarding(docker: Dockerode, facts: Facts): Dockerode {
  const create = docker.createNetwork.bind(docker) as (
    options: Dockerode.NetworkCreateOptions,
  ) => Promise<Dockerode.Network>;
  return Object.assign(docker, {
    async createNetwork(options: Dockerode.NetworkCreateOptions): Promise<Dockerode.Network> {
      mustKeepForwarding(facts, { driver: options.Driver ?? "bridge", ipv6: options.EnableIPv6 === true });
      return await create(options);
    },
  });
}
