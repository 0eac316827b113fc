/** What is held against the engine's words after a failure, for a failure that it does not explain. */
export const LOOKED_AT =
  "the host's links, addresses, routes, policy rules, sysctls, sockets, docker-proxies and packet filters (nftables of every family, iptables and legacy iptables of both IP versions), the same inside the run's containers, and the engine's own lists";
