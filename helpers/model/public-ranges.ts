import { type Cidr, cidr } from "./cidr.ts";

/**
 * Ranges that no host of the Internet has: private, shared, link-local, loopback, documentation, benchmarks, multicast,
 * reserved (IANA IPv4 Special-Purpose Address Registry, RFC 6890).
 */
const NEVER_PUBLIC = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
].map((range) => cidr(range));

/** Whether a range holds addresses that somebody else may have on the Internet. */
export function holdsPublicAddresses(range: Cidr): boolean {
  return !NEVER_PUBLIC.some((never) => never.contains(range));
}

/** No network is wider than a /8. */
const WIDEST_NETWORK = 8;

/**
 * Whether a route is as good as a default one: so wide that it says nothing of any network in particular, as the two
 * halves 0.0.0.0/1 and 128.0.0.0/1 by which a VPN takes everything without touching the default route.
 */
export function leadsAnywhere(route: Cidr): boolean {
  return route.prefix < WIDEST_NETWORK;
}
