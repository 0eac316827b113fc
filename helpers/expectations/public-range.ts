import { type Cidr, cidr } from "./cidr.ts";

/** What nobody on the internet has (IANA's registry of special-purpose addresses), with multicast and the reserved rest. */
const SPECIAL = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
].map((range) => cidr(range));

/** Whether some of a network's addresses are ones that somebody on the internet may have. */
export function isPublicRange(network: Cidr): boolean {
  return !SPECIAL.some((range) => range.contains(network));
}
