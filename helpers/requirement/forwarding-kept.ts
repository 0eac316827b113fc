import type Dockerode from "dockerode";
import { forwardingTurnedOnBy, type PlannedNetwork } from "../expectations/engine-switches.ts";
import { mtuAgainstIpv6 } from "../expectations/user-network.ts";
import type { Facts } from "../model/facts.ts";
import { NotApplicable, NotRun } from "./verdicts.ts";

/**
 * Keeps a network from being made with which dockerd would turn the host's forwarding on, unless that was allowed.
 * @throws NotRun where it is IPv4's, which every host of containers needs, and where the host can't be seen
 * @throws NotApplicable where it is IPv6's: a host that has it off is a healthy one, and can't show IPv6 as it is
 */
export function mustKeepForwarding(facts: Facts, network: PlannedNetwork): void {
  const change = forwardingTurnedOnBy(facts, network);
  if (change === null) return;
  throw facts.host !== null && network.ipv6 === true && forwardingTurnedOnBy(facts, { driver: network.driver }) === null
    ? new NotApplicable(change)
    : new NotRun(change);
}

/**
 * Has this engine make no network that would turn the host's forwarding on (see {@link mustKeepForwarding}), nor one with
 * IPv6 where the MTU of new networks leaves no room for it.
 */
export function keepingForwarding(docker: Dockerode, facts: Facts): Dockerode {
  const create = docker.createNetwork.bind(docker) as (
    options: Dockerode.NetworkCreateOptions,
  ) => Promise<Dockerode.Network>;
  return Object.assign(docker, {
    async createNetwork(options: Dockerode.NetworkCreateOptions): Promise<Dockerode.Network> {
      const { Driver: driver = "bridge", EnableIPv6: ipv6 = false, Options: given } = options;
      mustKeepForwarding(facts, { driver, ipv6 });
      const small = ipv6 && driver === "bridge" ? mtuAgainstIpv6(facts, given) : null;
      if (small !== null) throw new NotApplicable(small);
      return await create(options);
    },
  });
}
