import { type Fault, RESTART } from "../fault.ts";

/** Translation: what carries a packet to a published port, and out of a bridge. */
export const NAT_FAULTS: readonly Fault[] = [
  {
    id: "nat-docker-chain-flushed",
    layer: "nat",
    breaks: "the chain DOCKER of the nat table is empty: published ports are served by docker-proxy alone",
    comesBy: "a firewall that is reloaded (`iptables-restore`, `nft -f`) after containers have started",
    strike: { when: "a container is up", of: ({ publishes }) => publishes, shell: ["iptables -t nat -F DOCKER"] },
    undo: [],
    caughtBy: ["NAT-21", "NAT-27"],
    cause: /flushed or replaced/,
  },
  {
    id: "nat-masquerade-removed",
    layer: "nat",
    breaks: "POSTROUTING no longer masquerades what leaves the bridges: containers send with their own addresses",
    comesBy: "`iptables -t nat -F POSTROUTING` by a firewall script",
    strike: { when: "before the topology", shell: ["iptables -t nat -F POSTROUTING"] },
    undo: [RESTART],
    caughtBy: ["NAT-05"],
    cause: /flushed or replaced/,
  },
];
