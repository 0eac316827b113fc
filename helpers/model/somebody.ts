/**
 * A machine of each IP version that stands for all those beyond the host's own networks: root name servers. Nobody has a
 * route of its own to them, and lists of addresses that are shut out, as of those that no network uses (RFC 5737's among
 * them), hold others. Nothing is ever sent there.
 */
export const SOMEBODY = { 4: "198.41.0.4", 6: "2001:503:ba3e::2:30" } as const;
